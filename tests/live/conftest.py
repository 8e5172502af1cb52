"""Two web processes on the suite's database, and what their live streams tell."""

import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from supportflow.accounts.models import User
from tests.conftest import World, make_world
from tests.processes import ROOT, environment, free_port
from tests.waiting import until


@dataclass
class WebProcess:
    port: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)


@dataclass
class Stream:
    """One browser tab's stream. Its first line has been read: the server knows of it."""

    answer: http.client.HTTPResponse

    def event(self) -> dict[str, Any] | None:
        """The next event, None at the end of the stream."""
        told: dict[str, Any] = {}
        while line := self.answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                told["id"] = int(value)
            elif name == "data":
                told.update(json.loads(value))
                return told
        return None


OpenStream = Callable[..., Stream]


@pytest.fixture(scope="session")
def web_processes(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[WebProcess, WebProcess]]:
    """Two servers for all tests here: the database is emptied under them after each."""
    with ExitStack() as ending:
        first, second = (ending.enter_context(running_server(tmp_path_factory.mktemp("web"))) for _ in range(2))
        yield first, second


@contextmanager
def running_server(logs: Path) -> Iterator[WebProcess]:
    server = WebProcess(free_port())
    with (logs / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "supportflow", "web", "--port", str(server.port), "--workers", "1"],
            cwd=ROOT,
            env=environment(),
            stdout=log,
            stderr=log,
        )
        try:
            until(lambda: process.poll() is not None or answers(server), "the web server")
            assert process.poll() is None, Path(log.name).read_text()
            yield server
            process.terminate()
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()


def answers(server: WebProcess) -> bool:
    connection = server.connect()
    try:
        connection.request("GET", "/live")
        return connection.getresponse().status == 401
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture
def committed_world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def open_stream(
    committed_world: World, web_processes: tuple[WebProcess, WebProcess], sign_in: Callable[[User], Client]
) -> Iterator[OpenStream]:
    """`open_stream(user, after=…)` on the second process; closed after the test."""
    with ExitStack() as opened:

        def stream(user: User, expect: int = 200, last_event_id: str = "", **query: int) -> Stream:
            cookie = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
            connection = web_processes[1].connect()
            opened.callback(connection.close)
            headers = {"Cookie": f"sessionid={cookie}"} | ({"Last-Event-ID": last_event_id} if last_event_id else {})
            connection.request("GET", f"/live?{urlencode(query)}", headers=headers)
            answer = opened.enter_context(connection.getresponse())
            assert answer.status == expect
            if expect == 200:
                assert answer.readline().startswith(b"retry: ")
            return Stream(answer)

        yield stream
