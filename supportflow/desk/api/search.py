from collections.abc import Iterable
from typing import Any, Literal

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import json_answer, params_of
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import Out, PageOut, examples
from supportflow.core.filtering import Reader
from supportflow.crm.filters import CompanyFilter, ContactFilter
from supportflow.crm.models import Company, Contact
from supportflow.desk.filters import TicketFilter, ticket_number
from supportflow.desk.models import Ticket

search = Routes("Search")
MOST = 20  # of each kind
_FOUND = {
    "type": "ticket",
    "id": 1,
    "number": "T-0001",
    "name": "Unable to login",
    "url": "http://127.0.0.1:8000/tickets/T-0001",
}


class FoundOut(Out):
    """A ticket, contact or company. `name` is a ticket's subject; `number` is a ticket's alone."""

    model_config = examples(_FOUND)
    type: Literal["ticket", "contact", "company"]
    id: int
    number: str | None = Field(description="null but for tickets.")
    name: str
    url: str


class FoundPage(PageOut[FoundOut]):
    """At most 20 of each kind, the ticket of that number first, then tickets, contacts and companies, newest first."""

    model_config = examples({"items": [_FOUND], "next": None, "previous": None, "total": None})


@search.list(
    "",
    FoundPage,
    op="search",
    summary="Search tickets, contacts and companies",
    params=[parameters.q("A ticket's number, an exact address, or words of a subject or name.", required=True)],
)
def get_search(request: ApiRequest) -> HttpResponse:
    """What lies in the trash is not found."""
    read = Reader(params_of(request))
    q = read.q()
    if not q:
        read.errors.setdefault("q", _("Say what to search for."))
    read.done()
    return json_answer(FoundPage(items=list(_found(q, request)), next=None, previous=None, total=None))


def _found(q: str, request: ApiRequest) -> Iterable[FoundOut]:
    actor = request.actor
    tickets = TicketFilter(q=q).apply(Ticket.objects.visible_to(actor), actor).order_by("-updated_at", "-pk")
    exact = list(tickets.filter(pk=number)) if (number := ticket_number(q)) else []
    others = [ticket for ticket in tickets[:MOST] if ticket not in exact]
    for ticket in [*exact, *others][:MOST]:
        yield _item("ticket", ticket, ticket.subject, ticket.number)
    contacts = ContactFilter(q=q).apply(Contact.objects.visible_to(actor), actor)
    for contact in contacts.order_by("-updated_at", "-pk")[:MOST]:
        yield _item("contact", contact, contact.name)
    companies = CompanyFilter(q=q).apply(Company.objects.visible_to(actor), actor)
    for company in companies.order_by("-updated_at", "-pk")[:MOST]:
        yield _item("company", company, company.name)


def _item(kind: Literal["ticket", "contact", "company"], row: Any, name: str, number: str | None = None) -> FoundOut:
    return FoundOut(type=kind, id=row.pk, number=number, name=name, url=settings.BASE_URL + row.get_absolute_url())
