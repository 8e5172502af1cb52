"""The next version's migration is applied, and taken back, while this version serves."""

import os
import subprocess
import sys
import threading
from functools import partial

import pytest

from tests.faults.away import Away
from tests.faults.conftest import long_form
from tests.faults.invariants import Books, check, settle
from tests.faults.newer import LAST
from tests.faults.traffic import Outside, at_once
from tests.house.processes import ROOT

CLIENTS = 3


def migrate(outside: Outside, *target: str) -> None:
    """As the next version would, from a process of its own."""
    own = {"DJANGO_SETTINGS_MODULE": "tests.faults.newer_settings", "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-m", "django", "migrate", "--verbosity", "0", *target]
    subprocess.run(line, check=True, cwd=ROOT, env={**os.environ, **outside.house.values, **own})


def work(outside: Outside, stop: threading.Event) -> None:
    while not stop.is_set():
        number = outside.open_ticket()
        outside.send_mail(sender="one-of-many@customers.example")
        outside.reply(number)
        outside.change(number, priority="HIGH")


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=long_form)])
def test_a_migration_while_serving_fails_no_request(outside: Outside, away: Away, books: Books, times: int) -> None:
    stop = threading.Event()
    finished = at_once([partial(work, outside, stop)] * CLIENTS)
    try:
        for _ in range(times):
            migrate(outside)
            outside.open_ticket("between")
            migrate(outside, "desk", LAST)
    finally:
        stop.set()
        finished()
    settle(books, hurry=True)
    check(books, outside.ledger, away)
    assert not outside.tried_again
