from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus

READY, RUNNING = TaskResultStatus.READY.value, TaskResultStatus.RUNNING.value
SUCCESSFUL, FAILED = TaskResultStatus.SUCCESSFUL.value, TaskResultStatus.FAILED.value


class Job(models.Model):
    """One call of a task that is owed, running, done or given up.

    Whoever changes a RUNNING row must be its holder: the `worker` and the number of the attempt name the lease.
    """

    task = models.CharField(max_length=200)
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    status = models.CharField(max_length=10, default=READY)
    # Not before this time; null is "at once", so that a clock set back cannot hold fresh work up.
    run_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=10)
    # Set while the job is READY or RUNNING.
    live_key = models.CharField(max_length=250, null=True, blank=True)  # noqa: DJ001  null: no key
    # Enqueued since it was last claimed. Set again during a run, it makes a fresh job follow.
    wanted = models.BooleanField(default=True)
    worker = models.CharField(max_length=120, blank=True, default="")
    # Counts the worker's signs of life; a count, no time, so that clocks need not agree.
    beat = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    # The id of the request that asked for it, to find both in the log.
    request = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # enqueue: a unique job is queued once. Not `unique=True`, which adds a second index for LIKE.
            models.UniqueConstraint(fields=["live_key"], name="job_live_key"),
        ]
        indexes = [
            # claim: the next READY jobs by priority, oldest first
            models.Index(fields=["-priority", "id"], name="job_next", condition=Q(status=READY, run_at__isnull=True)),
            # promote: deferred jobs whose time has come
            models.Index(fields=["run_at"], name="job_deferred", condition=Q(status=READY, run_at__isnull=False)),
            # recover, and the worker's signs of life: the few rows that run now
            models.Index(fields=["id"], name="job_running", condition=Q(status=RUNNING)),
            # the operators' page: failures, newest first; all but those of a task, or those of it alone
            models.Index(fields=["-id", "task"], name="job_failed", condition=Q(status=FAILED)),
            models.Index(fields=["task", "-id"], name="job_failed_of_task", condition=Q(status=FAILED)),
            # the daily purge of done jobs
            models.Index(fields=["finished_at"], name="job_done", condition=Q(status=SUCCESSFUL)),
        ]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"


class Schedule(models.Model):
    """When a schedule is next due. Its rhythm and its task stand in the code."""

    name = models.CharField(max_length=150, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class WorkerSign(models.Model):
    """A worker process tells that it lives and what it has done since it began, every quarter of a minute.

    For /metrics and `supportflow check` alone: leases have signs of their own.
    """

    name = models.CharField(max_length=120, primary_key=True)
    host = models.CharField(max_length=100)
    version = models.CharField(max_length=40)
    threads = models.PositiveSmallIntegerField()
    memory = models.BigIntegerField(default=0)  # bytes, resident
    # Task → [runs, failed runs, seconds]
    done = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
