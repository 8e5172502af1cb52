"""What the operators' page shows: rows that failed or wait, counted no further than people read."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from supportflow.core import clock
from supportflow.core.models import Activity, Receipt
from supportflow.core.paging import bounded_count
from supportflow.core.reactions import names_of_reactions
from supportflow.core.tasks import react
from supportflow.desk.models import Comment, DeliveryState
from supportflow.jobs import queries as jobs
from supportflow.jobs.models import Job, Schedule
from supportflow.mail.account import Counts, last_account, of_the_last_day
from supportflow.mail.models import (
    InboundMail,
    InboundState,
    MailAccount,
    MailFolder,
    OutgoingMail,
    OutgoingState,
)

REACT = react.module_path
LATE = timedelta(minutes=2)  # the schedule comes round every half minute
RESTING = timedelta(minutes=10)  # a received mail is read in seconds

Rows = QuerySet[Any]

# Where a row can stand → the states it can be in, the one that a person must see to first.
STATES: dict[str, tuple[str, ...]] = {
    "mails": ("quarantined", "received"),
    "jobs": jobs.STATES,
    "reactions": jobs.STATES,
    "outgoing": ("failed", "queued", "bounced"),
}


def rows_in(where: str, state: str, kind: str = "") -> Rows:
    """`kind`: of jobs, the name of a task; empty is all."""
    if where == "mails":
        return _mails(state)
    if where == "outgoing":
        return _outgoing(state)
    rows = jobs.jobs_in(state)
    if where == "reactions":
        return rows.filter(task=REACT)
    return rows.filter(task=kind).exclude(task=REACT) if kind else rows.exclude(task=REACT)


def sort_in(where: str, state: str) -> tuple[str, str]:
    """(how the rows are sorted, the column): each an order that an index gives."""
    sort = {"mails": "received_at", "outgoing": "due_at" if state == "queued" else "-id"}.get(where)
    sort = sort or jobs.sort_of(state)
    return sort, sort.removeprefix("-")


def failed_rows(where: str, kind: str = "") -> Rows:
    """Those that can be tried again or discarded."""
    return rows_in(where, STATES[where][0], kind)


def _mails(state: str) -> Rows:
    wanted = {"quarantined": InboundState.QUARANTINED, "received": InboundState.RECEIVED}[state]
    return InboundMail.objects.filter(state=wanted)


def _outgoing(state: str) -> Rows:
    if state == "bounced":
        return Comment.objects.filter(delivery_state=DeliveryState.BOUNCED).select_related("ticket").defer(
            "body", "body_html", "body_text", "full_html"
        )  # fmt: skip
    wanted = {"failed": OutgoingState.FAILED, "queued": OutgoingState.QUEUED}[state]
    return OutgoingMail.objects.filter(state=wanted).defer("raw")


@dataclass(frozen=True)
class Owed:
    """A batch of activities and what is still owed to it."""

    activities: list[Activity]
    reactions: list[str]


def owed(found: list[Job]) -> dict[int, Owed]:
    """By job: its batch, and the reactions without a receipt. Two queries, whatever the number of jobs."""
    batches = {batch: job.pk for job in found if (batch := _batch_of(job))}
    by_batch: dict[str, list[Activity]] = {batch: [] for batch in batches}
    for activity in Activity.objects.filter(batch_id__in=list(batches)).order_by("id")[:1000]:
        by_batch[str(activity.batch_id)].append(activity)
    keys = [activity.pk for activities in by_batch.values() for activity in activities]
    given = set(Receipt.objects.filter(activity_id__in=keys).values_list("activity_id", "reaction"))
    return {
        batches[batch]: Owed(activities, _without_receipt(activities, given)) for batch, activities in by_batch.items()
    }


def _batch_of(job: Job) -> str:
    """Empty where the arguments are not what they should be: perhaps that is why it failed."""
    with suppress(ValueError, IndexError, AttributeError):
        return str(UUID(str(job.args[0])))
    return ""


def _without_receipt(activities: list[Activity], given: set[tuple[int, str]]) -> list[str]:
    missing = (
        name
        for activity in activities
        for name in names_of_reactions(activity.action)
        if (activity.pk, name) not in given
    )
    return list(dict.fromkeys(missing))


@dataclass(frozen=True)
class Standing:
    """How things stand: (where, state) → rows, counted up to a thousand."""

    counts: dict[tuple[str, str], int]
    workers: int
    beat: Schedule | None
    account: MailAccount | None  # what the daily check found
    today: Counts  # what became of the mails of the last 24 hours
    mailbox: MailFolder | None  # that of IMAP_URL, once it was looked at

    @property
    def asks_for_a_person(self) -> dict[str, int]:
        """What waits for somebody, by where it stands."""
        return {where: count for where in STATES if (count := self.counts[where, STATES[where][0]])}

    @property
    def late_since(self) -> datetime | None:
        """Since when no worker has looked at the clock; None when one does."""
        return self.beat.next_at if self.beat and self.beat.next_at < clock.now() - LATE else None

    @property
    def is_well(self) -> bool:
        asks = self.asks_for_a_person or self.unaccounted or (self.mailbox and self.mailbox.problem)
        return not asks and self.beat is not None and self.late_since is None

    @property
    def unaccounted(self) -> dict[str, int]:
        return self.account.problems if self.account else {}


def standing() -> Standing:
    counts = {
        (where, state): bounded_count(rows_in(where, state)) for where, states in STATES.items() for state in states
    }
    mailbox = MailFolder.objects.filter(name=settings.IMAP.name).first() if settings.IMAP else None
    return Standing(counts, len(jobs.working()), jobs.next_beat(), last_account(), of_the_last_day(), mailbox)
