"""Real worker processes, killed and stopped for real, on the database the suite runs on."""

import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.utils import load_backend

from supportflow.jobs import queue
from supportflow.jobs.models import FAILED, READY, RUNNING, SUCCESSFUL, Job
from supportflow.jobs.testing import run_due_jobs
from tests.jobs import some_tasks
from tests.jobs.conftest import StartWorker, lines
from tests.waiting import until


def status() -> str:
    return str(Job.objects.values_list("status", flat=True).get())


def test_two_workers_share_the_jobs_and_none_runs_twice(start_worker: StartWorker, trace: Path) -> None:
    with transaction.atomic():
        for number in range(60):
            some_tasks.note.enqueue(str(trace), str(number))
    start_worker()
    start_worker()
    until(lambda: not Job.objects.exclude(status=SUCCESSFUL).exists())
    assert sorted(lines(trace), key=int) == [str(number) for number in range(60)]


def test_a_commit_wakes_an_idle_worker_and_a_rollback_leaves_nothing(start_worker: StartWorker, trace: Path) -> None:
    start_worker()
    with transaction.atomic():
        some_tasks.note.enqueue(str(trace), "rolled back")
        transaction.set_rollback(True)
    some_tasks.note.enqueue(str(trace), "committed")
    until(lambda: lines(trace))
    until(lambda: status() == SUCCESSFUL)
    assert lines(trace) == ["committed"]


def test_after_kill_9_the_next_worker_runs_the_job_again(
    start_worker: StartWorker, trace: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    some_tasks.waits_for.enqueue(str(gate), str(trace))
    first = start_worker()
    until(lambda: lines(trace))
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert status() == RUNNING
    gate.touch()
    start_worker()
    until(lambda: status() == SUCCESSFUL)
    assert [line.split()[0] for line in lines(trace)] == ["start", "start", "end"]
    assert Job.objects.get().attempts == 2


def test_a_job_that_kills_every_worker_is_given_up(start_worker: StartWorker, trace: Path) -> None:
    some_tasks.kills_its_worker.enqueue(str(trace))

    def died(worker: "subprocess.Popen[str]") -> bool:
        Job.objects.filter(status=READY).update(run_at=None)  # its waiting times are over
        return worker.poll() is not None

    for _ in range(3):
        worker = start_worker()
        until(partial(died, worker))
    survivor = start_worker()
    until(lambda: status() == FAILED)
    assert len(lines(trace)) == 3
    assert survivor.poll() is None


def test_a_frozen_worker_loses_its_lease_and_its_late_end_changes_nothing(
    start_worker: StartWorker, trace: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    some_tasks.waits_for.enqueue(str(gate), str(trace))
    frozen = start_worker(lease=1)
    until(lambda: lines(trace))
    frozen.send_signal(signal.SIGSTOP)
    start_worker(lease=1)
    until(lambda: len(lines(trace)) == 2)
    holder = Job.objects.get().worker
    gate.touch()
    until(lambda: status() == SUCCESSFUL)
    frozen.send_signal(signal.SIGCONT)
    until(lambda: lines(trace).count("end") == 2)
    frozen.terminate()
    assert frozen.wait(timeout=30) == 0
    job = Job.objects.get()
    assert (job.status, job.attempts, job.worker) == (SUCCESSFUL, 2, holder)


def test_a_long_job_keeps_its_lease(start_worker: StartWorker, trace: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    some_tasks.waits_for.enqueue(str(gate), str(trace))
    start_worker(lease=1.2)
    start_worker(lease=1.2)
    until(lambda: Job.objects.get().beat >= 10, "ten signs of life, two leases long")
    gate.touch()
    until(lambda: status() == SUCCESSFUL)
    assert Job.objects.get().attempts == 1


def test_sigterm_lets_running_jobs_finish_and_takes_no_more(
    start_worker: StartWorker, trace: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    some_tasks.waits_for.enqueue(str(gate), str(trace))
    worker = start_worker()
    until(lambda: lines(trace))
    worker.send_signal(signal.SIGTERM)
    some_tasks.note.enqueue(str(trace), "too late")
    gate.touch()
    assert worker.wait(timeout=30) == 0
    assert [line.split()[0] for line in lines(trace)] == ["start", "end"]
    assert sorted(Job.objects.values_list("status", flat=True)) == [READY, SUCCESSFUL]


def test_two_schedulers_keep_one_rhythm(start_worker: StartWorker, trace: Path) -> None:
    start_worker(tick=3600)
    start_worker(tick=3600)
    until(lambda: Job.objects.filter(task__endswith="tick", status=SUCCESSFUL))
    # Both look once a second; a third worker has surely looked when its own job is done.
    start_worker(tick=3600)
    some_tasks.note.enqueue(str(trace), "done")
    until(lambda: "done" in lines(trace))
    assert lines(trace).count("tick") == 1


def test_a_key_enqueued_by_many_at_once_waits_once(shared_database: dict[str, Any], trace: Path) -> None:
    together = threading.Barrier(4)

    def enqueue(_: int) -> None:
        connections["default"] = load_backend(shared_database["ENGINE"]).DatabaseWrapper(shared_database, "default")
        together.wait()
        for _ in range(5):
            some_tasks.once_waiting.enqueue(str(trace))
        connections["default"].close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(enqueue, range(4)))
    assert run_due_jobs() == 1
    assert lines(trace) == ["ran"]


@pytest.mark.postgres  # SQLite has one writer at a time: nothing can be claimed meanwhile
def test_a_job_that_is_being_asked_for_again_waits_for_that_commit(
    shared_database: dict[str, Any], trace: Path
) -> None:
    """Else it might run before the change is there, and the quiet enqueue would have been lost."""
    some_tasks.once_waiting.enqueue(str(trace))
    with transaction.atomic():
        some_tasks.once_waiting.enqueue(str(trace))
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(claim_elsewhere, shared_database).result() == []
    assert run_due_jobs() == 1


def claim_elsewhere(database: dict[str, Any]) -> list[Job]:
    connections["default"] = load_backend(database["ENGINE"]).DatabaseWrapper(database, "default")
    try:
        return queue.claim(1, "elsewhere")
    finally:
        connections["default"].close()
