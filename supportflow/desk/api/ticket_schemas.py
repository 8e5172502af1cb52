from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import Field, WithJsonSchema
from pydantic.functional_validators import BeforeValidator

from supportflow.core.api.schemas import (
    BIGGEST_ID,
    UNSET,
    Custom,
    Id,
    In,
    Moment,
    Out,
    PageOut,
    Ref,
    Text,
    examples,
    told,
)
from supportflow.core.text import MAX_BODY
from supportflow.desk.filters import ticket_number
from supportflow.desk.models import Category, Channel, Priority, Status
from supportflow.desk.operations.cleaning import MAX_FURTHER_CONTACTS, MAX_SUBJECT
from supportflow.desk.queries import Around, NamedTicket, around, customer_of
from supportflow.fields.queries import slugs_of, whole
from supportflow.tags.api import TagOut

_NUMBER = {"type": "string", "pattern": "^([Tt]-)?[0-9]{1,18}$", "examples": ["T-0001"]}
_ID = {"type": "integer", "minimum": 1, "maximum": BIGGEST_ID}


def _number(value: Any) -> int:
    text = str(value) if type(value) is int else value
    number = ticket_number(text) if isinstance(text, str) else None
    if number is None:
        raise told("number", _("Write a number such as T-0001."))
    return number


# In a path "T-0001" or "1"; in a body 1 as well.
TicketNumber = Annotated[int, BeforeValidator(_number), WithJsonSchema(_NUMBER)]
AnyTicketNumber = Annotated[int, BeforeValidator(_number), WithJsonSchema({"anyOf": [_NUMBER, _ID]})]

_SENT = {
    "subject": "Unable to login",
    "contact_id": 1,
    "description": "I get *Invalid credentials* since this morning.",
    "priority": "HIGH",
    "category": "BUG",
    "tags": ["vip"],
}
_TICKET = {
    "id": 1,
    "number": "T-0001",
    "subject": "Unable to login",
    "description": "I get *Invalid credentials* since this morning.",
    "status": "OPEN",
    "priority": "HIGH",
    "category": "BUG",
    "channel": "EMAIL",
    "contact": {"id": 1, "name": "Sarah Johnson"},
    "further_contacts": [],
    "company": {"id": 1, "name": "Acme Corporation"},
    "assignee": {"id": 3, "name": "John Reyes"},
    "team": None,
    "created_by": {"id": 3, "name": "John Reyes"},
    "tags": [{"id": 4, "name": "vip", "color": "#b8860b"}],
    "due_at": None,
    "first_responded_at": None,
    "resolved_at": None,
    "closed_at": None,
    "reopened_count": 0,
    "custom": {},
    "created_at": "2026-05-01T09:00:00Z",
    "updated_at": "2026-05-01T12:00:00Z",
    "deleted_at": None,
    "url": "http://127.0.0.1:8000/tickets/T-0001",
}


class TicketRef(Out):
    """A ticket, by number and subject."""

    model_config = examples({"id": 1, "number": "T-0001", "subject": "Unable to login"})
    id: int
    number: str
    subject: str


class TicketOut(Out):
    """One customer request. `description` is the opening comment's text, as it was typed."""

    model_config = examples(_TICKET)
    id: int
    number: str
    subject: str
    description: str | None
    status: Status
    priority: Priority
    category: Category
    channel: Channel
    contact: Ref
    further_contacts: list[Ref]
    company: Ref | None
    assignee: Ref | None
    team: Ref | None
    created_by: Ref
    tags: list[TagOut]
    due_at: datetime | None
    first_responded_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    reopened_count: int
    custom: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    url: str

    @classmethod
    def all_of(cls, tickets: Sequence[NamedTicket]) -> list["TicketOut"]:
        """Tickets of `queries.with_names`, in four queries, however many."""
        slugs, near = slugs_of("ticket"), around(tickets)
        return [cls._of(ticket, near, slugs) for ticket in tickets]

    @classmethod
    def _of(cls, ticket: NamedTicket, near: Around, slugs: list[str]) -> "TicketOut":
        return cls(
            id=ticket.pk,
            number=ticket.number,
            subject=ticket.subject,
            description=near.openings.get(ticket.pk),
            status=Status(ticket.status),
            priority=Priority(ticket.priority),
            category=Category(ticket.category),
            channel=Channel(ticket.channel),
            contact=Ref(id=ticket.contact_id, name=customer_of(ticket)),
            further_contacts=[Ref(id=pk, name=name) for pk, name in near.further_contacts.get(ticket.pk, ())],
            company=_ref(ticket.company_id, ticket.company_name),
            assignee=_ref(ticket.assignee_id, ticket.assignee_name),
            team=_ref(ticket.team_id, ticket.team_name),
            created_by=Ref(id=ticket.created_by_id, name=ticket.created_by_name),
            tags=[TagOut(id=pk, name=name, color=color) for pk, name, color in near.tags.get(ticket.pk, ())],
            due_at=ticket.due_at,
            first_responded_at=ticket.first_responded_at,
            resolved_at=ticket.resolved_at,
            closed_at=ticket.closed_at,
            reopened_count=ticket.reopened_count,
            custom=whole(ticket.custom, slugs),
            created_at=ticket.created_at,
            updated_at=ticket.updated_at,
            deleted_at=ticket.deleted_at,
            url=settings.BASE_URL + ticket.get_absolute_url(),
        )


def _ref(pk: int | None, name: str | None) -> Ref | None:
    return None if pk is None or name is None else Ref(id=pk, name=name)


class TicketPage(PageOut[TicketOut]):
    model_config = examples({"items": [_TICKET], "next": None, "previous": None, "total": None})


class _TicketFields(In):
    company_id: Id | None = Field(default=None, description="Left out: the contact's company.")
    assignee_id: Id | None = None
    team_id: Id | None = None
    priority: Priority = Priority.MEDIUM
    category: Category = Category.QUESTION
    due_at: Moment | None = None
    tags: list[Text] = Field(default=[], max_length=50, description="Names; made where missing.")
    further_contact_ids: list[Id] = Field(default=[], max_length=MAX_FURTHER_CONTACTS)
    custom: Custom = {}


class TicketIn(_TicketFields):
    """A new ticket. `description` becomes the opening comment, in the contact's name."""

    model_config = examples(_SENT)
    subject: Text = Field(min_length=1, max_length=MAX_SUBJECT)
    contact_id: Id
    description: Text | None = Field(default=None, max_length=MAX_BODY, description="Markdown.")


class TicketPut(_TicketFields):
    """A ticket as it shall be. A `status` that is left out stays: it has its own table of moves."""

    model_config = examples({"subject": "Unable to login", "contact_id": 1, "priority": "URGENT", "status": "WAITING"})
    subject: Text = Field(min_length=1, max_length=MAX_SUBJECT)
    contact_id: Id
    status: Status = Field(default=UNSET)

    def whole(self) -> dict[str, Any]:
        """Every field at its default where it was not sent, but `status` and `company_id`."""
        own = {"status", "company_id"} - self.model_fields_set
        return self.model_dump(exclude=own)


class TicketPatch(_TicketFields):
    """The fields to change."""

    model_config = examples({"status": "WAITING", "assignee_id": 3})
    subject: Text = Field(default=UNSET, min_length=1, max_length=MAX_SUBJECT)
    contact_id: Id = Field(default=UNSET)
    status: Status = Field(default=UNSET)
