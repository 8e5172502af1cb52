"""Out of the way, back again, and gone for ever."""

from django.utils.translation import gettext as _

from supportflow.core import trash
from supportflow.core.actors import Actor
from supportflow.core.door import lock, operation, record
from supportflow.core.errors import Refused
from supportflow.core.history import undoable
from supportflow.desk.models import Ticket
from supportflow.desk.operations.merging import unmerge_ticket
from supportflow.files.models import Attachment
from supportflow.files.operations import release_files


@operation
def trash_ticket(ticket: Ticket, *, version: int | None = None, by: Actor) -> Ticket:
    """Restorable for 30 days; the number stays taken for ever."""
    by.must("ticket.trash", ticket)
    return trash.put_in(ticket, version=version, by=by)


@operation
def restore_ticket(ticket: Ticket, *, by: Actor) -> Ticket:
    by.must("ticket.trash", ticket)
    return trash.take_out(ticket, by=by)


@operation
def purge_ticket(ticket: Ticket, *, by: Actor) -> None:
    """The ticket and its conversation, for ever; the trail keeps that it was there.

    What was merged into it becomes a ticket of its own again first: it is not what is purged.
    """
    by.must("ticket.purge", ticket)
    ticket = lock(ticket)
    if not ticket.is_trashed:
        raise Refused("not_in_trash", _("Move the ticket to the trash first."))
    for part in Ticket.objects.filter(merged_into=ticket).order_by("pk"):
        unmerge_ticket(part, by=by)
    ticket = lock(ticket)
    files = list(Attachment.objects.filter(comments__ticket=ticket).distinct())
    record("ticket.purged", ticket, by=by, meta={"subject": ticket.subject})
    ticket.delete()
    release_files(files)


undoable("ticket.trashed", Ticket, "ticket.trash")
