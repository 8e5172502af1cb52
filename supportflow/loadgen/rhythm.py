"""When things happen: customers write most on weekday mornings, the desk works from Monday to Friday."""

from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

HISTORY = timedelta(days=365)
OPENS, CLOSES = 8, 18  # hours, UTC
_HOURS = (2, 1, 1, 1, 1, 2, 5, 14, 34, 46, 48, 44, 30, 38, 42, 38, 30, 22, 14, 10, 9, 8, 6, 4)  # letters in each hour
_DAYS = (1.15, 1.1, 1.0, 1.0, 0.9, 0.22, 0.15)  # Monday first


class Year:
    """The year before `until`: where in it the n-th of many letters falls."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self.start = until - HISTORY
        hours = [self.start + timedelta(hours=hour) for hour in range(int(HISTORY.total_seconds() // 3600))]
        self._sums = list(accumulate(_HOURS[hour.hour] * _DAYS[hour.weekday()] for hour in hours))

    def at(self, share: float) -> datetime:
        """The moment by which this share (0 to 1) of the year's letters has come."""
        wanted = share * self._sums[-1]
        hour = min(bisect_left(self._sums, wanted), len(self._sums) - 1)
        before = self._sums[hour - 1] if hour else 0
        inside = min(max((wanted - before) / (self._sums[hour] - before), 0), 0.999999)
        return self.start + timedelta(hours=hour, microseconds=int(inside * 3_600_000_000))


def later(rng: Random, at: datetime, hours: float) -> datetime:
    """After a while that is `hours` on average, never less than a minute."""
    return at + timedelta(seconds=60 + rng.expovariate(1 / (hours * 3600)))


def at_work(rng: Random, at: datetime) -> datetime:
    """The same moment, or early on the next working day."""
    if at.weekday() < 5 and OPENS <= at.hour < CLOSES:
        return at
    day = at.replace(hour=OPENS, minute=0, second=0, microsecond=0)
    if at.hour >= OPENS:
        day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day + timedelta(microseconds=int(rng.random() * 7_200_000_000))


def awake(rng: Random, at: datetime) -> datetime:
    """Customers write on any day, but few of them at night."""
    if 6 <= at.hour < 23 or rng.random() < 0.1:
        return at
    day = at.replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(days=at.hour >= 23)
    return day + timedelta(microseconds=int(rng.random() * 10_800_000_000))
