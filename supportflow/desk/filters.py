"""The filters of the ticket list, under the same names in the address of the page and in the API."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import In

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.filtering import Params, Reader, is_id, pairs, texts
from supportflow.core.paging import COUNTED_UP_TO, bounded_count
from supportflow.core.planning import Common
from supportflow.core.prepared import Question
from supportflow.crm.models import ContactEmail
from supportflow.desk.conversations import Said, saying
from supportflow.desk.custom_filters import ByField, FieldGone, is_name, read_custom
from supportflow.desk.models import UNSETTLED, Category, Channel, Priority, Reading, Status, Ticket, TicketQuerySet
from supportflow.desk.queries import tickets_seen_by
from supportflow.desk.subjects import with_words

# Name in ?sort= → column; with a leading - descending.
TICKET_SORTS = {
    "updated_at": "updated_at",
    "created_at": "created_at",
    "due_at": "due_at",
    "priority": "priority_rank",
    "status": "status_rank",
    "number": "id",
}
DEFAULT_TICKET_SORT = "-updated_at"
MOMENTS = ("created_after", "created_before", "updated_after", "updated_before", "due_after", "due_before")
FLAGS = ("tagged", "due", "overdue", "starred", "following", "snoozed", "trash")
# What has any of some values, or with `not_` before it none of them.
_MEMBERS: dict[str, type[StrEnum]] = {
    "status": Status,
    "priority": Priority,
    "category": Category,
    "channel": Channel,
}
_IDS: dict[str, tuple[str, ...]] = {"assignee": ("me", "none"), "team": ("none",), "contact": (), "company": ("none",)}
_MARKS: dict[str, dict[str, bool]] = {
    "starred": {"is_starred": True},
    "following": {"is_following": True},
    "snoozed": {"snoozed_until__isnull": False},
}
_NUMBER = re.compile(r"(?:[Tt]-)?([0-9]{1,19})")


def ticket_number(text: str) -> int | None:
    """42 for "T-0042", "t-42" and "42"; None for what names no ticket."""
    match = _NUMBER.fullmatch(text)
    return int(match[1]) if match and is_id(match[1]) else None


@dataclass(frozen=True)
class TicketFilter:
    """What `?status=OPEN&status=WAITING&assignee=me&q=login` asks for. Several values of one filter: any of them.

    `assignee` holds ids, "me" and "none"; `team` and `company` ids and "none"; `tag` names. `not_status` and its like
    leave out what has any of these. Times are aware. `text` is searched for in messages, `custom` are custom fields.
    """

    status: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    not_status: tuple[str, ...] = ()
    not_priority: tuple[str, ...] = ()
    not_category: tuple[str, ...] = ()
    not_channel: tuple[str, ...] = ()
    not_assignee: tuple[str, ...] = ()
    not_team: tuple[str, ...] = ()
    not_contact: tuple[str, ...] = ()
    not_company: tuple[str, ...] = ()
    not_tag: tuple[str, ...] = ()
    tagged: bool | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    due_after: datetime | None = None
    due_before: datetime | None = None
    due: bool | None = None
    overdue: bool | None = None
    starred: bool | None = None
    following: bool | None = None
    snoozed: bool | None = None
    q: str = ""
    text: str = ""
    trash: bool | None = None
    custom: tuple[ByField, ...] = ()

    NAMES: ClassVar[frozenset[str]]

    @classmethod
    def names(cls, params: Iterable[str]) -> set[str]:
        """NAMES, and those of `params` that name a custom field."""
        return {*cls.NAMES, *filter(is_name, params)}

    @classmethod
    def from_params(cls, params: Params) -> "TicketFilter":
        """Reads its own names and leaves others alone; raises Invalid by field for values that mean nothing.

        FieldGone where nothing else is wrong but that custom fields are not there.
        """
        read = Reader(params)
        chosen = dict[str, Any]()
        for but in ("", "not_"):
            for name, known in _MEMBERS.items():
                chosen[but + name] = read.members(but + name, known)
            for name, words in _IDS.items():
                chosen[but + name] = read.ids(but + name, words)
            chosen[f"{but}tag"] = read.names(f"{but}tag", 40)
        chosen |= {name: read.moment(name) for name in MOMENTS}
        chosen |= {name: read.flag(name) for name in FLAGS}
        custom, gone = read_custom(read)
        found = cls(**chosen, q=read.q(), text=read.q("text"), custom=custom)
        if gone and set(gone) == set(read.errors):
            raise FieldGone(read.errors)
        read.done()
        return found

    def to_params(self) -> dict[str, list[str]]:
        """The query parameters that say the same; what filters nothing is left out."""
        params = {name: values for name in _ORDER if (values := texts(getattr(self, name)))}
        return params | {name: values for one in self.custom for name, values in one.to_params().items()}

    def apply(self, rows: TicketQuerySet, actor: Actor) -> TicketQuerySet:
        """`rows` (visible to `actor` already) that fit."""
        return self._saying(rows, actor)[0]

    def found(self, actor: Actor) -> tuple[Question[Ticket], Said | None]:
        """As `question`; where `text` was searched for also what became of that."""
        if not self.text:
            return self.question(actor), None
        rows, said = self._saying(Ticket.objects.visible_to(actor), actor)
        return Question.about(rows), said

    def _saying(self, rows: TicketQuerySet, actor: Actor) -> tuple[TicketQuerySet, Said | None]:
        rows = self._but_for_text(rows, actor)
        if not self.text:
            return rows, None
        said = saying(self.text, rows, actor)
        return rows.filter(pk__in=said.tickets), said

    def _but_for_text(self, rows: TicketQuerySet, actor: Actor) -> TicketQuerySet:
        rows = rows.trashed() if self.trash else rows.alive()
        if self.status:
            rows = rows.with_status(self.status)
        if self.priority:
            # The rank has an index for its own order; in any other, so many tickets are read faster in that order.
            ranks = [list(Priority).index(Priority(value)) for value in self.priority]
            rows = rows.filter(Common(In(F("priority_rank"), ranks)))
        for name in ("category", "channel"):
            if values := getattr(self, name):
                rows = rows.filter(**{f"{name}__in": values})
        rows = self._but(rows, actor)
        rows = self._of(rows, actor)
        rows = self._between(rows)
        rows = self._marked(rows, actor)
        for one in self.custom:
            rows = one.apply(rows)
        return rows.filter(_searched(self.q, bool(self.trash))) if self.q else rows

    def question(self, actor: Actor) -> Question[Ticket]:
        """The tickets that fit, of those that `actor` sees."""
        seen = tickets_seen_by(actor)
        key = None if seen.key is None or self._is_rare else (seen.key, self, self._is_personal and actor.actor_id)
        # Once for the page and its count: to apply some filters takes a query of its own.
        return Question(Ticket, key, cache(lambda: self.apply(Ticket.objects.visible_to(actor), actor)))

    @property
    def _is_rare(self) -> bool:
        """Whether it depends on the moment, or is hardly asked twice."""
        rare = (self.tag, self.not_tag, self.q, self.text, self.custom, *(getattr(self, name) for name in MOMENTS))
        return any(rare) or self.overdue is not None

    @property
    def _is_personal(self) -> bool:
        marks = any(getattr(self, name) is not None for name in _MARKS)
        return marks or "me" in (*self.assignee, *self.not_assignee)

    def _but(self, rows: TicketQuerySet, actor: Actor) -> TicketQuerySet:
        if self.not_status:
            # Told as what is left, which the partial indexes understand.
            rows = rows.with_status([status for status in Status if status not in self.not_status])
        for name in ("priority", "category", "channel"):
            if values := getattr(self, f"not_{name}"):
                rows = rows.exclude(**{f"{name}__in": values})
        for name in ("assignee", "team", "contact", "company"):
            if values := getattr(self, f"not_{name}"):
                ids, nobody = pairs(values, me=_me(actor), none=None)
                known = Q(**{f"{name}__isnull": False})
                others = ~Q(**{f"{name}__in": ids}) if ids else Q()
                rows = rows.filter(known & others if nobody else others | ~known)
        return rows

    def _marked(self, rows: TicketQuerySet, actor: Actor) -> TicketQuerySet:
        """By the actor's own marks."""
        for name, mark in _MARKS.items():
            if (wanted := getattr(self, name)) is not None:
                mine = Q(pk__in=Reading.objects.filter(user=_me(actor), **mark).values("ticket"))
                rows = rows.filter(mine if wanted else ~mine)
        return rows

    def _of(self, rows: TicketQuerySet, actor: Actor) -> TicketQuerySet:
        me = _me(actor)
        for name in ("assignee", "team", "contact", "company"):
            if values := getattr(self, name):
                ids, nobody = pairs(values, me=me, none=None)
                wanted = Q(**{f"{name}__in": ids}) if ids else Q()
                rows = rows.filter(wanted | Q(**{f"{name}__isnull": True}) if nobody else wanted)
        if self.tag:
            wearing = _worn(self.tag)
            # Few are looked up by number; of many, each ticket in the list's order is asked.
            few = bounded_count(wearing) <= COUNTED_UP_TO
            rows = (
                rows.filter(pk__in=wearing.values("ticket"))
                if few
                else rows.filter(Exists(wearing.filter(ticket=OuterRef("pk"))))
            )
        if self.not_tag:
            rows = rows.filter(~Exists(_worn(self.not_tag).filter(ticket=OuterRef("pk"))))
        if self.tagged is not None:
            worn = Exists(Ticket.tags.through.objects.filter(ticket=OuterRef("pk")))
            rows = rows.filter(worn if self.tagged else ~worn)
        return rows

    def _between(self, rows: TicketQuerySet) -> TicketQuerySet:
        if self.created_after:
            # Nothing is updated before it is created: said too, it bounds the list in its usual order.
            rows = rows.filter(created_at__gt=self.created_after, updated_at__gt=self.created_after)
        if self.created_before:
            rows = rows.filter(created_at__lt=self.created_before)
        if self.updated_after:
            rows = rows.filter(updated_at__gt=self.updated_after)
        if self.updated_before:
            rows = rows.filter(updated_at__lt=self.updated_before)
        if self.due_after:
            rows = rows.filter(due_at__gt=self.due_after)
        if self.due_before:
            rows = rows.filter(due_at__lt=self.due_before)
        if self.due is not None:
            rows = rows.filter(due_at__isnull=not self.due)
        if self.overdue:
            rows = rows.overdue()
        elif self.overdue is False:
            rows = rows.filter(~Q(status__in=UNSETTLED) | Q(due_at=None) | Q(due_at__gte=clock.now()))
        return rows


_ORDER = [field.name for field in fields(TicketFilter) if field.name != "custom"]
TicketFilter.NAMES = frozenset(_ORDER)


def _me(actor: Actor) -> int:
    return (actor.actor_id or 0) if actor.actor_type == "user" else 0


def _worn(names: Iterable[str]) -> QuerySet[Any]:
    return Ticket.tags.through.objects.filter(tag__key__in=[name.strip().casefold() for name in names])


def _searched(q: str, trash: bool) -> Q:
    """The tickets of the requester with exactly this address; else that of this number, and those whose subject has it.

    Not both: an index finds the requester's, and reading every subject beside it would take seconds.
    """
    if "@" in q and (known := list(ContactEmail.objects.filter(key=q.casefold()).values_list("contact", flat=True))):
        return Q(contact__in=known)
    found = with_words(q, trash=trash)
    if number := ticket_number(q):
        found |= Q(pk=number)
    return found
