"""The filters of the ticket list, under the same names in the address of the page and in the API."""

import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.lookups import In

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.filtering import Params, Reader, holds_words, is_id, pairs, texts
from supportflow.core.paging import COUNTED_UP_TO, bounded_count
from supportflow.core.planning import Common
from supportflow.core.prepared import Question
from supportflow.crm.models import ContactEmail
from supportflow.desk.models import UNSETTLED, Category, Channel, Priority, Status, Ticket, TicketQuerySet
from supportflow.desk.queries import tickets_seen_by

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
_NUMBER = re.compile(r"(?:[Tt]-)?([0-9]{1,19})")


def ticket_number(text: str) -> int | None:
    """42 for "T-0042", "t-42" and "42"; None for what names no ticket."""
    match = _NUMBER.fullmatch(text)
    return int(match[1]) if match and is_id(match[1]) else None


@dataclass(frozen=True)
class TicketFilter:
    """What `?status=OPEN&status=WAITING&assignee=me&q=login` asks for. Several values of one filter: any of them.

    `assignee` holds ids, "me" and "none"; `team` and `company` ids and "none"; `tag` names. Times are aware.
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
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    due_before: datetime | None = None
    overdue: bool | None = None
    q: str = ""
    trash: bool | None = None

    NAMES: ClassVar[frozenset[str]]

    @classmethod
    def from_params(cls, params: Params) -> "TicketFilter":
        """Reads its own names and leaves others alone; raises Invalid by field for values that mean nothing."""
        read = Reader(params)
        found = cls(
            status=read.members("status", Status),
            priority=read.members("priority", Priority),
            category=read.members("category", Category),
            channel=read.members("channel", Channel),
            assignee=read.ids("assignee", ("me", "none")),
            team=read.ids("team", ("none",)),
            contact=read.ids("contact"),
            company=read.ids("company", ("none",)),
            tag=read.names("tag", 40),
            created_after=read.moment("created_after"),
            created_before=read.moment("created_before"),
            updated_after=read.moment("updated_after"),
            due_before=read.moment("due_before"),
            overdue=read.flag("overdue"),
            q=read.q(),
            trash=read.flag("trash"),
        )
        read.done()
        return found

    def to_params(self) -> dict[str, list[str]]:
        """The query parameters that say the same; what filters nothing is left out."""
        return {name: values for name in _ORDER if (values := texts(getattr(self, name)))}

    def apply(self, rows: TicketQuerySet, actor: Actor) -> TicketQuerySet:
        """`rows` (visible to `actor` already) that fit."""
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
        rows = self._of(rows, actor)
        rows = self._between(rows)
        return rows.filter(_searched(self.q)) if self.q else rows

    def question(self, actor: Actor) -> Question[Ticket]:
        """The tickets that fit, of those that `actor` sees."""
        seen = tickets_seen_by(actor)
        key = None if seen.key is None or self._is_rare else (seen.key, self, "me" in self.assignee and actor.actor_id)
        return Question(Ticket, key, lambda: self.apply(Ticket.objects.visible_to(actor), actor))

    @property
    def _is_rare(self) -> bool:
        """Whether it depends on the moment, or is hardly asked twice."""
        rare = (self.tag, self.created_after, self.created_before, self.updated_after, self.due_before, self.q)
        return any(rare) or self.overdue is not None

    def _of(self, rows: TicketQuerySet, actor: Actor) -> TicketQuerySet:
        me = actor.actor_id if actor.actor_type == "user" else 0
        for name in ("assignee", "team", "contact", "company"):
            if values := getattr(self, name):
                ids, nobody = pairs(values, me=me, none=None)
                wanted = Q(**{f"{name}__in": ids}) if ids else Q()
                rows = rows.filter(wanted | Q(**{f"{name}__isnull": True}) if nobody else wanted)
        if self.tag:
            worn = Ticket.tags.through.objects.filter(tag__key__in=[name.strip().casefold() for name in self.tag])
            # Few are looked up by number; of many, each ticket in the list's order is asked.
            few = bounded_count(worn) <= COUNTED_UP_TO
            rows = (
                rows.filter(pk__in=worn.values("ticket"))
                if few
                else rows.filter(Exists(worn.filter(ticket=OuterRef("pk"))))
            )
        return rows

    def _between(self, rows: TicketQuerySet) -> TicketQuerySet:
        if self.created_after:
            # Nothing is updated before it is created: said too, it bounds the list in its usual order.
            rows = rows.filter(created_at__gt=self.created_after, updated_at__gt=self.created_after)
        if self.created_before:
            rows = rows.filter(created_at__lt=self.created_before)
        if self.updated_after:
            rows = rows.filter(updated_at__gt=self.updated_after)
        if self.due_before:
            rows = rows.filter(due_at__lt=self.due_before)
        if self.overdue:
            rows = rows.overdue()
        elif self.overdue is False:
            rows = rows.filter(~Q(status__in=UNSETTLED) | Q(due_at=None) | Q(due_at__gte=clock.now()))
        return rows


_ORDER = [field.name for field in fields(TicketFilter)]
TicketFilter.NAMES = frozenset(_ORDER)


def _searched(q: str) -> Q:
    """The tickets of the requester with exactly this address; else that of this number, and those whose subject has it.

    Not both: an index finds the requester's, and reading every subject beside it would take seconds.
    """
    if "@" in q and (known := list(ContactEmail.objects.filter(key=q.casefold()).values_list("contact", flat=True))):
        return Q(contact__in=known)
    found = holds_words(q, "subject")
    if number := ticket_number(q):
        found |= Q(pk=number)
    return found
