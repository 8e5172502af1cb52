"""One change of many tickets: each by its own named operation, with an Activity of its own, in one batch."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core.actors import Actor
from supportflow.core.bulk import Outcome, each
from supportflow.core.door import lock_all, operation
from supportflow.core.errors import Invalid
from supportflow.desk.models import Reading, Ticket
from supportflow.desk.operations.editing import edit_ticket
from supportflow.desk.operations.marks import stay_read
from supportflow.desk.operations.merging import merge_ticket
from supportflow.desk.operations.snoozing import refuse_moment, snooze_ticket, wake_ticket
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


@operation
def snooze_tickets(tickets: Iterable[Ticket], until: datetime, *, by: User) -> Outcome[Ticket]:
    """Puts each off, for `by` alone. A moment that is none is refused at once."""
    by.must("ticket.update")
    refuse_moment(until)
    rows = list(tickets)
    before = dict(Reading.objects.filter(ticket__in=rows, user=by).values_list("ticket", "snoozed_until"))
    return each(rows, lambda ticket: snooze_ticket(ticket, until, by=by).snoozed_until != before.get(ticket.pk))


@operation
def wake_tickets(tickets: Iterable[Ticket], *, by: User) -> Outcome[Ticket]:
    """Brings back those that `by` has put off."""
    by.must("ticket.update")
    rows = list(tickets)
    asleep = Reading.objects.filter(ticket__in=rows, user=by, snoozed_until__isnull=False)
    mine = {row.ticket_id: row for row in asleep.select_related("ticket", "user")}

    def act(ticket: Ticket) -> bool:
        wake_ticket(mine[ticket.pk], by=by)
        return True

    return each([ticket for ticket in rows if ticket.pk in mine], act)


@operation
def merge_tickets(tickets: Iterable[Ticket], target: Ticket, *, by: Actor) -> Outcome[Ticket]:
    """Each but the target itself becomes a part of it, or is named with the reason why not."""
    by.must("ticket.merge", target)
    others = [ticket for ticket in tickets if ticket.pk != target.pk]
    if not others:
        raise Invalid({"ticket": _("Choose at least two tickets to merge.")})
    lock_all([*others, target])  # all in one order: each merge locks its pair again
    return each(others, lambda ticket: merge_ticket(ticket, target, by=by).pk == target.pk)


def _each(tickets: Iterable[Ticket], act: Callable[[Ticket], bool], by: Actor) -> Outcome[Ticket]:
    outcome = each(tickets, act)
    if isinstance(by, User):
        stay_read(outcome.done, by)
    return outcome
