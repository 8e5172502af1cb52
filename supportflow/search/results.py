"""What is shown of what was found: fetched with the rights of whoever looks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup

from supportflow.accounts.models import User
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Comment, Ticket, Visibility, number_of
from supportflow.desk.queries import customer_of, readable_comments, with_names
from supportflow.search.finding import Hit
from supportflow.search.models import Kind
from supportflow.search.snippets import marks, snippet
from supportflow.search.wanted import Wanted

Scores = dict[int, float]


@dataclass(frozen=True)
class Result:
    """`name` is a subject or a name as it is, `title` the same with what was found marked."""

    kind: Kind
    pk: int
    url: str
    name: str
    title: Markup
    snippet: Markup
    at: datetime
    number: str | None = None  # of the ticket
    status: str = ""
    is_internal: bool = False
    score: float = 0.0
    facts: Sequence[Markup] = field(default_factory=tuple)

    @property
    def type(self) -> str:
        return self.kind.name.lower()


def results(hits: Sequence[Hit], wanted: Wanted, actor: User) -> list[Result]:
    """In the order of the hits; what went away meanwhile is left out."""
    found: dict[tuple[Kind, int], Result] = {}
    scores: dict[Kind, Scores] = {kind: {hit.pk: hit.score for hit in hits if hit.kind == kind} for kind in Kind}
    for kind, fetch in _FETCHED.items():
        if scores[kind]:
            found |= {(kind, result.pk): result for result in fetch(scores[kind], wanted, actor)}
    if scores[Kind.TICKET]:
        _open(found, wanted, scores)
    return [found[hit.kind, hit.pk] for hit in hits if (hit.kind, hit.pk) in found]


def _open(found: dict[tuple[Kind, int], Result], wanted: Wanted, scores: dict[Kind, Scores]) -> None:
    """A ticket is shown with its first words, unless these are a result of their own."""
    openings = Comment.objects.filter(ticket__in=scores[Kind.TICKET], is_opening=True)
    for pk, ticket, text in openings.values_list("pk", "ticket_id", "body_text"):
        if pk not in scores[Kind.COMMENT] and (row := found.get((Kind.TICKET, ticket))):
            found[Kind.TICKET, ticket] = replace(row, snippet=snippet(text, wanted))


def _tickets(scores: Scores, wanted: Wanted, actor: User) -> Iterable[Result]:
    rows = with_names(Ticket.objects.visible_to(actor).alive().filter(pk__in=scores))
    for row in rows:
        yield Result(
            Kind.TICKET,
            row.pk,
            row.get_absolute_url(),
            row.subject,
            marks(row.subject, wanted),
            Markup(),
            row.updated_at,
            row.number,
            row.status,
            score=scores[row.pk],
            facts=_told(wanted, customer_of(row), row.company_name),
        )


def _comments(scores: Scores, wanted: Wanted, actor: User) -> Iterable[Result]:
    """Tuples: rows of the models, four for each comment, would take three times as long."""
    columns = ("pk", "ticket_id", "ticket__subject", "ticket__status", "visibility", "body_text", "created_at")
    authors = ("author_user__name", "author_contact__first_name", "author_contact__last_name")
    rows = readable_comments(actor).filter(pk__in=scores, ticket__deleted_at=None)
    for pk, ticket, subject, status, visibility, text, at, user, first, last in rows.values_list(*columns, *authors):
        yield Result(
            Kind.COMMENT,
            pk,
            f"/tickets/{number_of(ticket)}#comment-{pk}",
            subject,
            marks(subject, wanted),
            snippet(text, wanted),
            at,
            number_of(ticket),
            status,
            visibility == Visibility.INTERNAL,
            scores[pk],
            _told(wanted, user or f"{first or ''} {last or ''}".strip() or "SupportFlow"),
        )


def _contacts(scores: Scores, wanted: Wanted, actor: User) -> Iterable[Result]:
    rows = Contact.objects.visible_to(actor).alive().filter(pk__in=scores)
    for row in rows.select_related("company").prefetch_related("emails"):
        addresses = [email.address for email in row.emails.all()]
        company = row.company.name if row.company else ""
        yield _customer(
            Kind.CONTACT,
            row,
            wanted,
            scores,
            [company, row.title, *addresses, row.phone, row.department, row.city],
            row.notes,
        )


def _companies(scores: Scores, wanted: Wanted, actor: User) -> Iterable[Result]:
    rows = Company.objects.visible_to(actor).alive().filter(pk__in=scores)
    for row in rows.prefetch_related("domains"):
        domains = [domain.domain for domain in row.domains.all()]
        yield _customer(Kind.COMPANY, row, wanted, scores, [*domains, row.industry, row.website])


def _customer(
    kind: Kind, row: Contact | Company, wanted: Wanted, scores: Scores, facts: Iterable[str], notes: str = ""
) -> Result:
    texts = [notes, *(value for value in row.custom.values() if isinstance(value, str))]
    said = [told for text in texts if "<mark>" in (told := snippet(text, wanted))]
    return Result(
        kind,
        row.pk,
        row.get_absolute_url(),
        row.name,
        marks(row.name, wanted),
        said[0] if said else Markup(),
        row.updated_at,
        score=scores[row.pk],
        facts=_told(wanted, *facts),
    )


def _told(wanted: Wanted, *facts: str | None) -> list[Markup]:
    """At most four, those in which something was found before others."""
    told = [marks(fact, wanted) for fact in facts if fact]
    return sorted(told, key=lambda fact: "<mark>" not in fact)[:4]


_FETCHED: dict[Kind, Callable[[Scores, Wanted, User], Iterable[Any]]] = {
    Kind.TICKET: _tickets,
    Kind.COMMENT: _comments,
    Kind.CONTACT: _contacts,
    Kind.COMPANY: _companies,
}
