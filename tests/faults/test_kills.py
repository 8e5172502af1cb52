"""kill -9 of the supervisor, the web server and the worker while mail comes, answers go out and jobs run."""

import random
import time
from functools import partial

from tests.conftest import LONG
from tests.faults.away import Away
from tests.faults.house import PARTS
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import Outside, at_once
from tests.house.processes import wait_until

ROUNDS = 20 if LONG else 4
KILLS = 9 if LONG else 3  # each part as often


def work(outside: Outside, rounds: int) -> None:
    for _ in range(rounds):
        number = outside.open_ticket()
        outside.send_mail(sender="one-of-many@customers.example")
        outside.reply(number)
        outside.change(number, priority="HIGH")


def test_kills_at_random_moments_lose_nothing(
    outside: Outside, away: Away, books: Books, chance: random.Random
) -> None:
    finished = at_once([partial(work, outside, ROUNDS)] * 4)
    for part in chance.sample(PARTS * (KILLS // 3), KILLS):
        outside.house.wait_until_ready()
        time.sleep(chance.random())
        wait_until(partial(outside.house.kill, part, chance), f"a {part} to kill")
    finished()
    settle(books, hurry=True)
    check(books, outside.ledger, away, repeats=outside.house.kills.count("worker") * 4)
    assert len(outside.house.kills) == KILLS
