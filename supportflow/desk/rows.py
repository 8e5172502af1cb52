"""What the list of tickets shows of each: the arguments of `ticket_row` in templates/components/rows.html."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup

from supportflow.desk.models import SETTLED
from supportflow.desk.queries import NamedTicket, customer_of, tags_of
from supportflow.pages.times import when

TAGS_SHOWN = 3  # beside a subject
SOON = timedelta(days=1)


class Due(NamedTuple):
    told: Markup
    is_late: bool
    is_soon: bool


class Row(NamedTuple):
    """Equal ones look the same: the page remembers what it made of them."""

    id: int
    number: str
    subject: str
    tags: tuple[tuple[int, str, str], ...]  # id, name, colour
    status: str
    priority: str
    is_settled: bool
    customer: str
    company: str | None
    assignee: tuple[int, str] | None  # id, name
    due: Due | None
    updated: Markup


def rows_of(tickets: Iterable[NamedTicket], now: datetime) -> list[Row]:
    """One query, for the tags."""
    shown = list(tickets)
    tags = tags_of(ticket.pk for ticket in shown)
    return [
        Row(
            ticket.pk,
            ticket.number,
            ticket.subject,
            tuple(tags.get(ticket.pk, ())[:TAGS_SHOWN]),
            ticket.status,
            ticket.priority,
            ticket.status in SETTLED,
            customer_of(ticket),
            ticket.company_name,
            (ticket.assignee_id, ticket.assignee_name or "") if ticket.assignee_id else None,
            _due(ticket, now),
            when(ticket.updated_at, "age"),
        )
        for ticket in shown
    ]


def _due(ticket: NamedTicket, now: datetime) -> Due | None:
    if ticket.due_at is None:
        return None
    is_open = ticket.status not in SETTLED
    return Due(when(ticket.due_at), is_open and ticket.due_at < now, is_open and ticket.due_at < now + SOON)
