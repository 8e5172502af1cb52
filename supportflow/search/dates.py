"""Days as they are written behind before: and after:."""

import re
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from supportflow.core import clock

_AGO = re.compile(r"([0-9]{1,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_ON = re.compile(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?")


def beginning_of(text: str) -> datetime | None:
    """The first moment of the day, month or year in the reader's zone; None for what is none.

    2026-01-31, 2026-01, 2026, today, yesterday, 7d (days ago; also weeks, months of 30 days, years of 365).
    """
    day = _day(text.lower(), timezone.localtime(clock.now()).date())
    if day is None:
        return None
    midnight = datetime.combine(day, time()).replace(tzinfo=timezone.get_current_timezone())
    try:
        return midnight.astimezone(UTC)
    except OverflowError:
        return None


def _day(text: str, today: date) -> date | None:
    if text in {"today", "yesterday"}:
        return today - timedelta(days=text == "yesterday")
    try:
        if ago := _AGO.fullmatch(text):
            return today - timedelta(days=int(ago[1]) * _DAYS[ago[2]])
        if on := _ON.fullmatch(text):
            return date(int(on[1]), int(on[2] or 1), int(on[3] or 1))
    except (ValueError, OverflowError):
        pass
    return None
