"""What the list of tickets shows of each: the arguments of `ticket_row` in templates/components/rows.html."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup

from supportflow.desk.models import SETTLED, number_of
from supportflow.desk.queries import ListedTicket, customer_of, tags_of
from supportflow.pages.times import teller

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


def rows_of(tickets: Sequence[ListedTicket], now: datetime) -> list[Row]:
    """One query, for the tags."""
    tags, when = tags_of(ticket.pk for ticket in tickets), teller()
    return [
        Row(
            ticket.pk,
            number_of(ticket.pk),
            ticket.subject,
            tuple(tags.get(ticket.pk, ())[:TAGS_SHOWN]),
            ticket.status,
            ticket.priority,
            ticket.status in SETTLED,
            customer_of(ticket),
            ticket.company_name,
            (ticket.assignee_id, ticket.assignee_name or "") if ticket.assignee_id else None,
            _due(ticket.due_at, ticket.status, now, when) if ticket.due_at else None,
            when(ticket.updated_at, "age"),
        )
        for ticket in tickets
    ]


def _due(at: datetime, status: str, now: datetime, when: Callable[[datetime, str], Markup]) -> Due:
    is_open = status not in SETTLED
    return Due(when(at, "clock"), is_open and at < now, is_open and at < now + SOON)
