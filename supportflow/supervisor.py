"""`supportflow serve`: readies the data folder, then runs web and worker in the foreground until told to stop.

Imports no Django, so that it stays small and starts at once; what needs Django happens in its children. Each child
leads a process group of its own, which is swept when the child has ended; each holds the reading end of one pipe, the
lifeline, and ends itself when the supervisor is gone, even by kill -9.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from supportflow import folderlock
from supportflow.ports import Address, CannotStart, MailAddress, claim, say, url_host

LIFELINE = "SUPPORTFLOW_LIFELINE"
GRACE = 25.0  # seconds that a child has to end by itself; the worker gives its running jobs 20
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a dead child is started again
STEADY = 60.0  # seconds after which a child counts as well again
STARTING = 20.0  # seconds after which a silent web server is worth a word
MAIL_PATIENCE = 10.0  # seconds that mail may come later than the pages
TRIES_BEFORE_READY = 4  # a web server that never answered is a mistake, not an accident


def serve(host: str, port: int, data: Path, *, empty: bool) -> int:
    """Run until SIGINT or SIGTERM; returns the exit status."""
    stop = Stop()
    try:
        with folderlock.supervising(data), lifeline() as environment:
            port = claim(host, port)
            environment |= {"SUPPORTFLOW_DATA": str(data)}
            environment.setdefault("SUPPORTFLOW_BASE_URL", f"http://{url_host(host)}:{port}")
            mail = MailAddress.from_environment()
            web = Child("web", ["web", "--host", host, "--port", str(port)], environment)
            worker = Child("worker", ["worker"], environment)
            try:
                logins = prepare(web, worker, stop, empty=empty)
                wait_until_ready(web, worker, Address(host, port), mail, stop)
                if not stop.asked:
                    greet(Address(host, port), logins)
                while not stop.wait(0.2):
                    web.tend()
                    worker.tend()
            finally:
                end([web, worker], stop)
    except CannotStart as problem:
        if str(problem):
            say(f"Error: {problem}", to_stderr=True)
        return 0 if stop.asked else 1
    return 0


class Stop:
    """Set by Ctrl-C or SIGTERM; asking twice means at once."""

    def __init__(self) -> None:
        self.times = 0
        self._event = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.times += 1
        self._event.set()

    @property
    def asked(self) -> bool:
        return self.times > 0

    def wait(self, seconds: float) -> bool:
        return self._event.wait(seconds)


@dataclass
class Child:
    """One part of SupportFlow as a process; `tend` starts it, and again with growing delay when it has died."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    _started: float = 0.0
    _due: float = field(default=0.0)

    def tend(self, first_arguments: Sequence[str] = (), *pipes: int) -> None:
        now = time.monotonic()
        if self.process is None:
            if now >= self._due:
                arguments = [*self.arguments, *first_arguments]
                self._started, self.process = now, start(arguments, self.environment, *pipes)
        elif self.process.poll() is not None:
            sweep(self.process)
            self.deaths = 1 if now - self._started >= STEADY else self.deaths + 1
            delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (self.deaths - 1))
            say(f"{self.name} ended ({how_it_ended(self.process)}); it starts again in {delay:g} s.", to_stderr=True)
            self.process, self._due = None, now + delay


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


def prepare(web: Child, worker: Child, stop: Stop, *, empty: bool) -> list[tuple[str, str]]:
    """Start both; the web server brings the data up to date before it serves, and the worker waits for that.

    A third process for it would cost a second at every start. Returns the demo logins, as (address, password). Raises
    CannotStart when the web server ended instead; it said why.
    """
    told, tell = os.pipe()
    wait, go = os.pipe()
    web.tend(["--prepare", str(tell), *(["--empty"] if empty else [])], tell)
    worker.tend(["--wait", str(wait)], wait)
    os.close(tell)
    os.close(wait)
    answer = read_all(told, stop)
    if not answer or stop.asked:
        raise CannotStart
    os.close(go)
    return [(email, password) for email, password in json.loads(answer)["logins"]]


def read_all(pipe: int, stop: Stop) -> bytes:
    """What the other side wrote before it closed the pipe, or as much of it as came before we were asked to stop."""
    answer = b""
    with os.fdopen(pipe, "rb", buffering=0) as file:
        while not stop.asked:
            if select.select([file], [], [], 0.05)[0]:
                if not (part := file.read(65536)):
                    break
                answer += part
    return answer


def wait_until_ready(web: Child, worker: Child, address: Address, mail: MailAddress | None, stop: Stop) -> None:
    """Tend both until pages and mail are served. Raises CannotStart when the web server dies again and again."""
    started, serving, doubted = time.monotonic(), 0.0, False
    while not stop.wait(0.03):
        web.tend()
        worker.tend()
        now = time.monotonic()
        if not serving and web.process is not None and address.answers():
            serving = now
        # A mail listener that cannot start says so in the log and tries again; that keeps nobody from the pages.
        if serving and (mail is None or mail.answers() or now - serving > MAIL_PATIENCE):
            return
        if web.deaths >= TRIES_BEFORE_READY:
            raise CannotStart("The web server does not start; the lines above say why.")
        if not serving and not doubted and now - started > STARTING:
            doubted = True
            say(f"Still waiting for {address}/healthz to answer.", to_stderr=True)


def greet(address: Address, logins: list[tuple[str, str]]) -> None:
    say(f"Ready: {address}")
    for email, password in logins:
        say(f"Sign in: {email}  password: {password}")


def start(arguments: list[str], environment: dict[str, str], *pipes: int) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches the supervisor alone, which ends its children in order.
    return subprocess.Popen(
        [sys.executable, "-m", "supportflow", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        pass_fds=[int(environment[LIFELINE]), *pipes],
        start_new_session=True,
    )


def end(children: list[Child], stop: Stop) -> None:
    """Ask all to end; kill what has not after the grace time, or when asked to stop twice."""
    alive = [child.process for child in children if child.process is not None]
    for process in alive:
        with suppress(ProcessLookupError):
            process.terminate()
    deadline = time.monotonic() + GRACE
    while any(process.poll() is None for process in alive) and time.monotonic() < deadline and stop.times < 2:
        time.sleep(0.02)
    for process in alive:
        sweep(process)
        process.wait()


def sweep(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a child's process group: workers that outlived it would keep its port."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def how_it_ended(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
