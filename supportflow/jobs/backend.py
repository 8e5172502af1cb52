"""The django-tasks backend: a job is a row of the main database, so it exists exactly when the change does."""

from typing import Any, ParamSpec, TypeVar

import structlog
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.utils import normalize_json

from supportflow.jobs.declaring import DatabaseTask
from supportflow.jobs.models import Job
from supportflow.jobs.wakeup import announce

P = ParamSpec("P")
T = TypeVar("T")

CHANNEL = "supportflow_jobs"


class DatabaseBackend(BaseTaskBackend):
    task_class = DatabaseTask
    supports_defer = True
    supports_async_task = True
    supports_priority = True

    def enqueue(self, task: Task[P, T], args: Any, kwargs: Any) -> TaskResult[T]:
        """Write the row in the current transaction; workers are woken when it commits."""
        assert isinstance(task, DatabaseTask)
        self.validate_task(task)
        job = Job(
            task=task.module_path,
            args=normalize_json(list(args)),
            kwargs=normalize_json(dict(kwargs)),
            priority=task.priority,
            max_attempts=task.max_attempts,
            run_at=task.run_after,
            request=structlog.contextvars.get_contextvars().get("request", ""),
        )
        job.live_key = task.live_key(job.args, job.kwargs)
        save(job)
        return _result(task, job)


def save(job: Job) -> None:
    if job.live_key is None:
        job.save(force_insert=True)
    else:
        _save_once(job)
    wake_workers()


def _save_once(job: Job) -> None:
    # Updating the waiting row, instead of leaving it alone, locks it until this transaction commits: no worker can
    # claim it before and miss what is being changed here. A running row is marked to be followed by another run.
    Job.objects.bulk_create([job], update_conflicts=True, unique_fields=["live_key"], update_fields=["wanted"])


def wake_workers() -> None:
    """At commit."""
    announce(CHANNEL)


def _result(task: Task[P, T], job: Job) -> TaskResult[T]:
    return TaskResult(
        task=task,
        id=str(job.pk),
        status=TaskResultStatus.READY,
        enqueued_at=job.created_at,
        started_at=None,
        last_attempted_at=None,
        finished_at=None,
        args=job.args,
        kwargs=job.kwargs,
        backend=task.backend,
        errors=[],
        worker_ids=[],
    )
