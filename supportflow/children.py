"""Processes of our own: started, restarted when they die, ended in order, and never left behind. Imports no Django.

Each child leads a process group of its own, which is swept when the child has ended; each holds the reading end of one
pipe, the lifeline, and ends itself when the supervisor is gone, even by kill -9.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from supportflow.ports import say

LIFELINE = "SUPPORTFLOW_LIFELINE"
GRACE = 25.0  # seconds that a child has to end by itself; the worker gives its running jobs 20
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a dead child is started again
STEADY = 60.0  # seconds after which a child counts as well again


@dataclass
class Child:
    """One part of SupportFlow as a process; `tend` starts it, and again with growing delay when it has died."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    inherited: tuple[int, ...] = ()  # file descriptors
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    _started: float = 0.0
    _due: float = field(default=0.0)

    def tend(self) -> None:
        now = time.monotonic()
        if self.process is None:
            if now >= self._due:
                self.start()
        elif self.process.poll() is not None:
            sweep(self.process)
            self.deaths = 1 if now - self._started >= STEADY else self.deaths + 1
            delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (self.deaths - 1))
            say(f"{self.name} ended ({how_it_ended(self.process)}); it starts again in {delay:g} s.", to_stderr=True)
            self.process, self._due = None, now + delay

    def start(self, more_arguments: Sequence[str] = (), *pipes: int) -> subprocess.Popen[bytes]:
        """`pipes` -- file descriptors for this start alone"""
        # A session of its own: Ctrl-C reaches the supervisor alone, which ends its children in order.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "supportflow", *self.arguments, *more_arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            pass_fds=[int(self.environment[LIFELINE]), *self.inherited, *pipes],
            start_new_session=True,
        )
        self._started = time.monotonic()
        return self.process

    def successor(self) -> "Child":
        """The same part once more, not started."""
        return Child(self.name, self.arguments, self.environment, self.inherited)


@contextmanager
def lifeline() -> Iterator[dict[str, str]]:
    """The children's environment, naming the pipe whose other end is open as long as this process lives."""
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    try:
        yield dict(os.environ) | {LIFELINE: str(reading)}
    finally:
        os.close(writing)
        os.close(reading)


def end_with_supervisor() -> None:
    """Called by a child as it starts: when the lifeline breaks, end as if asked to; after the grace time, at once."""
    if (name := os.environ.pop(LIFELINE, None)) is None:
        return
    reading = int(name)
    os.set_inheritable(reading, False)

    def watch() -> None:
        os.read(reading, 1)  # nothing is ever written: this returns when the supervisor has ended
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def read_all(pipe: int, give_up: Callable[[], bool]) -> bytes:
    """What the other side wrote before it closed the pipe, or as much of it as came before `give_up`. Closes it."""
    answer = b""
    with os.fdopen(pipe, "rb", buffering=0) as file:
        while not give_up():
            if select.select([file], [], [], 0.05)[0]:
                if not (part := file.read(65536)):
                    break
                answer += part
    return answer


def end(processes: Sequence[subprocess.Popen[bytes]], give_up: Callable[[], bool]) -> None:
    """Ask all to end; kill what has not after the grace time, or when `give_up` says so."""
    for process in processes:
        with suppress(ProcessLookupError):
            process.terminate()
    deadline = time.monotonic() + GRACE
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline and not give_up():
        time.sleep(0.02)
    for process in processes:
        sweep(process)
        process.wait()


def sweep(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a child's process group: workers that outlived it would keep its port."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def how_it_ended(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
