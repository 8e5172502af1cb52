"""Who was told of something since: new notifications, which the worker writes after the activity they follow from."""

from django.db import connection
from django.db.models import Max

from supportflow.notifications.models import Notification

WINDOW = 200  # PostgreSQL gives numbers out before the commit: a lower one may surface later


class NewlyTold:
    def __init__(self) -> None:
        self._window = WINDOW if connection.vendor == "postgresql" else 0
        self._last: int = Notification.objects.aggregate(last=Max("pk"))["last"] or 0
        self._seen = {pk for pk, _user in self._surfaced()}

    def users(self) -> set[int]:
        """Each notification counts once."""
        new = [(pk, user) for pk, user in self._surfaced() if pk not in self._seen]
        self._last = max([self._last, *(pk for pk, _user in new)])
        self._seen = {pk for pk in self._seen | {pk for pk, _user in new} if pk > self._last - self._window}
        return {user for _pk, user in new}

    def _surfaced(self) -> list[tuple[int, int]]:
        rows = Notification.objects.filter(pk__gt=self._last - self._window)
        return list(rows.values_list("pk", "user_id"))
