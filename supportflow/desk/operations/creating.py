"""A ticket begins."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import EllipsisType
from typing import Any

from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import user_or_invalid
from supportflow.core import clock, text
from supportflow.core.actors import Actor
from supportflow.core.door import operation, record
from supportflow.crm.models import Contact
from supportflow.crm.operations.companies import company_or_invalid
from supportflow.desk.content import Content
from supportflow.desk.models import Category, Channel, Comment, Mailbox, Priority, Ticket, Visibility
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.conversation import delivery_at_first
from supportflow.fields.operations import clean_custom
from supportflow.files.models import Attachment
from supportflow.files.operations import mark_attached
from supportflow.tags.operations import tags_by_name


@operation
def create_ticket(
    subject: str,
    contact: Contact,
    content: Content | None = None,
    *,
    channel: str = Channel.WEB,
    priority: str = Priority.MEDIUM,
    category: str = Category.QUESTION,
    company_id: int | None = None,
    assignee_id: int | None = None,
    team_id: int | EllipsisType | None = ...,
    due_at: datetime | None = None,
    tags: Iterable[str] = (),
    further_contact_ids: Iterable[int] = (),
    custom: Mapping[str, Any] | None = None,
    attachments: Iterable[Attachment] = (),
    cc: Iterable[str] = (),
    outbound: bool = False,
    automatic: bool = False,
    mailbox: Mailbox | None = None,
    follow_up_of: Ticket | None = None,
    claims_to_answer: Ticket | None = None,
    by: Actor,
) -> Ticket:
    """One customer request. `content` becomes the opening comment: the contact's, or `by`'s when `outbound`.

    Where `team_id` is not given, the mailbox's team takes it.

    Writes one `ticket.created`, whose metadata names the comment. Raises Invalid by field.
    """
    by.must("ticket.create", contact)
    further = cleaning.further_contacts(further_contact_ids, contact.pk)
    company = company_or_invalid(company_id)
    now = clock.now()
    ticket = Ticket(
        subject=cleaning.subject(subject),
        contact=contact,
        company_id=company.pk if company else contact.company_id,
        company_is_set=company is not None,
        assignee=user_or_invalid(assignee_id, "assignee_id"),
        team=_team(team_id, mailbox, by),
        created_by=by if isinstance(by, User) else User.objects.system(),
        mailbox=mailbox,
        channel=text.one_of("channel", channel, Channel),
        priority=text.one_of("priority", priority, Priority),
        category=text.one_of("category", category, Category),
        due_at=cleaning.due_at(due_at),
        is_outbound=outbound and isinstance(by, User),
        follow_up_of=follow_up_of,
        claims_to_answer=claims_to_answer,
        custom=clean_custom("ticket", custom or {}),
        created_at=now,
        updated_at=now,
    )
    cleaning.refuse_assignee(ticket, ticket.assignee)
    labels = tags_by_name(tags, by=by)
    # Last: a number that a refusal takes back is never given again on PostgreSQL.
    ticket.save(force_insert=True)
    ticket.further_contacts.add(*further)
    ticket.tags.add(*labels)
    comment = _open_conversation(ticket, content, list(attachments), list(cc), automatic, by) if content else None
    record("ticket.created", ticket, by=by, meta=_facts(ticket, comment))
    return ticket


def _open_conversation(
    ticket: Ticket, content: Content, attachments: list[Attachment], cc: list[str], automatic: bool, by: Actor
) -> Comment:
    author: dict[str, Any] = {"author_type": "contact", "author_contact": ticket.contact}
    if ticket.is_outbound:
        author = {"author_type": "user", "author_user": by}
    comment = Comment(
        ticket=ticket,
        visibility=Visibility.PUBLIC,
        body=content.source,
        body_html=content.html,
        body_text=content.text,
        full_html=content.full_html,
        is_opening=True,
        is_automatic=automatic,
        cc=cleaning.addresses("cc", cc),
        created_at=ticket.created_at,
        **author,
    )
    # The customer's own words are never mailed back.
    comment.delivery_state = delivery_at_first(comment)
    comment.save(force_insert=True)
    if attachments:
        comment.attachments.add(*attachments)
        mark_attached(attachments)
    return comment


def _facts(ticket: Ticket, comment: Comment | None) -> dict[str, Any]:
    return {
        "subject": ticket.subject,
        "channel": ticket.channel,
        "comment": comment.pk if comment else None,
        "assignee": ticket.assignee.name if ticket.assignee else None,
        "outbound": ticket.is_outbound,
    }


def _team(team_id: int | EllipsisType | None, mailbox: Mailbox | None, by: Actor) -> Team | None:
    if isinstance(team_id, EllipsisType):
        return mailbox.team if mailbox else None
    return cleaning.team(team_id, by)
