"""Three hundred clients that send a byte a second, and three hundred streams in which nothing happens."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from supportflow.accounts.operations import create_user
from tests.conftest import BY
from tests.faults.away import Away
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import Outside

CROWD = 300
ARRIVING = 100  # at once; of more than 200 requests that wait for their turn, the rest is told to come back
STREAMS_EACH = 20  # of one person
PATIENT = 5.0  # seconds for what takes some milliseconds alone


def session_of(number: int) -> str:
    user = create_user(f"crowd-{number}@supportflow.example", f"Crowd {number}", "AGENT", by=BY)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key
    return session.session_key


@contextmanager
def slow_clients(port: int) -> Iterator[list[socket.socket]]:
    """Half of them never finish their headers, half never their body."""
    with ExitStack() as stack:
        head = b"POST /api/tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(CROWD)]
        for number, client in enumerate(clients):
            client.sendall(head if number % 2 else head + b"Content-Length: 500\r\n\r\n{")
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(1):
                for client in clients:
                    try:
                        client.send(b" " if client.fileno() % 2 else b"X")
                    except OSError:
                        continue

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            yield clients
        finally:
            stop.set()
            dripping.join()


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


def test_a_slow_crowd_and_an_idle_one_stand_in_nobodys_way(outside: Outside, away: Away, books: Books) -> None:
    with idle_streams(outside.house.port) as streams, slow_clients(outside.house.port):
        assert slowest(outside, 4) < PATIENT
        deadline = time.monotonic() + PATIENT
        hinted: set[socket.socket] = set()
        while len(hinted) < CROWD and time.monotonic() < deadline:
            for stream in select.select(list(set(streams) - hinted), [], [], 1)[0]:
                if b"data:" in stream.recv(65536):
                    hinted.add(stream)
        assert len(hinted) == CROWD, "each stream told of the tickets"
    assert outside.house.is_ready()
    settle(books, hurry=True)
    check(books, outside.ledger, away)
