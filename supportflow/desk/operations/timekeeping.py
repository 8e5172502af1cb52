"""Time that people spend on tickets."""

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import clock, text
from supportflow.core.actors import Actor
from supportflow.core.door import lock, operation, record
from supportflow.core.errors import Forbidden, Invalid, Refused
from supportflow.desk.models import Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.relation_models import TimeEntry

MOST = 1000  # entries of one ticket
A_DAY = 1440  # minutes
LONGEST_NOTE = 250


@operation
def log_time(ticket: Ticket, minutes: int, note: str = "", *, by: Actor) -> TimeEntry:
    """`by` spent this time on the ticket."""
    by.must("ticket.update", ticket)
    if not isinstance(by, User):
        raise Forbidden("ticket.update")
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    if not 1 <= minutes <= A_DAY:
        raise Invalid({"minutes": _("Use whole minutes from 1 to %(most)s, which are a day.") % {"most": A_DAY}})
    note = text.line("note", note, most=LONGEST_NOTE, required=False)
    if ticket.time_entries.count() >= MOST:
        raise Refused("too_much_time", _("At most %(most)s entries fit on one ticket.") % {"most": MOST})
    entry = TimeEntry(ticket=ticket, user=by, minutes=minutes, note=note, created_at=clock.now())
    entry.save(force_insert=True)
    record("ticket.time_logged", ticket, by=by, meta=_facts(entry))
    return entry


@operation
def remove_time(entry: TimeEntry, *, by: Actor) -> None:
    """One's own; that of others is a supervisor's to take off."""
    by.must("ticket.update", entry.ticket)
    if not (isinstance(by, User) and entry.user_id == by.pk):
        by.must("time.remove")
    ticket = lock(entry.ticket)
    entry = lock(entry)
    facts = _facts(entry)
    entry.delete()
    record("ticket.time_removed", ticket, by=by, meta=facts)


def _facts(entry: TimeEntry) -> dict[str, object]:
    return {"entry": entry.pk, "user": entry.user_id, "minutes": entry.minutes, "note": entry.note}
