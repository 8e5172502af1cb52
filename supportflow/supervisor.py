"""`supportflow serve`: readies the data folder, then runs web and worker in the foreground until told to stop.

Imports no Django, so that it stays small and starts at once; what needs Django happens in its children. Each child
leads a process group of its own, which is swept when the child has ended; each holds the reading end of one pipe, the
lifeline, and ends itself when the supervisor is gone, even by kill -9.
"""

import errno
import fcntl
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

LIFELINE = "SUPPORTFLOW_LIFELINE"
GRACE = 25.0  # seconds that a child has to end by itself; the worker gives its running jobs 20
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a dead child is started again
STEADY = 60.0  # seconds after which a child counts as well again
STARTING = 20.0  # seconds after which a silent web server is worth a word
MAIL_STARTING = 20.0  # seconds that "Ready" waits for the mail listener
TRIES_BEFORE_READY = 4  # a web server that never answered is a mistake, not an accident


class CannotStart(Exception):
    """Nothing was started; the text is one line that says what to do, or empty when a child said it already."""


def serve(host: str, port: int, data: Path, *, empty: bool) -> int:
    """Run until SIGINT or SIGTERM; returns the exit status."""
    stop = Stop()
    try:
        with sole_use_of(data), lifeline() as environment:
            port = claim(host, port)
            environment |= {"SUPPORTFLOW_DATA": str(data)}
            environment.setdefault("SUPPORTFLOW_BASE_URL", f"http://{url_host(host)}:{port}")
            web = Child("web", ["web", "--host", host, "--port", str(port)], environment)
            worker = Child("worker", ["worker"], environment)
            try:
                logins = prepare(web, stop, empty=empty)
                wait_until_ready(web, worker, Address(host, port), MailAddress.from_environment(), logins, stop)
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


@dataclass
class Address:
    host: str
    port: int

    def answers(self) -> bool:
        """Whether the web server is there and healthy."""
        connection = http.client.HTTPConnection(reachable(self.host), self.port, timeout=2)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def __str__(self) -> str:
        return f"http://{url_host(self.host)}:{self.port}"


@dataclass
class MailAddress:
    """Where the worker takes mail; the worker itself says what is wrong with it."""

    host: str
    port: int

    @classmethod
    def from_environment(cls) -> "MailAddress | None":
        """None where mail is off, or where something else holds the port, which is said."""
        host, _, port = os.environ.get("SMTP_LISTEN", "127.0.0.1:2525").strip().rpartition(":")
        if not host or not port.isdigit():
            return None
        try:
            claim(host.strip("[]"), int(port))
        except CannotStart:
            advice = "No mail is taken until it is free; or set SMTP_LISTEN to another."
            say(f"Mail: port {port} at {host} cannot be had. {advice}", to_stderr=True)
            return None
        return cls(host.strip("[]"), int(port))

    def answers(self) -> bool:
        try:
            with socket.create_connection((reachable(self.host), self.port), timeout=2) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False


@contextmanager
def sole_use_of(data: Path) -> Iterator[None]:
    """The data folder, made if needed, for this supervisor alone; the kernel frees it however we end."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        file = (data / "supervisor.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise CannotStart(
            f"The data folder {data} cannot be used: {error.strerror}. Choose another with --data."
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            process = file.read().strip() or "unknown"
            raise CannotStart(
                f"SupportFlow already runs on the data folder {data} (process {process}). Stop it first."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


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


def claim(host: str, port: int) -> int:
    """The port, after making sure that it can be had; for 0 any free one."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except socket.gaierror:
        raise CannotStart(f"--host {host} is not a known address. Use one such as 127.0.0.1 or 0.0.0.0.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"is in use. Stop what uses it, or choose another, such as --port {port % 65535 + 1}"
        elif error.errno == errno.EACCES:
            advice = "may only be used by root. Choose one above 1023 with --port"
        else:
            advice = f"cannot be used: {error.strerror}. Choose others with --host and --port"
        raise CannotStart(f"Port {port} at {host} {advice}.") from None


def prepare(web: Child, stop: Stop, *, empty: bool) -> list[tuple[str, str]]:
    """Start the web server, which brings the data up to date before it serves: a child of its own would cost a second.

    Returns the demo logins, as (address, password). Raises CannotStart when it ended instead; it said why.
    """
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    web.tend(["--prepare", str(writing), *(["--empty"] if empty else [])], writing)
    os.close(writing)
    answer = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while not stop.asked:
            if select.select([pipe], [], [], 0.05)[0]:
                if not (part := pipe.read(65536)):
                    break
                answer += part
    if not answer or stop.asked:
        raise CannotStart
    return [(email, password) for email, password in json.loads(answer)["logins"]]


def wait_until_ready(
    web: Child,
    worker: Child,
    address: Address,
    mail: MailAddress | None,
    logins: list[tuple[str, str]],
    stop: Stop,
) -> None:
    """Tend both until pages and mail are answered. Raises CannotStart when the web server dies again and again."""
    told, doubt, mail_doubt = False, time.monotonic() + STARTING, time.monotonic() + MAIL_STARTING
    while not stop.wait(0.05):
        web.tend()
        worker.tend()
        takes_mail = mail is None or time.monotonic() > mail_doubt or mail.answers()
        if takes_mail and web.process is not None and address.answers():
            say(f"Ready: {address}")
            for email, password in logins:
                say(f"Sign in: {email}  password: {password}")
            return
        if web.deaths >= TRIES_BEFORE_READY:
            raise CannotStart("The web server does not start; the lines above say why.")
        if not told and time.monotonic() > doubt:
            told = True
            say(f"Still waiting for {address}/healthz to answer.", to_stderr=True)


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


def reachable(host: str) -> str:
    """An address to reach a server that listens on all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound


def url_host(host: str) -> str:
    host = reachable(host)
    return f"[{host}]" if ":" in host else host


def say(text: str, *, to_stderr: bool = False) -> None:
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)
