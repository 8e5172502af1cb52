"""Whether the work gets done: workers, the schedule, jobs, mails; and whether there is a backup of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from supportflow.checks.findings import Finding
from supportflow.core import clock
from supportflow.core.backups import OLD, LastBackup, last_backup
from supportflow.jobs import signs
from supportflow.jobs.models import FAILED, READY, Job
from supportflow.mail.account import Problem, last_account, total
from supportflow.mail.models import InboundMail, InboundState, OutgoingMail, OutgoingState

COUNTED_UP_TO = 1000
LATE = timedelta(minutes=10)  # work that could have begun at once
OLD_ACCOUNT = timedelta(days=2)
IN_WORDS = {
    Problem.LOST: "count as read and have no comment",
    Problem.UNREAD: "are not read for over an hour",
    Problem.UNFETCHED: "of the IMAP mailbox cannot be fetched",
    Problem.PASSED_OVER: "of the IMAP mailbox had been passed over",
}
PAGE = "Look at /settings/operations: each has its reason, retry and discard"


def standing() -> Iterator[Finding]:
    try:
        yield workers()
        yield from waiting()
        yield from failed()
        yield account()
    except DatabaseError as error:
        yield Finding("work", f"cannot be looked at: {str(error).splitlines()[0]}", is_wrong=True)
    yield backups()


def workers() -> Finding:
    alive = signs.alive()
    if not alive:
        text = "none gave a sign of life for 90 seconds: no job runs, no mail leaves. Start `supportflow worker`"
        return Finding("workers", text, is_wrong=True)
    versions = {sign.version for sign in alive}
    if len(versions) > 1:
        text = f"of several versions ({', '.join(sorted(versions))}). Restart those of the older one"
        return Finding("workers", text, is_wrong=True)
    return Finding("workers", f"{len(alive)} alive, {sum(sign.threads for sign in alive)} jobs at a time")


def waiting() -> Iterator[Finding]:
    oldest = Job.objects.filter(status=READY, run_at__isnull=True, attempts=0).order_by("-priority", "id").first()
    if oldest is not None and clock.now() - oldest.created_at > LATE:
        text = f"jobs wait for {in_minutes(clock.now() - oldest.created_at)}. Is a worker running? More WORKER_THREADS?"
        yield Finding("jobs", text, is_wrong=True)
    mail = InboundMail.objects.filter(state=InboundState.RECEIVED).order_by("received_at").first()
    if mail is not None and clock.now() - mail.received_at > LATE:
        text = f"a received mail waits for {in_minutes(clock.now() - mail.received_at)}. {PAGE}"
        yield Finding("incoming mail", text, is_wrong=True)


def failed() -> Iterator[Finding]:
    rows = {
        "jobs": (Job.objects.filter(status=FAILED), "failed for good"),
        "incoming mail": (InboundMail.objects.filter(state=InboundState.QUARANTINED), "are in quarantine"),
        "outgoing mail": (OutgoingMail.objects.filter(state=OutgoingState.FAILED), "could not be sent"),
    }
    for subject, (found, words) in rows.items():
        count = found.order_by()[: COUNTED_UP_TO + 1].count()
        if count:
            number = f"more than {COUNTED_UP_TO}" if count > COUNTED_UP_TO else str(count)
            yield Finding(subject, f"{number} {words}. {PAGE}", is_wrong=True)
        else:
            yield Finding(subject, "none failed" if subject == "jobs" else f"none {words}")


def account() -> Finding:
    last = last_account()
    if last is None:
        return Finding("account of mails", "none yet: the worker counts them once a day")
    when = f"{last.checked_at:%Y-%m-%d %H:%M} UTC"
    if last.problems:
        told = [
            f"{count} {IN_WORDS[Problem(name)]} ({', '.join(last.examples.get(name, []))})"
            for name, count in last.problems.items()
        ]
        text = f"{'; '.join(told)}, says the count of {when}. Look at /settings/operations"
        return Finding("account of mails", text, is_wrong=True)
    if clock.now() - last.checked_at > OLD_ACCOUNT:
        return Finding("account of mails", f"the last is of {when}. Is a worker running?", is_wrong=True)
    return Finding("account of mails", f"all {total(last.counts)} are accounted for, at {when}")


def backups() -> Finding:
    last, daily = last_backup(), settings.BACKUPS
    if daily and not daily.is_dir() and not daily.parent.is_dir():
        return Finding("backups", f"there is no folder {daily.parent}. Is its disk mounted?", is_wrong=True)
    if last is None or (last.at is None and not last.problem):
        text = "there is none yet. Make one with `supportflow backup FILE`, and have it made every day"
        if daily and clock.now() - begun_at() > OLD:
            text = f"there is none in {daily}, though one is due each day. Does a worker run, with SUPPORTFLOW_BACKUPS?"
            return Finding("backups", text, is_wrong=True)
        return Finding("backups", text, is_notable=True)
    if last.problem_at is not None and (last.at is None or last.problem_at > last.at):
        text = f"the last try failed ({last.problem[:200].rstrip('.')}). Mend that and run `supportflow backup`"
        return Finding("backups", text, is_wrong=True)
    if last.is_old:
        return Finding("backups", f"the last is of {last.at:%Y-%m-%d %H:%M} UTC. Is the schedule on?", is_wrong=True)
    return standing_of(last)


def standing_of(last: LastBackup) -> Finding:
    text, is_there = f"the last is of {last.at:%Y-%m-%d %H:%M} UTC", Path(last.file).exists()
    if not is_there and settings.BACKUPS and settings.BACKUPS in Path(last.file).parents:
        return Finding("backups", f"{text}, and {last.file} is gone. Run `supportflow backup`", is_wrong=True)
    if not is_there:
        return Finding("backups", f"{text}; {last.file} is no longer there. Is it kept elsewhere?", is_notable=True)
    if not last.verified:
        text += ". It was not read again: supportflow backup --check FILE"
        return Finding("backups", text, is_notable=True)
    return Finding("backups", f"{text}, verified")


def begun_at() -> datetime:
    """How old the data is, or the last move of it."""
    applied = MigrationRecorder(connection).migration_qs.order_by("applied").values_list("applied", flat=True)
    return applied.first() or clock.now()


def in_minutes(time: timedelta) -> str:
    return f"{time.total_seconds() / 60:.0f} minutes"
