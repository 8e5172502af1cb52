"""Workers tell that they live, in a row each: other processes cannot ask them."""

import os
import socket
import threading
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

import supportflow
from supportflow.jobs.models import WorkerSign

EVERY = 15.0  # seconds
MISSED = timedelta(seconds=90)  # without a sign: a worker that is gone, hangs, or cannot reach the database
FORGOTTEN = timedelta(days=1)

_lock = threading.Lock()
_done: dict[str, list[float]] = {}  # task → [runs, failed runs, seconds], of this process
_began = timezone.now()


def note(task: str, seconds: float, *, failed: bool) -> None:
    """A run of a job has ended."""
    with _lock:
        told = _done.setdefault(task, [0, 0, 0.0])
        told[0] += 1
        told[1] += failed
        told[2] = round(told[2] + seconds, 3)


def give(name: str, threads: int) -> None:
    with _lock:
        done = {task: list(told) for task, told in _done.items()}
    sign = WorkerSign(
        name=name,
        host=socket.gethostname()[:100],
        version=supportflow.__version__[:40],
        threads=threads,
        memory=memory(),
        done=done,
        started_at=_began,
        seen_at=timezone.now(),
    )
    fields = [field.name for field in WorkerSign._meta.fields if not field.primary_key]
    WorkerSign.objects.bulk_create([sign], update_conflicts=True, unique_fields=["name"], update_fields=fields)
    WorkerSign.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete()


def take_down(name: str) -> None:
    """A worker that ended in order is not missed."""
    WorkerSign.objects.filter(name=name).delete()


def alive(now: datetime | None = None) -> list[WorkerSign]:
    """Who gave a sign lately, by the clock of this machine. A sign from the future counts: see `check`."""
    return list(WorkerSign.objects.filter(seen_at__gt=(now or timezone.now()) - MISSED).order_by("started_at")[:200])


def memory() -> int:
    """Resident bytes of this process; 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0
