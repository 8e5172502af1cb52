"""Replies, notes and customers' answers."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import clock, text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record, touch
from supportflow.core.errors import Forbidden, Refused
from supportflow.crm.models import Contact, ContactEmail
from supportflow.desk.content import Content
from supportflow.desk.mentions import Mentions, mentions_in
from supportflow.desk.models import Channel, Comment, DeliveryState, Status, Ticket, Visibility
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.marks import let_follow
from supportflow.desk.operations.merging import holders
from supportflow.desk.operations.status import move_status, set_status
from supportflow.files.models import Attachment
from supportflow.files.operations import mark_attached

ANSWER_REOPENS_FOR = timedelta(days=14)


@operation
def reply_to_ticket(
    ticket: Ticket,
    content: Content,
    *,
    attachments: Iterable[Attachment] = (),
    cc: Iterable[str] = (),
    bcc: Iterable[str] = (),
    then: str | None = None,
    by: Actor,
) -> Comment:
    """A public comment by a user, which goes out to the customer; `then` sets the status in the same act.

    Whom it calls by `@Name` follows the ticket from now on. `bcc` get it too, and nobody else is told of them.
    """
    by.must("ticket.comment", ticket)
    if not isinstance(by, User):
        raise Forbidden("ticket.comment")
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    first = ticket.first_responded_at is None
    copies = cleaning.addresses("cc", cc)
    blind = _unknown_to_others(cleaning.addresses("bcc", bcc), copies, ticket)
    comment = _write(ticket, content, Visibility.PUBLIC, attachments, copies, by, bcc=blind)
    record("ticket.replied", ticket, by=by, meta={**_facts(comment), "first_response": first})
    if then:
        set_status(ticket, then, by=by)
    return comment


@operation
def note_on_ticket(ticket: Ticket, content: Content, *, attachments: Iterable[Attachment] = (), by: Actor) -> Comment:
    """An internal comment, which no customer may ever see. Always allowed but in the trash.

    Whom it calls by `@Name` follows the ticket from now on.
    """
    by.must("ticket.comment", ticket)
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    comment = _write(ticket, content, Visibility.INTERNAL, attachments, [], by)
    record("ticket.noted", ticket, by=by, meta=_facts(comment))
    return comment


@operation
def answer_ticket(
    ticket: Ticket,
    content: Content,
    *,
    attachments: Iterable[Attachment] = (),
    cc: Iterable[str] = (),
    automatic: bool = False,
    by: Actor,
) -> Comment:
    """A participant's public comment. It sets a waiting or settled ticket OPEN; an `automatic` one does not.

    A ticket closed for longer than 14 days stays so: the answer opens a follow-up ticket, whose comment is returned.
    An `automatic` one never opens anything. On a ticket that was merged it goes where the conversation is.
    """
    ticket = lock((holders(ticket) or [ticket])[-1])  # first: what lies in the trash by now is not there for a customer
    if ticket.merged_into_id is not None:
        raise Refused("collision", _("Somebody merges this ticket at this moment. Look again, then retry."))
    by.must("ticket.answer", ticket)
    if not isinstance(by, Contact):
        raise Forbidden("ticket.answer")
    closed_for = clock.now() - ticket.closed_at if ticket.closed_at else timedelta(0)
    if closed_for > ANSWER_REOPENS_FOR and not automatic:
        return _follow_up(ticket, content, attachments, cc, by)
    comment = _write(ticket, content, Visibility.PUBLIC, attachments, cleaning.addresses("cc", cc), by, automatic)
    record("ticket.answered", ticket, by=by, meta={"comment": comment.pk, "automatic": automatic})
    if not automatic and ticket.status in (Status.WAITING, Status.RESOLVED, Status.CLOSED):
        move_status(ticket, Status.OPEN, by=by)
    return comment


def _follow_up(
    ticket: Ticket, content: Content, attachments: Iterable[Attachment], cc: Iterable[str], by: Contact
) -> Comment:
    from supportflow.desk.operations.creating import create_ticket  # creating stands on this module

    new = create_ticket(
        ticket.subject,
        by,
        content,
        channel=Channel.EMAIL,
        team_id=ticket.team_id,
        mailbox=ticket.mailbox,
        attachments=attachments,
        cc=cc,
        follow_up_of=ticket,
        by=by,
    )
    return new.comments.get(is_opening=True)


@operation
def note_delivery(comment: Comment, state: str, error: str = "", *, by: Actor) -> Comment:
    """What became of the mail that carries a comment; raises Refused for a note, which has none."""
    by.must("ticket.deliver", comment)
    comment = lock(comment)
    if comment.is_internal:
        raise Refused("note_not_delivered", _("An internal note is never sent."))
    error = text.tidy_line(error)[:500]  # what a foreign server said
    if (comment.delivery_state, comment.delivery_error) != (state, error):
        change(comment, delivery_state=state, delivery_error=error, delivery_at=clock.now())
        facts = {"comment": comment.pk, "delivery_state": state, "delivery_error": error}
        record("ticket.delivery_noted", comment.ticket, by=by, meta=facts)
    return comment


def delivery_at_first(comment: Comment) -> str:
    """QUEUED when this comment is a user's public words and there is somebody to mail them to."""
    if comment.is_internal or comment.author_type != "user":
        return DeliveryState.NONE
    contacts = Contact.objects.filter(Q(pk=comment.ticket.contact_id) | Q(copied_into=comment.ticket))
    reachable = comment.cc or comment.bcc or contacts.filter(emails__is_primary=True).exists()
    return DeliveryState.QUEUED if reachable else DeliveryState.NONE


def _write(
    ticket: Ticket,
    content: Content,
    visibility: str,
    attachments: Iterable[Attachment],
    cc: list[str],
    by: Actor,
    automatic: bool = False,
    bcc: Iterable[str] = (),
) -> Comment:
    called = mentions_in(content, ticket) if isinstance(by, User) else Mentions(content)
    comment = Comment(
        ticket=ticket,
        visibility=visibility,
        author_type=by.actor_type,
        author_user=by if isinstance(by, User) else None,
        author_contact=by if isinstance(by, Contact) else None,
        body=content.source,
        body_html=called.content.html,
        body_text=content.text,
        full_html=content.full_html,
        is_automatic=automatic,
        cc=cc,
        bcc=list(bcc) or None,
        mentions=[user.pk for user in called.users] or None,
        created_at=clock.now(),
    )
    comment.delivery_state = delivery_at_first(comment)
    comment.save(force_insert=True)
    if files := list(attachments):
        comment.attachments.add(*files)
        mark_attached(files)
    let_follow(ticket, called.users)
    if ticket.first_responded_at is None and comment.author_user and not comment.is_internal:
        ticket.first_responded_at = comment.created_at
    touch(ticket, "first_responded_at")
    return comment


def _unknown_to_others(bcc: list[str], cc: list[str], ticket: Ticket) -> list[str]:
    """Without those who stand in the mail's open lines anyway."""
    copied = Q(contact__copied_into=ticket, contact__deleted_at=None)
    people = ContactEmail.objects.filter(Q(contact=ticket.contact_id) | copied, is_primary=True)
    known = {address.casefold() for address in cc}
    known |= set(people.filter(key__in=[address.casefold() for address in bcc]).values_list("key", flat=True))
    return [address for address in bcc if address.casefold() not in known]


def _facts(comment: Comment) -> dict[str, Any]:
    """`mentions`, where there are any, are the ids of those who were called."""
    return {"comment": comment.pk, **({"mentions": comment.mentions} if comment.mentions else {})}
