"""The machine's clock jumps by hours under a running house, and goes through a change of daylight saving time.

The real processes, under libfaketime, which reads the offset from a file again and again.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from scripts.gate import CI, find_libfaketime
from tests.conftest import LONG
from tests.faults.away import Away
from tests.faults.conftest import Open, long_form
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import Outside
from tests.house.processes import wait_until

LIBRARY = find_libfaketime()
HOUR = 3600
JUMPS = (0, 3, -3) if LONG else (3,)  # hours
pytestmark = pytest.mark.skipif(not LIBRARY and not CI, reason="this machine lacks libfaketime")


class Clock:
    def __init__(self, folder: Path) -> None:
        assert LIBRARY, "libfaketime is not installed"
        self._file = folder / "clock"
        self.shift(0)
        self.values = {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "WEB_WORKERS": "1",  # under libfaketime time.sleep fails with EINVAL, which the first of several calls
        }

    def shift(self, seconds: float) -> None:
        """From now on the clock shows so many seconds more than the true time."""
        aside = self._file.with_suffix(".new")
        aside.write_text(f"{seconds:+.0f}s\n")
        aside.rename(self._file)

    def show(self, at: datetime) -> None:
        self.shift((at - datetime.now(UTC)).total_seconds())


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


def work(outside: Outside) -> None:
    number = outside.open_ticket()
    outside.send_mail()
    outside.reply(number)


def stamps(books: Books) -> list[datetime]:
    """When what was done since the test began was done, in the order of its numbers."""
    rows = books.rows(f"SELECT created_at FROM core_activity WHERE id > {books.since} ORDER BY id")
    return [in_utc(at) for (at,) in rows]


def in_utc(at: datetime | str) -> datetime:
    at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def test_jumps_of_the_clock_hold_nothing_up(
    open_house: Open, clock: Clock, away: Away, books: Books, tmp_path: Path
) -> None:
    """Work that was booked for later before the clock went back is not put off by as much."""
    outside = open_house(data=tmp_path / "data", **clock.values)
    for hours in JUMPS:
        away.mood, tries = "busy", away.tries
        clock.shift(hours * HOUR)
        work(outside)
        assert abs((stamps(books)[-1] - datetime.now(UTC)).total_seconds() - hours * HOUR) < 60
        wait_until(partial(away.has_tried_since, tries), "a first try")
    away.mood = "well"
    clock.shift(0)
    work(outside)
    settle(books, 10 * 60)  # the third try comes after two minutes; three hours would be the clock's
    check(books, outside.ledger, away)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(datetime(2026, 3, 29, 1, 0, tzinfo=UTC), marks=long_form, id="spring"),
        pytest.param(datetime(2026, 10, 25, 1, 0, tzinfo=UTC), id="autumn"),
    ],
)
def test_a_change_of_summer_time_is_a_moment_like_others(
    open_house: Open, clock: Clock, away: Away, books: Books, tmp_path: Path, change: datetime
) -> None:
    """In Berlin the hour from two to three does not come on the one night, and comes twice on the other."""
    clock.show(change - timedelta(minutes=10))
    outside = open_house(data=tmp_path / "data", TZ="Europe/Berlin", **clock.values)
    before = len(stamps(books))
    clock.show(change - timedelta(seconds=4))
    work(outside)
    while stamps(books)[-1] < change:
        work(outside)
    settle(books)
    check(books, outside.ledger, away)
    known = stamps(books)[before:]
    assert known[0] < change <= known[-1]
    assert max(later - earlier for earlier, later in pairwise(known)) < timedelta(minutes=30)
