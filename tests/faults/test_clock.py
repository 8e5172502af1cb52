"""The machine's clock jumps by hours under a running house, and goes through a change of daylight saving time.

The real processes, under libfaketime, which reads the offset from a file again and again.
"""

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.faults.away import Away
from tests.faults.conftest import Open
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import Outside
from tests.house.processes import wait_until

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
HOUR = 3600
pytestmark = pytest.mark.skipif(
    LIBRARY is None and os.environ.get("CI") != "true", reason="this machine lacks libfaketime"
)


class Clock:
    def __init__(self, folder: Path) -> None:
        assert LIBRARY, "libfaketime is not installed"
        self._file = folder / "clock"
        self.shift(0)
        self.values = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def shift(self, seconds: float) -> None:
        """From now on the clock shows so many seconds more than the true time."""
        aside = self._file.with_suffix(".new")
        aside.write_text(f"{seconds:+.0f}s\n")
        aside.rename(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path)


def work(outside: Outside) -> None:
    number = outside.open_ticket()
    outside.send_mail()
    outside.reply(number)


def last_stamp(books: Books) -> datetime:
    (stamp,) = books.rows("SELECT created_at FROM core_activity ORDER BY id DESC LIMIT 1")[0]
    at = datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def test_jumps_of_the_clock_hold_nothing_up(
    open_house: Open, clock: Clock, away: Away, books: Books, tmp_path: Path
) -> None:
    """Work that was booked for later before the clock went back is not put off by as much."""
    outside = open_house(data=tmp_path / "data", **clock.values)
    for hours in (0, 3, -3, 0):
        away.mood, tries = "busy", away.tries
        clock.shift(hours * HOUR)
        work(outside)
        assert abs((last_stamp(books) - datetime.now(UTC)).total_seconds() - hours * HOUR) < 60
        wait_until(partial(away.has_tried_since, tries), "a first try")
    away.mood = "well"
    settle(books, 10 * 60)  # the third try comes after two minutes; three hours would be the clock's
    check(books, outside.ledger, away)


def test_the_end_of_summer_time_is_an_hour_like_others(
    open_house: Open, clock: Clock, away: Away, books: Books, tmp_path: Path
) -> None:
    """In Berlin the hour from two to three comes twice on that night."""
    change = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    clock.shift((change - datetime.now(UTC)).total_seconds() - 8)
    outside = open_house(data=tmp_path / "data", TZ="Europe/Berlin", **clock.values)
    work(outside)
    while last_stamp(books) < change:
        work(outside)
    settle(books)
    check(books, outside.ledger, away)
    stamps = [at for (at,) in books.rows(f"SELECT created_at FROM core_activity WHERE id > {books.since} ORDER BY id")]
    assert len(stamps) > 3
