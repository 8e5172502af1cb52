"""The promises of the queue itself, in one process, through the worker's own steps."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from supportflow.jobs import queue
from supportflow.jobs.models import FAILED, READY, RUNNING, SUCCESSFUL, Job
from supportflow.jobs.operations import discard, purge_done, retry
from supportflow.jobs.recovery import Recovery
from supportflow.jobs.testing import run_due_jobs
from tests.jobs import some_tasks
from tests.jobs.conftest import lines

pytestmark = pytest.mark.django_db


def test_a_job_runs_once_and_its_row_tells(trace: Path) -> None:
    some_tasks.note.enqueue(str(trace), line="hello")
    assert run_due_jobs() == 1
    assert run_due_jobs() == 0
    job = Job.objects.get()
    assert lines(trace) == ["hello"]
    assert (job.status, job.attempts, job.error) == (SUCCESSFUL, 1, "")
    assert job.finished_at is not None
    assert job.started_at is not None


def test_a_rollback_leaves_no_job() -> None:
    with transaction.atomic():
        some_tasks.note.enqueue("never")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_urgent_jobs_overtake_and_equals_keep_their_order(trace: Path) -> None:
    for number in range(3):
        some_tasks.note.enqueue(str(trace), str(number))
    some_tasks.urgent.enqueue(str(trace))
    run_due_jobs()
    assert lines(trace) == ["urgent", "0", "1", "2"]


def test_jobs_may_enqueue_jobs_and_be_coroutines(trace: Path) -> None:
    some_tasks.chain.enqueue(str(trace), 3)
    some_tasks.in_a_coroutine.enqueue(str(trace))
    assert run_due_jobs() == 5
    assert sorted(lines(trace)) == ["0", "1", "2", "3", "async"]


def test_a_failing_job_waits_longer_each_time_and_ends_failed_with_the_end_of_its_traceback(trace: Path) -> None:
    some_tasks.always_fails.enqueue(str(trace))
    waits = []
    for _ in range(2):
        assert run_due_jobs() == 1
        job = Job.objects.get()
        assert job.run_at is not None
        waits.append((job.run_at - timezone.now()).total_seconds())
        with time_machine.travel(job.run_at + timedelta(seconds=1), tick=True):
            queue.promote()
    assert 70 < waits[0] < 126
    assert 140 < waits[1] < 251
    run_due_jobs()
    job = Job.objects.get()
    assert (job.status, job.attempts, len(lines(trace))) == (FAILED, 3, 3)
    assert job.error.endswith("the end\n")
    assert len(job.error) <= 4000
    assert run_due_jobs(delayed=True) == 0


def test_waits_never_exceed_an_hour() -> None:
    from supportflow.jobs.declaring import exponential, waiting_time

    assert max(waiting_time(exponential(), attempt) for attempt in (1, 10, 40, 1000)) <= timedelta(hours=1)


def test_a_job_that_leaves_python_is_a_failed_job() -> None:
    some_tasks.leaves_python.enqueue()
    run_due_jobs(delayed=True)
    assert Job.objects.get().status == FAILED


def test_a_task_that_no_longer_exists_fails_visibly() -> None:
    Job.objects.create(task="supportflow.jobs.tasks.gone", max_attempts=1)
    Job.objects.create(task="os.getcwd", max_attempts=1)
    assert run_due_jobs() == 2
    assert [job.error.strip().splitlines()[-1] for job in Job.objects.order_by("id")] == [
        'ImportError: Module "supportflow.jobs.tasks" does not define a "gone" attribute/class',
        "TypeError: os.getcwd is no task any more.",
    ]


def test_deferred_jobs_wait_for_their_time(trace: Path) -> None:
    at = datetime(2030, 1, 1, 9, 0, tzinfo=UTC)
    some_tasks.note.using(run_after=at).enqueue(str(trace))
    with time_machine.travel(at - timedelta(seconds=1), tick=False):
        assert run_due_jobs() == 0
    with time_machine.travel(at, tick=False):
        assert run_due_jobs() == 1


class TestUnique:
    def test_a_second_enqueue_of_a_waiting_job_is_quiet(self, trace: Path) -> None:
        first = some_tasks.once_waiting.enqueue(str(trace))
        second = some_tasks.once_waiting.enqueue(str(trace), "not this one")
        assert first.id == second.id
        assert run_due_jobs() == 1
        some_tasks.once_waiting.enqueue(str(trace), "later")
        assert run_due_jobs() == 1
        assert lines(trace) == ["ran", "later"]

    def test_a_different_key_is_a_different_job(self, trace: Path) -> None:
        some_tasks.once_waiting.enqueue(str(trace))
        some_tasks.once_waiting.enqueue(f"{trace}2")
        assert Job.objects.count() == 2

    def test_asked_for_during_its_run_it_runs_once_more_after_it(self, trace: Path) -> None:
        """What is asked for while a run goes on may have come too late for that run to see."""
        some_tasks.asks_for_itself.enqueue(str(trace))
        assert run_due_jobs() == 3
        assert Job.objects.filter(status=SUCCESSFUL).count() == 3

    def test_a_last_failure_stays_visible_and_does_not_swallow_what_was_asked_meanwhile(self, trace: Path) -> None:
        some_tasks.asks_and_fails.enqueue(str(trace))
        assert run_due_jobs() == 2
        assert list(Job.objects.order_by("id").values_list("status", flat=True)) == [FAILED, SUCCESSFUL]

    def test_an_overlong_key_is_refused(self) -> None:
        with pytest.raises(ValueError, match="longer than 250"):
            some_tasks.once_waiting.enqueue("x" * 300)


class TestLease:
    def test_who_lost_the_lease_cannot_book_anything(self) -> None:
        some_tasks.note.enqueue("unused")
        (slow,) = queue.claim(1, "slow")
        assert Recovery(lease=0).run() == 1
        (fresh,) = queue.claim(1, "fresh")
        assert not queue.succeed(slow)
        assert not queue.fail(slow, "too late", timedelta(0))
        queue.keep_alive([slow])
        job = Job.objects.get()
        assert (job.status, job.worker, job.attempts, job.beat) == (RUNNING, "fresh", 2, 0)
        assert queue.succeed(fresh)

    def test_a_job_that_outlives_no_worker_ends_failed(self) -> None:
        some_tasks.kills_its_worker.enqueue("unused")
        for _ in range(3):
            queue.promote(delayed=True)
            assert len(queue.claim(1, "doomed")) == 1
            Recovery(lease=0).run()
        job = Job.objects.get()
        assert (job.status, job.attempts) == (FAILED, 3)
        assert "worker that ran this job died" in job.error


class TestClockJumps:
    def test_fresh_jobs_do_not_wait_for_a_clock_set_back(self, trace: Path) -> None:
        some_tasks.note.enqueue(str(trace))
        with time_machine.travel(timezone.now() - timedelta(days=400)):
            assert run_due_jobs() == 1

    def test_retries_do_not_wait_for_a_clock_set_back(self, trace: Path) -> None:
        some_tasks.always_fails.enqueue(str(trace))
        run_due_jobs()
        with time_machine.travel(timezone.now() - timedelta(days=400)):
            assert run_due_jobs() == 1

    def test_what_was_planned_for_a_time_still_waits_for_it(self, trace: Path) -> None:
        some_tasks.note.using(run_after=timezone.now() + timedelta(days=3)).enqueue(str(trace))
        with time_machine.travel(timezone.now() - timedelta(days=400)):
            assert run_due_jobs() == 0


class TestOperators:
    def failed(self, trace: Path) -> Job:
        some_tasks.asks_and_fails.enqueue(str(trace))
        run_due_jobs()
        return Job.objects.get(status=FAILED)

    def test_retry_gives_all_attempts_again(self, trace: Path) -> None:
        job = self.failed(trace)
        assert retry(job)
        assert not retry(job), "the second click is quiet"
        assert run_due_jobs() == 1
        job.refresh_from_db()
        assert job.status == SUCCESSFUL

    def test_retry_of_work_that_is_queued_already_leaves_one(self, trace: Path) -> None:
        job = self.failed(trace)
        some_tasks.asks_and_fails.enqueue(str(trace))
        assert retry(job)
        assert Job.objects.filter(status=READY).count() == 1
        assert not Job.objects.filter(status=FAILED).exists()

    def test_discard_takes_failed_jobs_alone(self, trace: Path) -> None:
        job = self.failed(trace)
        done = Job.objects.get(status=SUCCESSFUL)
        assert discard(job)
        assert not discard(job)
        assert not discard(done)

    def test_done_jobs_go_after_a_week_and_failed_ones_stay(self, trace: Path) -> None:
        self.failed(trace)
        assert purge_done() == 0
        with time_machine.travel(timezone.now() + timedelta(days=8)):
            assert purge_done() == 1
        assert Job.objects.get().status == FAILED


def test_claiming_reads_its_own_small_index() -> None:
    """A million done jobs must not slow the next claim down."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        for index, where in {
            "job_next": "status = 'READY' AND run_at IS NULL ORDER BY priority DESC, id LIMIT 4",
            "job_running": "status = 'RUNNING'",
        }.items():
            cursor.execute(f"{explain} SELECT id FROM jobs_job WHERE {where}")
            assert index in str(cursor.fetchall())
