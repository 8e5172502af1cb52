"""Reads the trail as it grows."""

import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Max, Q, QuerySet

from supportflow.core.models import Activity
from supportflow.live.hints import COLUMNS

# PostgreSQL gives numbers out before the commit: a lower one may surface later. On SQLite writers take turns.
WINDOW = 1000
LOOKED_BACK = 500  # activities, by number: their times have no index
REMEMBERED = 60.0  # seconds: a page is connected again by then, or a slow transaction is over


class Tail:
    """Each activity once, in the order of its number, soon after its commit."""

    def __init__(self) -> None:
        self.last = last_number()
        self._window = WINDOW if connection.vendor == "postgresql" else 0
        self._seen = set(self._surfaced())
        # A commit between the two questions: seen, so no news later; a page of before must be told that it missed it.
        self.last = max(self.last, *self._seen, 0)
        self._late: deque[tuple[float, int]] = deque(maxlen=WINDOW)

    def new(self, notified: Iterable[int] = ()) -> list[Activity]:
        """What surfaced since. `notified` -- numbers that a notification named, however old."""
        numbers = (set(self._surfaced()) | set(notified)) - self._seen
        if not numbers:
            return []
        activities = list(_activities(Q(pk__in=numbers)))
        found = {activity.pk for activity in activities}  # what was notified may be gone, or never have been ours
        self._late.extend((time.monotonic(), number) for number in found if number < self.last)
        self.last = max(self.last, *found, 0)
        self._seen = {number for number in self._seen | found if number > self.last - self._window}
        return activities

    def missed(self, after: int, most: int) -> list[Activity] | None:
        """What a page does not know of that knows everything up to `after`; None when it is more than `most`.

        What surfaced late may stand before `after` and still be unknown there: it is told again.
        """
        recent = time.monotonic() - REMEMBERED
        late = [number for surfaced, number in self._late if surfaced > recent and number <= after]
        if after >= self.last and not late:
            return []
        found = list(_activities(Q(pk__gt=after, pk__lte=self.last) | Q(pk__in=late))[: most + 1])
        return None if len(found) > most else found

    def _surfaced(self) -> Iterable[int]:
        return Activity.objects.filter(pk__gt=self.last - self._window).values_list("pk", flat=True)


def last_number() -> int:
    last: int | None = Activity.objects.aggregate(last=Max("pk"))["last"]
    return last or 0


def known_before(moment: datetime) -> int:
    """The number of the last activity before `moment`; with too many since then, of a later one."""
    last = last_number()
    since = Activity.objects.filter(pk__gt=last - LOOKED_BACK, created_at__gte=moment).order_by("pk")
    first = since.values_list("pk", flat=True).first()
    return last if first is None else first - 1


def _activities(which: Q) -> QuerySet[Activity]:
    return Activity.objects.filter(which).only(*COLUMNS).order_by("pk")
