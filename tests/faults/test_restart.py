"""`bin/serve` restarts on SIGHUP while clients hammer it: no connection is refused, no request lost or done twice."""

import http.client
import json
import os
import pty
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LONG
from tests.faults.away import Away
from tests.faults.conftest import long_form
from tests.faults.house import House
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import Outside
from tests.house.processes import ROOT, Running, descendants_of, environment, is_alive, wait_until

RESTARTS = 3 if LONG else 1
Connection = http.client.HTTPConnection
COMMAND = [sys.executable, "-m", "supportflow"]


@pytest.fixture(autouse=True, scope="module")
def not_under_nohup() -> Iterator[None]:
    """A test run that is told to ignore SIGHUP would pass that on to what it starts."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(
        [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path)],
        ROOT,
        SUPPORTFLOW_API_RATE="1000000",
        LOG_FORMAT="json",
    )
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()
        running.close()


class Hammer:
    """Clients that never try again: whatever goes wrong is a lost request."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.lost: list[str] = []
        self.answered = 0
        self.made: list[str] = []  # subjects of tickets that a POST was answered 201 for
        self._stop = threading.Event()
        self._lock = threading.Lock()
        acts: list[Callable[[int], None]] = [self.keep_reading, self.keep_writing, self.keep_writing, self.connect_anew]
        self._threads = [threading.Thread(target=self._run, args=(act, n)) for n, act in enumerate(acts)]
        for thread in self._threads:
            thread.start()

    def _run(self, act: Callable[[int], None], number: int) -> None:
        try:
            act(number)
        except Exception as error:  # noqa: BLE001  told by the test
            self.lost.append(f"{act.__name__}: {error!r}")

    def _ask(self, connection: Connection, method: str, path: str, body: Any = None, **more: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **more}
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(f"{method} {path}: {error!r}")
            connection.close()
            return None
        with self._lock:
            self.answered += 1
        if answer.status not in {200, 201}:
            self.lost.append(f"{method} {path}: {answer.status} {text[:200]!r}")
            return None
        return json.loads(text) if path.startswith("/api/") else text

    def keep_reading(self, _number: int) -> None:
        with connected(self.port) as connection:
            while not self._stop.is_set():
                self._ask(connection, "GET", "/api/tickets?limit=5")

    def keep_writing(self, number: int) -> None:
        with connected(self.port) as connection:
            contact = self._ask(connection, "GET", "/api/contacts?limit=1")["items"][0]["id"]
            count = 0
            while not self._stop.is_set():
                count += 1
                subject = f"hammered {number}-{count}"
                data = {"subject": subject, "contact_id": contact}
                if self._ask(connection, "POST", "/api/tickets", data, **{"Idempotency-Key": subject[9:]}):
                    self.made.append(subject)

    def connect_anew(self, _number: int) -> None:
        while not self._stop.is_set():
            with connected(self.port) as connection:
                self._ask(connection, "GET", "/healthz")

    def write_some(self) -> None:
        enough = len(self.made) + 20
        wait_until(lambda: len(self.made) > enough or self.lost, "some writing")

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def connected(port: int) -> "closing[http.client.HTTPConnection]":
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60))


def is_restarted(house: House, times: int) -> bool:
    return house.has_printed("Restarted.") == times


def hammered(books: Books) -> list[str]:
    return [subject for (subject,) in books.rows("SELECT subject FROM desk_ticket WHERE subject LIKE 'hammered%'")]


def test_a_restart_loses_no_request_and_does_none_twice(outside: Outside, away: Away, books: Books) -> None:
    house = outside.house
    before = descendants_of(house.pid)
    hammer = Hammer(house.port, outside.token)
    try:
        for number in range(1, RESTARTS + 1):
            hammer.write_some()
            os.kill(house.pid, signal.SIGHUP)
            wait_until(partial(is_restarted, house, number), "the restart")
        hammer.write_some()
    finally:
        hammer.stop()
    assert not hammer.lost, hammer.lost[:5]
    assert not [pid for pid in before if is_alive(pid)], "all are new"
    assert len(descendants_of(house.pid)) == len(before)
    assert sorted(hammered(books)) == sorted(hammer.made)
    settle(books)
    check(books, outside.ledger, away)
    print(f"{hammer.answered} answered, {len(hammer.made)} tickets, {RESTARTS} restarts")  # noqa: T201  a figure


@long_form
def test_a_new_web_server_that_does_not_start_leaves_the_old_one(running: Running, tmp_path: Path) -> None:
    port = int(running.wait_for_line("Ready: ").rpartition(":")[2])
    before = running.children()
    (tmp_path / "secret_key").chmod(0)
    (tmp_path / "secret_key").rename(tmp_path / "aside")
    (tmp_path / "secret_key").mkdir()
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: any("the old one stays" in line for line in running.lines), "the refusal")
    (tmp_path / "secret_key").rmdir()
    (tmp_path / "aside").rename(tmp_path / "secret_key")
    (tmp_path / "secret_key").chmod(0o600)
    assert running.children() == before
    with connected(port) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200


@long_form
def test_a_closed_terminal_ends_it(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(COMMAND[0], [*COMMAND, "serve", "--port", "0", "--data", str(tmp_path), "--empty"], environment())
    told = b""
    while b"Ready: " not in told:
        told += os.read(terminal, 10_000)
    os.close(terminal)
    wait_until(lambda: not is_alive(pid), "the end")
    os.waitpid(pid, 0)
