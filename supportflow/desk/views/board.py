"""The list of tickets as a board: a lane for each status."""

from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.paging import page
from supportflow.core.prepared import Question
from supportflow.desk.filters import TICKET_SORTS, TicketFilter
from supportflow.desk.models import Status, Ticket, TicketQuerySet
from supportflow.desk.queries import ListedTicket, for_list
from supportflow.desk.rows import Row, rows_of

CARDS = 50  # in one lane


class Lane(NamedTuple):
    status: Status
    rows: list[Row]
    has_more: bool


def lanes(wanted: TicketFilter, fitting: Question[Ticket], sort: str, user: User) -> list[Lane]:
    """What fits the filters, by status: one query for each lane and one for all tags.

    fitting -- the tickets of all statuses that are wanted
    """
    found = {status: _first(_of_status(status, wanted, fitting, user), sort, user) for status in _asked(wanted)}
    rows = iter(rows_of([ticket for items, _more in found.values() for ticket in items], clock.now(), user.created_at))
    return [Lane(status, list(islice(rows, len(items))), more) for status, (items, more) in found.items()]


def _of_status(status: Status, wanted: TicketFilter, fitting: Question[Ticket], user: User) -> Question[Ticket]:
    if fitting.key is None:  # what it took to find them was asked already
        rows = fitting.build()
        assert isinstance(rows, TicketQuerySet)
        return Question.about(rows.with_status([status]))
    return replace(wanted, status=(status,), not_status=()).question(user)


def _first(rows: Question[Ticket], sort: str, user: User) -> tuple[list[ListedTicket], bool]:
    first = page(rows, sort=sort, allowed=TICKET_SORTS, limit=CARDS, shown=for_list, given=[user.pk])
    return first.items, first.next is not None


def _asked(wanted: TicketFilter) -> list[Status]:
    """The statuses that are asked for; all but CLOSED, which only grows, where none is named."""
    if wanted.status:
        return [status for status in Status if status in wanted.status]
    return [status for status in Status if status not in (wanted.not_status or (Status.CLOSED,))]
