"""SupportFlow as it runs: `supportflow serve` with its children, and somebody who starts it again, as systemd would."""

import http.client
import os
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.house.processes import ROOT, Running, descendants_of, wait_until

PARTS = ("supervisor", "web", "worker")


def steady_port() -> int:
    """Below those that the kernel gives to outgoing connections: one must not take it while a server is down."""
    while True:
        port = random.randint(12_000, 31_000)
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class House:
    """A running SupportFlow. `kills` tells what was killed in it, in order."""

    data: Path
    values: dict[str, str]
    prefix: list[str] = field(default_factory=list)  # a command that becomes the supervisor (exec)
    port: int = field(default_factory=steady_port)
    smtp_port: int = field(default_factory=steady_port)
    kills: list[str] = field(default_factory=list)
    starts: int = 0
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values = {
            "SUPPORTFLOW_BASE_URL": f"http://127.0.0.1:{self.port}",
            "SUPPORTFLOW_API_RATE": "1000000",
            "SUPPORTFLOW_DATA": str(self.data),
            "SMTP_LISTEN": f"127.0.0.1:{self.smtp_port}",
            **self.values,
        }
        self._ended = threading.Event()
        self._change = threading.Lock()
        self._running = self._begin()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def _begin(self) -> Running:
        self.starts += 1
        command = [sys.executable, "-m", "supportflow", "serve", "--empty"]
        command += ["--port", str(self.port), "--data", str(self.data)]
        return Running([*self.prefix, *command], ROOT, **self.values)

    def _keep(self) -> None:
        """Restart=always, RestartSec=0.2."""
        while not self._ended.wait(0.2):
            with self._change:
                if self._running.process.poll() is None or self._ended.is_set():
                    continue
                self._close()
                self._running = self._begin()

    def _close(self) -> None:
        self._running.close()
        self.printed += self._running.lines

    def wait_until_ready(self) -> float:
        """Seconds until pages, API and mail are served."""
        began = time.monotonic()
        try:
            wait_until(self.is_ready, "a house that serves")
        except AssertionError as error:
            raise AssertionError(f"{error}; it printed: {(self.printed + self._running.lines)[-20:]}") from None
        return time.monotonic() - began

    def is_ready(self) -> bool:
        return self.status("/readyz") == 200 and self.greets()

    def status(self, path: str, timeout: float = 5) -> int:
        """0 when there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.smtp_port), timeout=5) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def has_printed(self, text: str) -> int:
        """How many lines with it."""
        return sum(text in line for line in [*self.printed, *self._running.lines])

    @property
    def pid(self) -> int:
        """The supervisor's."""
        return self._running.process.pid

    def processes(self, part: str) -> list[int]:
        """The pids of a part; the web server on PostgreSQL is several."""
        supervisor = self.pid
        if part == "supervisor":
            return [supervisor]
        return [pid for pid in descendants_of(supervisor) if part_of(pid) == part]

    def kill(self, part: str, chance: random.Random | None = None) -> bool:
        """kill -9 of one of its processes; False when it is not there at this moment."""
        with self._change:
            found = self.processes(part)
            if not found:
                return False
            pid = chance.choice(found) if chance else found[0]
            kill_9(pid)
            self.kills.append(part)
        return True

    def end(self) -> None:
        self._ended.set()
        self._keeper.join(30)
        if self._running.process.poll() is None:
            with suppress(AssertionError):
                self._running.end(signal.SIGTERM)
        self._close()


def kill_9(pid: int) -> bool:
    """False when it has ended by itself."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def part_of(pid: int) -> str:
    """What a process below a supervisor is."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"worker" in words:
            return "worker"
        if b"web" in words or b"granian" in words[0] or b"--multiprocessing-fork" in words:
            return "web"
    return ""


@contextmanager
def running(data: Path, *prefix: str, **values: str) -> Iterator[House]:
    house = House(data, values, list(prefix))
    try:
        house.wait_until_ready()
        yield house
    finally:
        house.end()
