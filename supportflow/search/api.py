from collections.abc import Iterable
from typing import Literal

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import json_answer, params_of
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import Out, PageOut, examples
from supportflow.core.errors import Invalid
from supportflow.core.filtering import Reader
from supportflow.core.text import tidy_line
from supportflow.desk.api.ticket_schemas import TicketNumber, TicketRef
from supportflow.desk.api.tickets import ticket_seen, tickets
from supportflow.search.finding import Hit, find
from supportflow.search.language import parse
from supportflow.search.models import Kind
from supportflow.search.results import Result, results
from supportflow.search.similar import similar_to

search = Routes("Search")
MOST = 50
TYPES = {kind.name.lower(): kind for kind in Kind}
_FOUND = {
    "type": "ticket",
    "id": 1,
    "number": "T-0001",
    "name": "Unable to login",
    "url": "http://127.0.0.1:8000/tickets/T-0001",
    "snippet": "I cannot <mark>sign</mark> <mark>in</mark>.",
    "score": 3.21,
}


class FoundOut(Out):
    """A ticket, comment, contact or company. `name` is the subject of a ticket, and of a comment's ticket."""

    model_config = examples(_FOUND)
    type: Literal["ticket", "comment", "contact", "company"]
    id: int
    number: str | None = Field(description="Of the ticket, or of the comment's ticket; else null.")
    name: str
    url: str
    snippet: str = Field(description="HTML: escaped text in which what was found stands in mark elements.")
    score: float = Field(description="Higher is better; comparable within one answer.")


class FoundPage(PageOut[FoundOut]):
    """The best 50, the ticket of that number first."""

    model_config = examples({"items": [_FOUND], "next": None, "previous": None, "total": None})


@search.list(
    "",
    FoundPage,
    op="search",
    summary="Search tickets, comments, contacts and companies",
    params=[
        parameters.q("As in the search box: words, phrases and filters (docs/search.md).", required=True),
        parameters.one_of("type", TYPES, "What is searched."),
    ],
)
def get_search(request: ApiRequest) -> HttpResponse:
    """What lies in the trash is not found."""
    read = Reader(params_of(request))
    q, types = tidy_line(read.q()), read.members("type", TYPES)
    if not q:
        read.errors.setdefault("q", _("Say what to search for."))
    read.done()
    hits = list(_hits(q, types, request))[:MOST]
    return json_answer(FoundPage(items=hits, next=None, previous=None, total=None))


def _hits(q: str, types: tuple[str, ...], request: ApiRequest) -> Iterable[FoundOut]:
    found = find(parse(q), request.actor)
    if faults := found.narrowed.faults:
        raise Invalid(
            {"q": " ".join(f"{fault.part}: {fault.message}" if fault.part else fault.message for fault in faults)}
        )
    kinds = {TYPES[name] for name in types} or set(Kind)
    hits: list[Hit] = [hit for hit in found.hits if hit.kind in kinds][:MOST]
    return map(_item, results(hits, found.wanted, request.actor))


def _item(result: Result) -> FoundOut:
    return FoundOut(
        type=result.type,  # type: ignore[arg-type]  # one of these by its kind
        id=result.pk,
        number=result.number,
        name=result.name,
        url=settings.BASE_URL + result.url,
        snippet=str(result.snippet),
        score=round(result.score, 3),
    )


class SimilarOut(Out):
    """Tickets whose words are like another one's, the most alike first."""

    model_config = examples({"items": [{"id": 2, "number": "T-0002", "subject": "Login broken"}]})
    items: list[TicketRef]


@tickets.get("/{number}/similar", SimilarOut, op="ticket_similar", summary="Find tickets that are like a ticket")
def get_similar(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    """At most five, of those that share half of the subject's words."""
    rows = similar_to(ticket_seen(request, number), request.actor)
    return json_answer(SimilarOut(items=[TicketRef(id=row.pk, number=row.number, subject=row.subject) for row in rows]))
