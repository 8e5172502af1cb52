"""The server that is measured: `supportflow serve` on the configured data, with mail off and no limit for programs."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db.models import Q

from supportflow.jobs.models import READY, RUNNING, Job
from supportflow.ports import Address, CannotStart, claim

READY_WITHIN = 120.0  # seconds
AT_REST = 3.0  # seconds after which a server that was started is at rest
ENDS_WITHIN = 40.0
PROCESSES = Path("/proc")


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int

    def memory(self) -> dict[str, int]:
        """The proportional set size in kB, by part and in all; empty where the system does not tell."""
        known = {int(entry.name): _parent_and_command(entry) for entry in PROCESSES.glob("[0-9]*")}
        found: dict[str, int] = {}
        for pid in _family(self.process.pid, {pid: parent for pid, (parent, _command) in known.items()}):
            part = _part(known[pid][1])
            found[part] = found.get(part, 0) + _pss(pid)
        return found | {"all": sum(found.values())} if known else {}


@contextmanager
def serving(port: int) -> Iterator[Server]:
    """Raises CannotStart, with what the server said, when it does not get ready."""
    port = claim("127.0.0.1", port)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "supportflow",
                "serve",
                "--empty",
                "--port",
                str(port),
                "--data",
                str(settings.DATA),
            ],
            env=os.environ | {"SMTP_LISTEN": "", "IMAP_URL": "", "SUPPORTFLOW_API_RATE": "1000000"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            _wait_until_ready(process, port, said)
            yield Server(process, port)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDS_WITHIN)
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, said: IO[bytes]) -> None:
    end = time.monotonic() + READY_WITHIN
    while not Address("127.0.0.1", port).answers():
        if process.poll() is not None or time.monotonic() > end:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:] or ["it gave no reason"]
            raise CannotStart(last[0].removeprefix("Error: "))
        time.sleep(0.1)
    time.sleep(AT_REST)
    while _works() and time.monotonic() < end:  # what the start left to do, and the day
        time.sleep(0.2)


def _works() -> bool:
    now = Q(status=RUNNING) | Q(status=READY, run_at=None)
    return Job.objects.filter(now).exists()


def _parent_and_command(entry: Path) -> tuple[int, str]:
    with suppress(OSError, IndexError, ValueError):
        parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        return parent, (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return 0, ""


def _family(eldest: int, parents: dict[int, int]) -> Iterator[int]:
    yield eldest
    for pid, parent in parents.items():
        if parent == eldest:
            yield from _family(pid, parents)


def _part(command: str) -> str:
    return next((part for part in ("serve", "worker", "web") if f"supportflow {part}" in command), "other")


def _pss(pid: int) -> int:
    with suppress(OSError):
        for line in (PROCESSES / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
