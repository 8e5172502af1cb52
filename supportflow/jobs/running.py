"""One run of one job, in whatever thread: call the task, book the outcome, log both."""

import time
import traceback
from collections.abc import Callable
from typing import Any

import structlog
from django.db import DatabaseError, close_old_connections, connection
from django.utils.module_loading import import_string
from django_tasks.base import Task, TaskContext, TaskResult, TaskResultStatus

from supportflow.jobs import queue, signs
from supportflow.jobs.declaring import DEFAULT_BACKOFF, Backoff, DatabaseTask, waiting_time
from supportflow.jobs.models import Job

log = structlog.get_logger("supportflow.jobs")

BOOKING_PAUSES = (0.1, 0.5, 2.0, 5.0)  # seconds, together less than a lease


def run(job: Job) -> None:
    """Run a claimed job to its end. Raises only what stops the database from being told."""
    began = time.monotonic()
    about = {"job": job.pk, "task": job.task, "attempt": job.attempts} | (
        {"request": job.request} if job.request else {}
    )
    with structlog.contextvars.bound_contextvars(**about):
        log.info("job.started")
        try:
            _call(_load(job.task), job)
        except (Exception, SystemExit) as error:  # noqa: BLE001  the retry and the operators' page show it
            signs.note(job.task, time.monotonic() - began, failed=True)
            held = _book_failure(job, error)
        else:
            signs.note(job.task, time.monotonic() - began, failed=False)
            held = _booked(lambda: queue.succeed(job))
            log.info("job.done", ms=round((time.monotonic() - began) * 1000, 1))
        if not held:
            log.warning("job.lease_lost")


def _load(path: str) -> DatabaseTask[..., Any]:
    task = import_string(path)
    if not isinstance(task, DatabaseTask):
        raise TypeError(f"{path} is no task any more.")
    return task


def _call(task: DatabaseTask[..., Any], job: Job) -> None:
    before = (_context(task, job),) if task.takes_context else ()
    task.call(*before, *job.args, **job.kwargs)


def _book_failure(job: Job, error: BaseException) -> bool:
    wait = waiting_time(_backoff(job), job.attempts)
    last = job.attempts >= job.max_attempts
    # The kind alone: the message may hold what a customer wrote. The row keeps the whole tail.
    log.error("job.failed" if last else "job.will_retry", error=type(error).__name__, wait=round(wait.total_seconds()))
    report = "".join(traceback.format_exception(error))
    return _booked(lambda: queue.fail(job, report, wait))


def _booked(book: Callable[[], bool]) -> bool:
    """The work is done: a lock that lasts or a database that restarts now should not make it happen again."""
    if connection.in_atomic_block:  # a test's transaction
        return book()
    for pause in BOOKING_PAUSES:
        close_old_connections()  # one that broke during the job would fail here too
        try:
            return book()
        except DatabaseError:
            time.sleep(pause)
    return book()


def _backoff(job: Job) -> Backoff:
    try:
        return _load(job.task).backoff
    except Exception:  # noqa: BLE001  a task that cannot be loaded is what failed
        return DEFAULT_BACKOFF


def _context(task: Task[..., Any], job: Job) -> TaskContext:
    return TaskContext(
        task_result=TaskResult(
            task=task,
            id=str(job.pk),
            status=TaskResultStatus.RUNNING,
            enqueued_at=job.created_at,
            started_at=job.started_at,
            last_attempted_at=job.started_at,
            finished_at=None,
            args=job.args,
            kwargs=job.kwargs,
            backend=task.backend,
            errors=[],
            worker_ids=[job.worker] * job.attempts,
        )
    )
