"""What a browser is told: that something it may see has changed, never what. It fetches its own fragments again."""

import json
from collections.abc import Iterable

from django.core.exceptions import EmptyResultSet
from django.db import models

from supportflow.accounts.models import User
from supportflow.core.models import Activity
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Ticket

# What decides whether a user may know of an activity: the first of these that it is about.
KINDS: dict[str, type[models.Model]] = {"ticket": Ticket, "contact": Contact, "company": Company}
COLUMNS = ("id", "action", "actor_type", "actor_id", "subject_type", "subject_id", *(f"{kind}_id" for kind in KINDS))


class Sieve:
    """The activities of one reading of the trail, and who may know of them, by the rights of this moment."""

    def __init__(self, activities: Iterable[Activity]) -> None:
        self.activities = [activity for activity in activities if kind_of(activity)]
        self._ids: dict[str, set[int]] = {kind: set() for kind in KINDS}
        for activity in self.activities:
            self._ids[kind_of(activity)].add(getattr(activity, f"{kind_of(activity)}_id"))
        self._answers: dict[tuple[object, ...], frozenset[int]] = {}
        self._hints = {activity.pk: hint(activity) for activity in self.activities}

    def for_user(self, user: User) -> list[bytes]:
        """The hints. user -- freshly loaded: a user in hand remembers rights that may be gone"""
        visible = {kind: self._visible(user, kind) for kind in KINDS}
        return [
            self._hints[activity.pk]
            for activity in self.activities
            if getattr(activity, f"{kind_of(activity)}_id") in visible[kind_of(activity)]
        ]

    def _visible(self, user: User, kind: str) -> frozenset[int]:
        if not self._ids[kind]:
            return frozenset()
        rows = KINDS[kind].objects.visible_to(user).filter(pk__in=sorted(self._ids[kind]))  # type: ignore[attr-defined]
        keys = rows.order_by().values_list("pk", flat=True)
        try:
            question = keys.query.sql_with_params()
        except EmptyResultSet:  # nothing at all
            return frozenset()
        # Most users have the same rights, so the same question: it is asked once.
        if question not in self._answers:
            self._answers[question] = frozenset(keys)
        return self._answers[question]


def kind_of(activity: Activity) -> str:
    """Which of KINDS the activity is about; empty when no page shows what changed."""
    return next((kind for kind in KINDS if getattr(activity, f"{kind}_id") is not None), "")


def hint(activity: Activity) -> bytes:
    """One server-sent event."""
    told = {kind: getattr(activity, f"{kind}_id") for kind in KINDS}
    told |= {"action": activity.action, "actor": f"{activity.actor_type}:{activity.actor_id}", "activity": activity.pk}
    return event(activity.pk, told)


def reset(last: int) -> bytes:
    """Too much to tell one by one: fetch everything again."""
    return event(last, {"reset": True})


def event(number: int, data: dict[str, object]) -> bytes:
    return f"id: {number}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
