"""Reads of what stands beside a ticket: what it has to do with others, its checklist, the time spent on it."""

from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from supportflow.core.actors import Actor
from supportflow.desk.models import Ticket
from supportflow.desk.relation_models import ChecklistItem, LinkKind, TicketLink, TimeEntry

TIMES_SHOWN = 10
_ORDER = [*list(LinkKind)[1:], LinkKind.RELATED]


@dataclass(frozen=True)
class Linked:
    """Another ticket, and what it is to this one."""

    kind: LinkKind
    ticket: Ticket


@dataclass(frozen=True)
class Beside:
    merged: list[Ticket]
    links: list[Linked]
    checklist: list[ChecklistItem]
    times: list[TimeEntry]  # the newest
    minutes: int  # of all


def beside(ticket: Ticket, actor: Actor) -> Beside:
    """Six queries."""
    times = TimeEntry.objects.filter(ticket=ticket)
    return Beside(
        merged=list(merged_into(ticket, actor)),
        links=links_of(ticket, actor),
        checklist=list(ticket.checklist.order_by("position", "pk")),
        times=list(times.select_related("user").order_by("-pk")[:TIMES_SHOWN]),
        minutes=times.aggregate(all=Sum("minutes"))["all"] or 0,
    )


def merged_into(ticket: Ticket, actor: Actor) -> QuerySet[Ticket]:
    """The tickets that became a part of this one, as far as the actor sees them."""
    return Ticket.objects.visible_to(actor).filter(merged_into=ticket).order_by("pk")


def links_of(ticket: Ticket, actor: Actor) -> list[Linked]:
    """Of tickets that the actor sees and that are not in the trash."""
    kinds = dict(link.seen_from(ticket.pk) for link in TicketLink.objects.of(ticket.pk))
    seen = Ticket.objects.visible_to(actor).alive().filter(pk__in=kinds) if kinds else []
    found = [Linked(kinds[row.pk], row) for row in seen]
    return sorted(found, key=lambda one: (_ORDER.index(one.kind), one.ticket.pk))
