"""How a job's row moves: claimed, kept alive, done, tried again, given up. Every step is safe beside other workers."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from supportflow.jobs.backend import save
from supportflow.jobs.declaring import LONGEST_WAIT, PATIENT
from supportflow.jobs.models import FAILED, READY, RUNNING, SUCCESSFUL, Job

ERROR_LENGTH = 4000  # characters: the tail of a traceback names the cause

# The subquery is materialised: PostgreSQL may else run it once per row, and lock more than LIMIT.
_CLAIM = """
WITH picked AS MATERIALIZED (
    SELECT id FROM jobs_job WHERE status = 'READY' AND run_at IS NULL AND priority >= %s
    ORDER BY priority DESC, id LIMIT %s {lock}
)
UPDATE jobs_job SET status = 'RUNNING', worker = %s, attempts = attempts + 1, beat = 0, wanted = %s, started_at = %s
WHERE id IN (SELECT id FROM picked) RETURNING *
"""


def anything_ready(*, least: int = PATIENT) -> bool:
    """A read, so that an idle worker never takes SQLite's write lock."""
    return Job.objects.filter(status=READY, run_at__isnull=True, priority__gte=least).exists()


def claim(limit: int, worker: str, *, least: int = PATIENT) -> list[Job]:
    """Take up to `limit` jobs for `worker`, the most urgent first, none below the priority `least`; nobody else gets
    them.
    """
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    jobs = list(Job.objects.raw(_CLAIM.format(lock=lock), [least, limit, worker, False, now]))
    return sorted(jobs, key=lambda job: (-job.priority, job.pk))


def promote(*, delayed: bool = False) -> int:
    """Make deferred jobs ready whose time has come (or all, when `delayed`). Returns how many.

    A retry never waits longer than the longest backoff, also when the clock was set back meanwhile.
    """
    due = Job.objects.filter(status=READY, run_at__isnull=False)
    if not delayed:
        now = timezone.now()
        due = due.filter(Q(run_at__lte=now) | Q(run_at__gt=now + timedelta(seconds=LONGEST_WAIT), attempts__gt=0))
    if not due.exists():
        return 0
    with transaction.atomic():
        free = due.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True)[:500]
        return Job.objects.filter(pk__in=list(free)).update(run_at=None)


def keep_alive(jobs: Iterable[Job]) -> None:
    """One more sign of life from the holder. A row that somebody is writing to is left for the next time."""
    for job in jobs:
        with transaction.atomic():
            held = _held(job).select_for_update(skip_locked=True).values_list("pk", flat=True)
            Job.objects.filter(pk__in=list(held)).update(beat=F("beat") + 1)


def succeed(job: Job) -> bool:
    """Book the end of the run. False: the lease was lost, another worker has the job."""
    return _finish(job, SUCCESSFUL, "")


def fail(job: Job, error: str, wait: timedelta) -> bool:
    """Book a failed run: READY again after `wait`, or FAILED for good. False: the lease was lost."""
    error = error.replace("\x00", "")[-ERROR_LENGTH:]
    if job.attempts >= job.max_attempts:
        return _finish(job, FAILED, error)
    run_at = timezone.now() + wait if wait else None
    return bool(_held(job).update(status=READY, run_at=run_at, worker="", error=error))


def _held(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, status=RUNNING, worker=job.worker, attempts=job.attempts)


def _finish(job: Job, status: str, error: str) -> bool:
    with transaction.atomic():
        held = _held(job).select_for_update().first()
        if held is None:
            return False
        key, held.live_key = held.live_key, None
        held.status, held.error, held.finished_at = status, error, timezone.now()
        held.save(update_fields=["status", "error", "finished_at", "live_key"])
        if held.wanted:
            # Asked for again during the run, which may have read the world before that.
            _again(held, key)
        return True


def _again(job: Job, key: str | None) -> None:
    save(
        Job(
            task=job.task,
            args=job.args,
            kwargs=job.kwargs,
            priority=job.priority,
            max_attempts=job.max_attempts,
            live_key=key,
            request=job.request,
        )
    )
