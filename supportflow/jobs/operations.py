"""What operators do with jobs, and the daily purge."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from supportflow.jobs.backend import wake_workers
from supportflow.jobs.declaring import DatabaseTask
from supportflow.jobs.models import FAILED, READY, SUCCESSFUL, Job

DONE_JOBS_KEPT_FOR = timedelta(days=7)
PURGED_AT_ONCE = 1000


def retry(job: Job) -> bool:
    """Give a failed job all its attempts again, at once. False when it is not FAILED any more.

    When the same unique work is queued already, that stands for it and the failed row goes.
    """
    failed = Job.objects.filter(pk=job.pk, status=FAILED)
    try:
        with transaction.atomic():
            revived = failed.update(
                status=READY, run_at=None, attempts=0, worker="", wanted=True, finished_at=None, live_key=_live_key(job)
            )
            wake_workers()
    except IntegrityError:
        revived = failed.delete()[0]
    return bool(revived)


def discard(job: Job) -> bool:
    """Remove a failed job for good. False when it is not FAILED any more."""
    return bool(Job.objects.filter(pk=job.pk, status=FAILED).delete()[0])


def purge_done() -> int:
    """Forget successful jobs after a week, in small bites that hold no lock for long. Failed ones stay."""
    old = Job.objects.filter(status=SUCCESSFUL, finished_at__lt=timezone.now() - DONE_JOBS_KEPT_FOR)
    purged = 0
    while ids := list(old.values_list("pk", flat=True)[:PURGED_AT_ONCE]):
        purged += Job.objects.filter(pk__in=ids).delete()[0]
    return purged


def _live_key(job: Job) -> str | None:
    try:
        task = import_string(job.task)
    except ImportError:
        return None
    return task.live_key(job.args, job.kwargs) if isinstance(task, DatabaseTask) else None
