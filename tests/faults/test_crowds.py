"""Three hundred clients that send a byte a second, and three hundred streams in which nothing happens."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from supportflow.accounts.operations import create_user
from tests.conftest import BY
from tests.faults.away import Away
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import Outside, at_once
from tests.house.processes import wait_until

CROWD = 300
ARRIVING = 100  # at once; of more than 200 requests that wait for their turn, the rest is told to come back
STREAMS_EACH = 20  # of one person


def session_of(number: int) -> str:
    user = create_user(f"crowd-{number}@supportflow.example", f"Crowd {number}", "AGENT", by=BY)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key
    return session.session_key


HEAD = b"POST /api/tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


class SlowClient:
    """Never finishes its headers, or its body. Sent away, it comes back: there are always as many."""

    def __init__(self, port: int, *, ends_headers: bool) -> None:
        self._port, self._ends_headers = port, ends_headers
        self._come()

    def _come(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.sendall(HEAD + b"Content-Length: 500\r\n\r\n{" if self._ends_headers else HEAD)

    def send_a_byte(self) -> bool:
        """False when it had been sent away."""
        try:
            self._socket.sendall(b" " if self._ends_headers else b"X")
        except OSError:
            self.close()
            self._come()
            return False
        return True

    def close(self) -> None:
        self._socket.close()


@contextmanager
def slow_clients(port: int) -> Iterator[list[str]]:
    """Half of them are slow with their headers, half with their body. Yields a line for each that was sent away."""
    sent_away: list[str] = []
    stop = threading.Event()
    with ExitStack() as stack:
        clients = [SlowClient(port, ends_headers=bool(number % 2)) for number in range(CROWD)]
        for client in clients:
            stack.callback(client.close)

        def drip() -> None:
            while not stop.wait(1):
                sent_away.extend("sent away" for client in clients if not client.send_a_byte())

        finished = at_once([drip])
        try:
            yield sent_away
        finally:
            stop.set()
            finished()


@contextmanager
def idle_streams(port: int) -> Iterator[list[socket.socket]]:
    sessions = [session_of(number) for number in range(CROWD // STREAMS_EACH)]
    with ExitStack() as stack:
        streams = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(CROWD)]
        for first in range(0, CROWD, ARRIVING):
            for number, stream in enumerate(streams[first : first + ARRIVING], first):
                cookie = f"sessionid={sessions[number % len(sessions)]}"
                stream.sendall(f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode())
            answers = {stream.recv(15) for stream in streams[first : first + ARRIVING]}
            assert answers == {b"HTTP/1.1 200 OK"}
        yield streams


def slowest(outside: Outside, rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.monotonic()
        outside.reply(outside.open_ticket())
        outside.send_mail()
        took.append(time.monotonic() - began)
    return max(took)


def is_told(streams: list[socket.socket], hinted: set[socket.socket]) -> bool:
    """Whether each has got a hint of the tickets; `hinted` remembers which have."""
    for stream in select.select(list(set(streams) - hinted), [], [], 1)[0]:
        if b"data:" in stream.recv(65536):
            hinted.add(stream)
    return len(hinted) == CROWD


def test_a_slow_crowd_and_an_idle_one_stand_in_nobodys_way(outside: Outside, away: Away, books: Books) -> None:
    with idle_streams(outside.house.port) as streams, slow_clients(outside.house.port) as sent_away:
        took = slowest(outside, 4)
        wait_until(partial(is_told, streams, set()), "a hint in each stream")
    assert not outside.tried_again, "nobody was told to wait"
    assert outside.house.is_ready()
    settle(books, hurry=True)
    check(books, outside.ledger, away)
    print(  # noqa: T201  a figure
        f"ticket, reply and mail: {took:.2f} s at most; {len(sent_away)} slow clients were sent away"
    )
