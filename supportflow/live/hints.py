"""What a browser is told: that something it may see has changed, never what. It fetches its own fragments again."""

import json
from collections.abc import Iterable, Sequence

from django.db import models
from django.db.models import Value

from supportflow.accounts.models import User
from supportflow.core.models import Activity
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Ticket

# What decides whether a user may know of an activity: the first of these that it is about.
KINDS: dict[str, type[models.Model]] = {"ticket": Ticket, "contact": Contact, "company": Company}
ASKED_AT_ONCE = 100  # users; SQLite puts at most 500 SELECTs together
COLUMNS = ("id", "action", "actor_type", "actor_id", "subject_type", "subject_id", *(f"{kind}_id" for kind in KINDS))


class Sieve:
    """The activities of one reading of the trail, and who may know of them, by the rights of this moment."""

    def __init__(self, activities: Iterable[Activity]) -> None:
        self.activities = [activity for activity in activities if kind_of(activity)]
        self._ids: dict[str, set[int]] = {kind: set() for kind in KINDS}
        for activity in self.activities:
            self._ids[kind_of(activity)].add(getattr(activity, f"{kind_of(activity)}_id"))
        self._hints = {activity.pk: hint(activity) for activity in self.activities}

    def for_users(self, users: Sequence[User]) -> list[list[bytes]]:
        """The hints for each. users -- freshly loaded: a user in hand remembers rights that may be gone"""
        visible = {kind: visible_rows(kind, ids, users) for kind, ids in self._ids.items()}
        return [
            [
                self._hints[activity.pk]
                for activity in self.activities
                if getattr(activity, f"{kind_of(activity)}_id") in visible[kind_of(activity)][number]
            ]
            for number in range(len(users))
        ]


def visible_rows(kind: str, ids: Iterable[int], users: Sequence[User]) -> list[set[int]]:
    """Which of the rows each of them may see: one question for many, as each turn of the hub waits for the answer."""
    found: list[set[int]] = [set() for _ in users]
    wanted = sorted(ids)
    for first in range(0, len(users) if wanted else 0, ASKED_AT_ONCE):
        several = enumerate(users[first : first + ASKED_AT_ONCE], first)
        one, *others = (_visible(kind, wanted, user).annotate(whose=Value(number)) for number, user in several)
        for number, key in one.union(*others, all=True).values_list("whose", "pk"):
            found[number].add(key)
    return found


def _visible(kind: str, ids: Sequence[int], user: User) -> models.QuerySet[models.Model]:
    visible = KINDS[kind].objects.visible_to(user)  # type: ignore[attr-defined]  # each of them has it
    rows: models.QuerySet[models.Model] = visible.filter(pk__in=ids).order_by().only("pk")
    return rows


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
