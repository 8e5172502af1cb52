"""A comment that is about something else becomes a ticket of its own."""

from django.utils.translation import gettext as _

from supportflow.core.actors import Actor
from supportflow.core.door import lock, operation, record
from supportflow.core.errors import Refused
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.creating import create_ticket
from supportflow.desk.operations.linking import link_tickets
from supportflow.desk.relation_models import MovedComment


@operation
def split_comment(comment: Comment, subject: str | None = None, *, by: Actor) -> Ticket:
    """A new ticket with the comment and its files, of whoever wrote it; else of the ticket's requester.

    It stays in the team, so that the same people see it. To take it back, merge the new ticket into the old one.
    """
    by.must("ticket.create", comment)
    ticket = lock(comment.ticket)
    by.must("ticket.update", ticket)
    cleaning.refuse_trashed(ticket)
    comment = lock(comment)
    if comment.ticket_id != ticket.pk:
        raise Refused("collision", _("Somebody moved this message at this moment. Look again, then retry."))
    if comment.is_opening:
        raise Refused("split_opening", _("A ticket begins with this message: it stays. Split off a later one."))
    asked = comment.author_contact is not None and not comment.is_internal
    new = create_ticket(
        subject or ticket.subject,
        comment.author_contact or ticket.contact,
        channel=ticket.channel,
        priority=ticket.priority,
        category=ticket.category,
        company_id=ticket.company.pk
        if ticket.company_is_set and ticket.company and not ticket.company.is_trashed
        else None,
        team_id=ticket.team_id,
        mailbox=ticket.mailbox,
        by=by,
    )
    MovedComment.objects.filter(comment=comment).delete()  # it belongs to the new ticket from now on
    comment.ticket, comment.is_opening = new, asked
    comment.save(update_fields=["ticket", "is_opening"])
    record("ticket.split", ticket, by=by, meta={"comment": comment.pk, "ticket": new.number, "into": new.pk})
    link_tickets(new, ticket, by=by)
    return new
