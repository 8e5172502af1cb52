"""One change of many tickets: each by its own named operation, with an Activity of its own, in one batch."""

from collections.abc import Callable, Iterable
from typing import Any

from supportflow.accounts.models import User
from supportflow.core.actors import Actor
from supportflow.core.bulk import Outcome, each
from supportflow.core.door import operation
from supportflow.desk.models import Ticket
from supportflow.desk.operations.editing import edit_ticket
from supportflow.desk.operations.marks import stay_read
from supportflow.desk.operations.trash import restore_ticket, trash_ticket
from supportflow.tags.operations import tags_by_name


@operation
def edit_tickets(
    tickets: Iterable[Ticket],
    *,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
    by: Actor,
    **values: Any,
) -> Outcome[Ticket]:
    """`edit_ticket` with the same values on each; tags are added to and taken from those that it has."""
    by.must("ticket.update")
    added = [tag.name for tag in tags_by_name(list(add_tags), by=by)]
    removed = {name.strip().casefold() for name in remove_tags}

    def act(ticket: Ticket) -> bool:
        wanted = dict(values)
        if added or removed:
            names = [*ticket.tags.values_list("name", flat=True), *added]
            wanted["tags"] = [name for name in dict.fromkeys(names) if name.casefold() not in removed]
        return edit_ticket(ticket, by=by, **wanted).version != ticket.version

    return _each(tickets, act, by)


@operation
def trash_tickets(tickets: Iterable[Ticket], *, by: Actor) -> Outcome[Ticket]:
    by.must("ticket.trash")
    return _each(tickets, lambda ticket: trash_ticket(ticket, by=by).version != ticket.version, by)


@operation
def restore_tickets(tickets: Iterable[Ticket], *, by: Actor) -> Outcome[Ticket]:
    by.must("ticket.trash")
    return _each(tickets, lambda ticket: restore_ticket(ticket, by=by).version != ticket.version, by)


def _each(tickets: Iterable[Ticket], act: Callable[[Ticket], bool], by: Actor) -> Outcome[Ticket]:
    outcome = each(tickets, act)
    if isinstance(by, User):
        stay_read(outcome.done, by)
    return outcome
