"""A user puts a ticket off until a moment; it comes back unread, at that time or when the customer answers."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.door import lock, operation, record
from supportflow.core.errors import Invalid, NotFound
from supportflow.desk.models import Reading, Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.marks import mark_of

LONGEST = timedelta(days=366)


@operation
def snooze_ticket(ticket: Ticket, until: datetime, *, by: User) -> Reading:
    """For `by` alone. Snoozed again, the later word counts."""
    from supportflow.desk.tasks import wake  # the task calls back into this module

    by.must("ticket.update", ticket)
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    refuse_moment(until)
    mine = lock(mark_of(ticket, by))
    if mine.snoozed_until != until:
        mine.snoozed_until = until
        mine.save(update_fields=["snoozed_until"])
        record("ticket.snoozed", ticket, by=by, meta={"user": by.pk, "name": by.name, "until": until})
        wake.using(run_after=until).enqueue(mine.pk)
    return mine


def refuse_moment(until: datetime) -> None:
    if timezone.is_naive(until):
        raise Invalid({"until": _("Write the time with its zone, like 2026-05-01T12:00:00Z.")})
    if not clock.now() < until <= clock.now() + LONGEST:
        raise Invalid({"until": _("Choose a time in the future, within a year.")})


@operation
def wake_ticket(reading: Reading, why: str = "hand", *, by: Actor) -> None:
    """Snoozed no more, and unread for who snoozed it. `why`: "hand", "time" or "answer". Quiet when it is awake."""
    reading = lock(reading)
    if reading.snoozed_until is None:
        return
    ticket, user = reading.ticket, reading.user
    by.must("ticket.update", ticket)
    if isinstance(by, User) and by.pk != user.pk:
        raise NotFound  # what others put off is theirs
    reading.snoozed_until = None
    # Since just before the newest thing that happened there, so that this is what the page opens at.
    unread = ticket.updated_at - timedelta(microseconds=1)
    reading.seen_at = min(reading.seen_at or unread, unread)
    reading.save(update_fields=["snoozed_until", "seen_at"])
    record("ticket.woken", ticket, by=by, meta={"user": user.pk, "name": user.name, "why": why})
