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
    category: str
    channel: str
    is_settled: bool
    customer: str
    company: str | None
    assignee: tuple[int, str] | None  # id, name
    due: Due | None
    team: str | None
    created: Markup
    updated: Markup
    is_unread: bool
    is_starred: bool
    snoozed: Markup | None  # until when


def rows_of(tickets: Sequence[ListedTicket], now: datetime, here_since: datetime) -> list[Row]:
    """One query, for the tags. What happened before `here_since`, when the reader came, is no news to them."""
    tags, when = tags_of(ticket.pk for ticket in tickets), teller()
    return [
        Row(
            ticket.pk,
            number_of(ticket.pk),
            ticket.subject,
            tuple(tags.get(ticket.pk, ())[:TAGS_SHOWN]),
            ticket.status,
            ticket.priority,
            ticket.category,
            ticket.channel,
            ticket.status in SETTLED,
            customer_of(ticket),
            ticket.company_name,
            (ticket.assignee_id, ticket.assignee_name or "") if ticket.assignee_id else None,
            _due(ticket.due_at, ticket.status, now, when) if ticket.due_at else None,
            ticket.team_name,
            when(ticket.created_at, "age"),
            when(ticket.updated_at, "age"),
            ticket.updated_at > (ticket.seen_at or here_since),
            bool(ticket.is_starred),
            when(ticket.snoozed_until, "clock") if ticket.snoozed_until else None,
        )
        for ticket in tickets
    ]


def _due(at: datetime, status: str, now: datetime, when: Callable[[datetime, str], Markup]) -> Due:
    is_open = status not in SETTLED
    return Due(when(at, "clock"), is_open and at < now, is_open and at < now + SOON)
