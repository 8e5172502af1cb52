"""The next version's migration is applied, and taken back, while this version serves."""

import threading
from functools import partial

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from tests.conftest import LONG
from tests.faults.away import Away
from tests.faults.invariants import Books, check, settle
from tests.faults.newer import LAST
from tests.faults.traffic import Outside, at_once

CLIENTS = 3
TIMES = 10 if LONG else 1


@pytest.fixture
def next_version(settings: LazySettings) -> None:
    """This process, which is none of the house's, is the one that migrates."""
    settings.MIGRATION_MODULES = {"desk": "tests.faults.newer"}


def work(outside: Outside, stop: threading.Event) -> None:
    while not stop.is_set():
        number = outside.open_ticket()
        outside.send_mail(sender="one-of-many@customers.example")
        outside.reply(number)
        outside.change(number, priority="HIGH")


@pytest.mark.usefixtures("next_version")
def test_a_migration_while_serving_fails_no_request(outside: Outside, away: Away, books: Books) -> None:
    stop = threading.Event()
    finished = at_once([partial(work, outside, stop)] * CLIENTS)
    try:
        for _ in range(TIMES):
            call_command("migrate", verbosity=0)
            outside.open_ticket("between")
            call_command("migrate", "desk", LAST, verbosity=0)
    finally:
        stop.set()
        finished()
    settle(books, hurry=True)
    check(books, outside.ledger, away)
    assert not outside.tried_again
