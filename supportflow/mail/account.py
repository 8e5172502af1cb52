"""What became of every mail that ever came: numbers that add up, and the mails that stand in none of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Case, CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When

from supportflow.core import clock
from supportflow.core.models import Activity
from supportflow.desk.models import Comment
from supportflow.mail.models import FetchState, FolderMail, InboundMail, InboundState, MailAccount
from supportflow.mail.operations import note_account

TOO_LONG = timedelta(hours=1)  # until a mail is read, or fetched
AT_ONCE = 5000  # mails of one query
TOLD = 5  # examples of a problem
log = structlog.get_logger("supportflow.mail")


class Outcome(StrEnum):
    """Each mail stands in one of these. LOST is the rest, which should be empty."""

    TICKET = "TICKET"  # it opened a ticket
    ADDED = "ADDED"  # it became a comment of a ticket that was there
    NOTED = "NOTED"  # a bounce: noted where it belongs, no comment
    PURGED = "PURGED"  # its ticket was deleted for good since
    DUPLICATE = "DUPLICATE"
    DISCARDED = "DISCARDED"
    QUARANTINED = "QUARANTINED"
    RECEIVED = "RECEIVED"
    LOST = "LOST"


class Problem(StrEnum):
    LOST = "LOST"  # counted as read, and there is no comment of it
    UNREAD = "UNREAD"  # in no final state for too long
    UNFETCHED = "UNFETCHED"  # seen on the IMAP server, not stored for too long
    PASSED_OVER = "PASSED_OVER"  # on the IMAP server and not even noted


Counts = dict[str, int]
Mails = QuerySet[Any]  # of InboundMail, with what is annotated


def outcomes(mails: Mails) -> Counts:
    """How many of these stand where; a copy that came again is a duplicate. One query."""
    found = with_outcome(mails).values("outcome").annotate(mails=Count("pk"), again=Sum("copies")).order_by()
    counts: Counter[str] = Counter()
    for row in found:
        counts[row["outcome"]] += row["mails"]
        counts[Outcome.DUPLICATE.value] += row["again"] or 0
    return {outcome.value: counts[outcome] for outcome in Outcome}


def with_outcome(mails: Mails) -> Mails:
    opening = Comment.objects.filter(pk=OuterRef("comment_id")).values("is_opening")[:1]
    purged = Activity.objects.filter(ticket_id=OuterRef("ticket_id"), action="ticket.purged")
    done = Q(state=InboundState.DONE)
    same = (Outcome.DUPLICATE, Outcome.DISCARDED, Outcome.QUARANTINED, Outcome.RECEIVED)
    found: Mails = mails.annotate(opens=Subquery(opening)).annotate(
        outcome=Case(
            When(done & Q(opens=True), then=Value(Outcome.TICKET.value)),
            When(done & Q(opens=False), then=Value(Outcome.ADDED.value)),
            When(done & Q(comment_id=None) & ~Q(reason=""), then=Value(Outcome.NOTED.value)),
            When(done & Exists(purged), then=Value(Outcome.PURGED.value)),
            *(When(state=outcome.value, then=Value(outcome.value)) for outcome in same),
            default=Value(Outcome.LOST.value),
            output_field=CharField(),
        )
    )
    return found


def of_the_last_day() -> Counts:
    return outcomes(InboundMail.objects.filter(received_at__gt=clock.now() - timedelta(days=1)))


@dataclass
class Findings:
    counts: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def tell(self, problem: Problem, count: int, examples: list[str]) -> None:
        if count:
            self.problems[problem.value] += count
            told = self.examples.setdefault(problem.value, [])
            told += examples[: TOLD - len(told)]


def check() -> MailAccount:
    """Count everything, in bites that hold nobody up; note it, and raise the alarm for what does not add up."""
    found = Findings()
    for some in bites():
        counts = outcomes(some)
        found.counts.update(counts)
        if counts[Outcome.LOST]:
            lost = with_outcome(some).filter(outcome=Outcome.LOST).order_by("pk").values_list("pk", flat=True)
            found.tell(Problem.LOST, counts[Outcome.LOST], [str(pk) for pk in lost[:TOLD]])
    unread(found)
    if settings.IMAP is not None:
        fetched(found, settings.IMAP.name)
    for problem, count in found.problems.items():
        log.error("mail.unaccounted", problem=problem.lower(), mails=count, examples=found.examples[problem])
    account = note_account(dict(found.counts), dict(found.problems), found.examples)
    log.info("mail.account", total=total(account.counts), unaccounted=sum(account.problems.values()))
    return account


def bites() -> Iterator[Mails]:
    last = InboundMail.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last, AT_ONCE):
        yield InboundMail.objects.filter(pk__gt=start, pk__lte=start + AT_ONCE)


def unread(found: Findings) -> None:
    late = InboundMail.objects.filter(state=InboundState.RECEIVED, received_at__lt=clock.now() - TOO_LONG)
    oldest = late.order_by("received_at").values_list("pk", flat=True)
    found.tell(Problem.UNREAD, late.count(), [str(pk) for pk in oldest[:TOLD]])


def fetched(found: Findings, mailbox: str) -> None:
    from supportflow.mail.fetching import passed_over

    missing, trouble = passed_over()
    if trouble:
        log.warning("mail.account_without_imap", mailbox=mailbox, reason=trouble)
    found.tell(Problem.PASSED_OVER, len(missing), [f"UID {uid}" for uid in missing[:TOLD]])
    owed = FolderMail.objects.filter(folder__name=mailbox, state=FetchState.FOUND)
    late = owed.filter(found_at__lt=clock.now() - TOO_LONG)
    told = [f"UID {row.uid} {row.reason}".strip() for row in late.order_by("uid")[:TOLD]]
    found.tell(Problem.UNFETCHED, late.count(), told)


def total(counts: Counts) -> int:
    return sum(counts.values())


def last_account() -> MailAccount | None:
    return MailAccount.objects.order_by("-pk").first()
