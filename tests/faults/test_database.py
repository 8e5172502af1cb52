"""The database restarts, crashes, is locked by somebody else, and the line to it breaks."""

import signal
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from scripts import postgres
from tests.faults.away import Away
from tests.faults.conftest import Open, long_form
from tests.faults.invariants import Books, check, settle
from tests.faults.line import line_to
from tests.faults.own import house_of_its_own
from tests.faults.traffic import Outside, at_once

CLIENTS = 4


def work(outside: Outside, rounds: int) -> None:
    for _ in range(rounds):
        number = outside.open_ticket()
        outside.send_mail(sender="one-of-many@customers.example")
        outside.reply(number)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone has one lock for all")
def test_a_database_that_is_locked_for_seconds_makes_all_wait(outside: Outside, away: Away, books: Books) -> None:
    outside.open_ticket()
    with closing(sqlite3.connect(urlsplit(books.url).path, isolation_level=None, timeout=20)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        finished = at_once([partial(work, outside, 1)] * CLIENTS)
        time.sleep(2)
        somebody.execute("ROLLBACK")
    finished()
    settle(books, hurry=True)
    check(books, outside.ledger, away)


@pytest.mark.postgres
def test_a_line_that_breaks_again_and_again_loses_nothing(open_house: Open, away: Away, books: Books) -> None:
    url = urlsplit(books.url)
    assert url.hostname
    assert url.port
    with line_to(url.hostname, url.port) as line:
        outside = open_house(DATABASE_URL=books.url.replace(f":{url.port}/", f":{line.port}/"))
        finished = at_once([partial(work, outside, 6)] * CLIENTS)
        for seconds in (0.0, 1.5):
            seen = len(outside.ledger.promised)
            while len(outside.ledger.promised) < seen + 8:
                time.sleep(0.05)
            line.cut()
            time.sleep(seconds)
            line.mend()
        finished()
        settle(books, hurry=True)
    check(books, outside.ledger, away, repeats=CLIENTS)


@long_form
@pytest.mark.postgres
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_server_that_stops_or_crashes_and_comes_back_loses_nothing(
    how: signal.Signals, away: Away, tmp_path: Path
) -> None:
    with (
        postgres.primary(postgres.DURABLE) as server,
        house_of_its_own(tmp_path, server.url, EMAIL_URL=away.url) as (outside, books),
    ):
        finished = at_once([partial(work, outside, 20)] * CLIENTS)
        for seconds in (0.0, 3.0, 8.0):
            seen = len(outside.ledger.promised)
            while len(outside.ledger.promised) < seen + 15:
                time.sleep(0.05)
            server.stop(how)
            time.sleep(seconds)
            server.start()
        finished()
        took = settle(books)
        check(books, outside.ledger, away, repeats=3 * CLIENTS)
        assert took < 120
