"""Tickets that have to do with each other: one row for a pair, told of on both."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import lock_all, operation, record
from supportflow.core.errors import NotFound, Refused
from supportflow.desk.models import Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.relation_models import LinkKind, TicketLink

MOST = 100  # links of one ticket
DEEPEST = 20  # parents above each other


@operation
def link_tickets(ticket: Ticket, other: Ticket, kind: str = LinkKind.RELATED, *, by: Actor) -> TicketLink:
    """`kind` is what `other` is to `ticket`. A pair has one link: another kind takes the place of the first."""
    by.must("ticket.update", ticket, other)
    kind = LinkKind(text.one_of("kind", kind, LinkKind))
    if ticket.pk == other.pk:
        raise Refused("link_itself", _("A ticket cannot be linked to itself. Choose another one."))
    family = _Family(ticket.pk, other.pk) if kind == LinkKind.PARENT else _Family(other.pk, ticket.pk)
    above = family.above() if kind in (LinkKind.PARENT, LinkKind.CHILD) else []
    # With all parents above: two links at the same moment cannot close a circle that neither sees.
    locked = {row.pk: row for row in lock_all(Ticket.objects.filter(pk__in={ticket.pk, other.pk, *above}))}
    ticket, other = locked[ticket.pk], locked[other.pk]
    for row in (ticket, other):
        cleaning.refuse_trashed(row)
    first, second = sorted((ticket.pk, other.pk))
    old = TicketLink.objects.filter(first=first, second=second).first()
    if old is not None and old.seen_from(ticket.pk)[1] == kind:
        return old
    if kind in (LinkKind.PARENT, LinkKind.CHILD):
        family.refuse_circle(above)
    if old is not None:
        old.delete()
    _refuse_many(ticket, other)
    link = TicketLink(first_id=first, second_id=second, kind=kind if ticket.pk == first else kind.inverse)
    link.save(force_insert=True)
    _tell("ticket.linked", ticket, other, kind, by)
    return link


def _refuse_many(*tickets: Ticket) -> None:
    for row in tickets:
        if TicketLink.objects.of(row.pk).count() >= MOST:
            told = _("%(number)s has %(most)s links already. Take one off first.")
            raise Refused("too_many_links", told % {"number": row.number, "most": MOST})


@dataclass(frozen=True)
class _Family:
    """A child and the parent that it is to have. What links the two of them already does not count: it gives way."""

    child: int
    parent: int

    def above(self) -> list[int]:
        """The parent's parent, that one's parent, and so on."""
        found: list[int] = []
        parent = self._parent_of(self.parent)
        while parent is not None and parent not in found and len(found) <= DEEPEST:
            found.append(parent)
            parent = self._parent_of(parent)
        return found

    def refuse_circle(self, above: list[int]) -> None:
        if self.above() != above:
            raise Refused("collision", _("Somebody saved the same at this moment. Look again, then retry."))
        if self.child in above:
            raise Refused("link_circle", _("That would be a circle: it stands above this ticket already."))
        if len(above) >= DEEPEST:
            raise Refused("link_too_deep", _("At most %(most)s tickets stand above each other.") % {"most": DEEPEST})
        if self._parent_of(self.child) is not None:
            raise Refused("has_parent", _("This ticket has a parent already. Take that link off first."))

    def _parent_of(self, ticket: int) -> int | None:
        first, second = sorted((self.child, self.parent))
        links = TicketLink.objects.of(ticket).exclude(first=first, second=second)
        seen = (link.seen_from(ticket) for link in links)
        return next((other for other, kind in seen if kind == LinkKind.PARENT), None)


@operation
def unlink_tickets(ticket: Ticket, other: Ticket, *, by: Actor) -> None:
    by.must("ticket.update", ticket, other)
    rows = {row.pk: row for row in lock_all([ticket, other])}
    first, second = sorted((ticket.pk, other.pk))
    link = TicketLink.objects.filter(first=first, second=second).first()
    if link is None:
        raise NotFound
    kind = link.seen_from(ticket.pk)[1]
    link.delete()
    _tell("ticket.unlinked", rows[ticket.pk], rows[other.pk], kind, by)


def _tell(action: str, ticket: Ticket, other: Ticket, kind: LinkKind, by: Actor) -> None:
    record(action, ticket, by=by, meta={"kind": kind, **_name(other, ticket)})
    record(action, other, by=by, meta={"kind": kind.inverse, **_name(ticket, other)})


def _name(ticket: Ticket, beside: Ticket) -> dict[str, str]:
    """The trail of a ticket does not name another one that some of its readers may not see."""
    hidden = ticket.team is not None and ticket.team.is_private and ticket.team_id != beside.team_id
    return {} if hidden else {"ticket": ticket.number}
