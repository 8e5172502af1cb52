"""Tasks that the tests of the jobs queue; they leave lines in a file, so that other processes can tell what ran."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django_tasks.base import Task

from supportflow.jobs import schedule, task


def write(path: str, line: str) -> None:
    with Path(path).open("a") as file:  # one short append is atomic
        file.write(line + "\n")


@task
def note(path: str, line: str = "ran") -> None:
    write(path, line)


@task(max_attempts=3, backoff=lambda attempt: 100.0 * attempt)
def always_fails(path: str) -> None:
    write(path, "tried")
    raise ValueError("nothing will do\x00" + "x" * 10_000 + "the end")


@task(max_attempts=2, backoff=lambda attempt: 0.0)
def fails_once(path: str) -> None:
    write(path, "tried")
    if Path(path).read_text().count("tried") == 1:
        raise ConnectionError("not yet")


@task(max_attempts=2)
def leaves_python() -> None:
    raise SystemExit(3)


@task(unique=lambda path, *rest: path)
def once_waiting(path: str, line: str = "ran") -> None:
    write(path, line)


@task(unique=lambda path: path)
def asks_for_itself(path: str) -> None:
    write(path, "ran")
    if Path(path).read_text().count("ran") < 3:
        asks_for_itself.enqueue(path)


@task(max_attempts=1, unique="one")
def asks_and_fails(path: str) -> None:
    write(path, "ran")
    if Path(path).read_text().count("ran") < 2:
        asks_and_fails.enqueue(path)
        raise ValueError("asked for again, then failed")


@task(priority=10)
def urgent(path: str) -> None:
    write(path, "urgent")


@task
async def in_a_coroutine(path: str) -> None:
    write(path, "async")


@task
def chain(path: str, left: int) -> None:
    write(path, str(left))
    if left:
        with transaction.atomic():
            chain.enqueue(path, left - 1)


@task(backoff=lambda attempt: 0.0)
def waits_for(gate: str, path: str) -> None:
    """Runs until the file `gate` appears."""
    write(path, f"start {os.getpid()}")
    while not Path(gate).exists():
        time.sleep(0.01)
    write(path, "end")


@task(max_attempts=3, backoff=lambda attempt: 0.0)
def kills_its_worker(path: str) -> None:
    write(path, "tried")
    os.kill(os.getpid(), signal.SIGKILL)


@task
def tick() -> None:
    write(os.environ["TICKS"], "tick")


def schedule_ticks(every: timedelta) -> Task[[], None]:
    schedule("tests.tick", every, tick)
    return tick
