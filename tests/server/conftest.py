"""A server that really runs: granian, the bridge, Django's middleware, over the test's site."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, free_port
from tests.waiting import until


@dataclass
class Answer:
    status: int
    headers: Message
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class RunningServer:
    port: int
    data: Path
    process: "subprocess.Popen[bytes]"
    opened: ExitStack = field(default_factory=ExitStack)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Headers are written with underscores: `Content_Type="text/plain"`."""
        with closing(self.connect()) as connection:
            return self.ask(connection, method, path, body, **headers)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: Any = None, **headers: str
    ) -> Answer:
        """As `request`, on a connection that stays open."""
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        with connection.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read())

    def raw(self, text: bytes) -> socket.socket:
        """A connection on which these bytes were sent; closed after the test."""
        connection = self.opened.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=60))
        connection.sendall(text)
        return connection

    def log(self) -> str:
        return (self.data / f"log-{self.port}").read_text()

    def answers(self) -> bool:
        try:
            return self.request("GET", "/hello").status == 200
        except OSError:
            return False


def read_all(connection: socket.socket) -> bytes:
    parts: list[bytes] = []
    while True:
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)


def start_server(data: Path, workers: int = 1) -> RunningServer:
    """On a data folder that may be shared: the first start in it makes the stylesheet and takes its time."""
    port = free_port()
    log_file = data / f"log-{port}"
    environment = {"PATH": os.environ["PATH"], "SUPPORTFLOW_DATA": str(data), "LOG_FORMAT": "json"}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.process", str(port), str(workers)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    running = RunningServer(port, data, process)
    until(lambda: process.poll() is not None or running.answers(), "the server")
    assert process.poll() is None, running.log()
    return running


def stop_server(running: RunningServer) -> int:
    running.process.send_signal(signal.SIGTERM)
    try:
        return running.process.wait(timeout=30)
    finally:
        running.process.kill()
        running.process.communicate()
        running.opened.close()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="session")
def shared_server(data: Path) -> Iterator[RunningServer]:
    running = start_server(data)
    yield running
    stop_server(running)


@pytest.fixture
def server(shared_server: RunningServer) -> Iterator[RunningServer]:
    yield shared_server
    shared_server.opened.close()


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    """Nothing here counts, and there is no database to count in."""
