"""The customers' mail server, which misbehaves when told to. It keeps what it took and what it answered."""

import asyncio
import email
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.house import steady_port
from tests.faults.marks import marks_in
from tests.house.processes import wait_until

MOODS = {
    "well",
    "busy",  # 451 to every mail
    "refuses",  # 550 to every mail
    "refuses people",  # 550 to every recipient
    "hangs",  # takes the mail and says nothing
    "dies after the dot",  # takes the mail, and cuts the connection instead of saying 250
}


@dataclass(frozen=True)
class Taken:
    message_id: str
    marks: frozenset[str]
    told: bool  # whether it got to say 250


class Away:
    def __init__(self) -> None:
        self.port = steady_port()
        self.mood = "well"
        self.taken: list[Taken] = []
        self.tries = 0
        self.holding = threading.Event()  # a mail is here and hangs
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def up(self) -> None:
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def down(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def has_tried_since(self, tries: int) -> bool:
        return self.tries > tries

    def counts(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(taken.message_id for taken in self.taken)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mood == "refuses people":
            self.tries += 1
            return "550 5.1.1 Nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.tries += 1
        match self.mood:
            case "busy":
                return "451 4.7.1 Come back later"
            case "refuses":
                return "550 5.7.1 Not that"
            case "hangs":
                self.holding.set()
                await asyncio.to_thread(wait_until, lambda: self.mood != "hangs", "an end of its hanging")
                return _cut(server)
            case "dies after the dot":
                self._keep(envelope, told=False)
                return _cut(server)
        self._keep(envelope, told=True)
        return "250 kept"

    def _keep(self, envelope: Envelope, *, told: bool) -> None:
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=default)
        body = mail.get_body(("plain",))
        text = f"{mail['Subject']} {body.get_content() if body else ''}"
        self.taken.append(Taken(str(mail["Message-ID"]), frozenset(marks_in(text)), told))


def _cut(server: SMTP) -> str:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
    return "250 nobody hears this"


class _Controller(Controller):
    def __init__(self, away: Away, **options: Any) -> None:
        super().__init__(away, **options)

    def _create_server(self) -> Any:
        """On its port again at once, whatever connections of before still linger."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((self.hostname, self.port))
        return self.loop.create_server(self._factory_invoker, sock=listening)


@contextmanager
def mail_server() -> Iterator[Away]:
    away = Away()
    away.up()
    try:
        yield away
    finally:
        away.down()
