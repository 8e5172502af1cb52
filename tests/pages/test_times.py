from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from supportflow.pages.jinja import initials
from supportflow.pages.times import age, clock, full, local_input, when

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "now"), (59, "now"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86399, "23h"), (86400, "1d"), (864000, "10d")],
)
def test_ages_have_one_unit(seconds: int, words: str) -> None:
    assert age(NOON - timedelta(seconds=seconds), NOON) == words


@time_machine.travel(NOON, tick=False)
def test_clock_says_as_much_as_needed() -> None:
    assert clock(NOON - timedelta(hours=1)) == "11:00"
    assert clock(NOON - timedelta(days=40)) == "24 Sep, 12:00"
    assert clock(NOON - timedelta(days=400)) == "29 Sep 2025"


@time_machine.travel(NOON, tick=False)
def test_times_are_in_the_readers_zone() -> None:
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        assert clock(NOON) == "17:30"
        assert full(NOON) == "Tuesday 3 November 2026, 17:30 IST"
        assert local_input(NOON) == "2026-11-03T17:30"
    assert 'datetime="2026-11-03T12:00:00+00:00"' in when(NOON)


def test_small_words() -> None:
    assert [initials(name) for name in ("Sarah Johnson", "Cher", "Jan van der Berg", "", "…")] == [
        "SJ",
        "C",
        "JB",
        "?",
        "?",
    ]
