"""The status workflow."""

from typing import Any

from django.utils.translation import gettext as _

from supportflow.core import clock, text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Refused
from supportflow.core.history import undoable
from supportflow.desk.models import MOVES, SETTLED, Status, Ticket
from supportflow.desk.operations import cleaning


@operation
def set_status(ticket: Ticket, status: str, *, version: int | None = None, by: Actor) -> Ticket:
    """Move the ticket along the table of moves; anything else is Refused (status_move)."""
    by.must("ticket.update", ticket)
    status = text.one_of("status", status, Status)
    ticket = lock(ticket, version=version)
    cleaning.refuse_trashed(ticket)
    return move_status(ticket, status, by=by)


def move_status(ticket: Ticket, status: str, *, by: Actor) -> Ticket:
    """For a ticket that is locked already, by someone whose right was checked (a customer's answer reopens)."""
    if status == ticket.status:
        return ticket
    refuse_move(ticket, status)
    reopened = ticket.status in SETTLED and status == Status.OPEN
    changes = change(ticket, status=status, **_stamps(ticket, status, reopened))
    record("ticket.reopened" if reopened else "ticket.status_changed", ticket, by=by, **changes)
    return ticket


def refuse_move(ticket: Ticket, status: str) -> None:
    if status == ticket.status or status in MOVES[ticket.status]:
        return
    allowed = ", ".join(MOVES[ticket.status])
    message = _("A ticket cannot go from %(old)s to %(new)s. From here it may go to: %(allowed)s.")
    raise Refused("status_move", message % {"old": ticket.status, "new": status, "allowed": allowed})


def _stamps(ticket: Ticket, status: str, reopened: bool) -> dict[str, Any]:
    if status == Status.RESOLVED:
        return {"resolved_at": clock.now()}
    if status == Status.CLOSED:
        return {"closed_at": clock.now()}
    if reopened:
        return {"resolved_at": None, "closed_at": None, "reopened_count": ticket.reopened_count + 1}
    return {}


undoable("ticket.status_changed", Ticket, "ticket.update")
undoable("ticket.reopened", Ticket, "ticket.update")
