"""The worker process as `supportflow worker` starts it."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supportflow.jobs.models import SUCCESSFUL, Job
from tests.processes import ROOT, environment
from tests.waiting import until

StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start_worker(transactional_db: None, tmp_path: Path) -> Iterator[StartWorker]:
    started: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "log").open("wb") as log:

        def start(**given: str) -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-m", "supportflow", "worker"]
            worker = subprocess.Popen(command, cwd=ROOT, env=environment(**given), stdout=log, stderr=log)
            started.append(worker)
            return worker

        yield start
        for worker in started:
            worker.kill()
            worker.wait()


def test_it_keeps_the_schedule_and_ends_in_order(start_worker: StartWorker) -> None:
    worker = start_worker(SMTP_LISTEN="")
    until(lambda: Job.objects.filter(task="supportflow.jobs.tasks.purge_done_jobs", status=SUCCESSFUL), "the purge")
    worker.terminate()
    assert worker.wait(timeout=30) == 0


def test_a_taken_mail_port_does_not_stop_the_jobs(start_worker: StartWorker, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        worker = start_worker(SMTP_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}", LOG_FORMAT="json")
        until(lambda: Job.objects.filter(task="supportflow.jobs.tasks.purge_done_jobs", status=SUCCESSFUL), "the purge")
        until(lambda: b"smtp.cannot_listen" in (tmp_path / "log").read_bytes(), "a line in the log")
        assert worker.poll() is None
