"""What stands in the index for each ticket, comment, contact and company, read from the rows themselves."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from supportflow.crm.models import Company, CompanyDomain, Contact, ContactEmail
from supportflow.desk.models import Comment, DeliveryState, Ticket, Visibility
from supportflow.desk.queries import tags_of
from supportflow.search.folding import words
from supportflow.search.models import Document, Kind, key_of

MODELS: dict[Kind, type[Model]] = {
    Kind.TICKET: Ticket,
    Kind.COMMENT: Comment,
    Kind.CONTACT: Contact,
    Kind.COMPANY: Company,
}
# Of one document. PostgreSQL's tsvector has room for a megabyte, which these never fill.
MOST_BYTES = 300_000
MOST_CHARACTERS = 400_000


def documents_of(kind: Kind, pks: Sequence[int]) -> list[Document]:
    """As they should be, in the order of their keys; there is none for what is gone."""
    return _MADE[kind](sorted(pks)) if pks else []


def next_pks(kind: Kind, after: int, most: int) -> list[int]:
    rows: QuerySet[Any] = MODELS[kind]._base_manager.filter(pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:most])


def _document(
    kind: Kind,
    pk: int,
    written_at: datetime,
    title: str,
    parts: Iterable[str] = (),
    *,
    ticket: int | None = None,
    is_internal: bool = False,
) -> Document:
    return Document(
        id=key_of(kind, pk),
        kind=kind.value,
        object_id=pk,
        ticket_id=ticket,
        is_internal=is_internal,
        written_at=written_at,
        title=_folded(title),
        body=_folded("\n".join(part for part in parts if part)),
    )


def _folded(text: str) -> str:
    folded = " ".join(words(text[:MOST_CHARACTERS]))
    if len(folded) * 4 <= MOST_BYTES or len(encoded := folded.encode()) <= MOST_BYTES:
        return folded
    return encoded[:MOST_BYTES].decode(errors="ignore").rpartition(" ")[0]


def _tickets(pks: list[int]) -> list[Document]:
    columns = ("pk", "subject", "created_at", "contact_id", "contact__first_name", "contact__last_name")
    rows = list(Ticket.objects.filter(pk__in=pks).order_by("pk").values_list(*columns))
    tags, addresses = tags_of(pks), _addresses_of({row[3] for row in rows})
    return [
        _document(
            Kind.TICKET,
            pk,
            created_at,
            subject,
            [f"{first} {last}", *addresses[contact], *(name for _pk, name, _color in tags.get(pk, ()))],
            ticket=pk,
        )
        for pk, subject, created_at, contact, first, last in rows
    ]


def _comments(pks: list[int]) -> list[Document]:
    """Not those that wait for their undo-send time: nobody reads them yet."""
    rows = Comment.objects.filter(pk__in=pks).exclude(delivery_state=DeliveryState.HELD).order_by("pk")
    return [
        _document(
            Kind.COMMENT, pk, created_at, "", [text], ticket=ticket, is_internal=visibility == Visibility.INTERNAL
        )
        for pk, ticket, visibility, created_at, text in rows.values_list(
            "pk", "ticket_id", "visibility", "created_at", "body_text"
        )
    ]


def _contacts(pks: list[int]) -> list[Document]:
    rows = Contact.objects.filter(pk__in=pks).order_by("pk").select_related("company")
    addresses = _addresses_of(pks)
    return [
        _document(
            Kind.CONTACT,
            row.pk,
            row.created_at,
            row.name,
            [
                *addresses[row.pk],
                row.phone,
                # As one number too: people write it with other gaps.
                "".join(digit for digit in row.phone if digit.isdigit()),
                row.title,
                row.department,
                row.company.name if row.company else "",
                row.city,
                row.notes,
                *_texts(row.custom),
            ],
        )
        for row in rows
    ]


def _companies(pks: list[int]) -> list[Document]:
    domains: dict[int, list[str]] = defaultdict(list)
    for company, domain in (
        CompanyDomain.objects.filter(company__in=pks).order_by("pk").values_list("company_id", "domain")
    ):
        domains[company].append(domain)
    return [
        _document(
            Kind.COMPANY,
            row.pk,
            row.created_at,
            row.name,
            [*domains[row.pk], row.website, row.industry, *_texts(row.custom)],
        )
        for row in Company.objects.filter(pk__in=pks).order_by("pk")
    ]


_MADE: dict[Kind, Callable[[list[int]], list[Document]]] = {
    Kind.TICKET: _tickets,
    Kind.COMMENT: _comments,
    Kind.CONTACT: _contacts,
    Kind.COMPANY: _companies,
}


def _addresses_of(contacts: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for contact, address in ContactEmail.objects.filter(contact__in=contacts).values_list("contact_id", "address"):
        found[contact].append(address)
    return found


def _texts(custom: dict[str, Any]) -> list[str]:
    return [value for value in custom.values() if isinstance(value, str)]
