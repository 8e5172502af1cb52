"""The SMTP listener: says 250 only when the mail is durable, and never more than one mail's worth to one peer."""

import asyncio
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import structlog
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import DatabaseError, connections

from supportflow.desk.models import Mailbox
from supportflow.mail.parsing import MAX_MAIL
from supportflow.mail.receiving import receive

MAX_RECIPIENTS = 100
MAX_CONNECTIONS = 100
MAX_RECEIVING = 8  # mails in memory at once, at most 35 MB each
IDLE = 60.0  # seconds without a word
log = structlog.get_logger("supportflow.mail")


class Handler:
    """What the server asks us at each step (aiosmtpd's names)."""

    def __init__(self) -> None:
        self._storing = asyncio.Semaphore(MAX_RECEIVING)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients; send the rest in another mail"
        try:
            ours = await asyncio.to_thread(_is_ours, address)
        except DatabaseError:
            return "451 4.3.0 Try again later"
        if not ours:
            return "550 5.7.1 We take no mail for this address"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        sender = (envelope.mail_from or "").removeprefix("<>")  # the null return path of a bounce
        try:
            async with self._storing:
                mail_id = await asyncio.to_thread(_store, raw, sender, list(envelope.rcpt_tos))
        except Exception as error:  # noqa: BLE001  whatever it is, the sender keeps the mail and tries again
            log.error("mail.not_stored", error=type(error).__name__, size=len(raw))
            return "451 4.3.0 It could not be stored; try again later"
        log.info("mail.received", mail=mail_id, size=len(raw))
        return f"250 2.0.0 Kept as {mail_id}"


P = ParamSpec("P")
R = TypeVar("R")


def _on_a_thread(function: Callable[P, R]) -> Callable[P, R]:
    """The threads of asyncio come and go: each call leaves no connection behind."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return run


@_on_a_thread
def _is_ours(address: str) -> bool:
    if address.rpartition("@")[2].lower() in settings.SMTP_ACCEPT:
        return True
    return address.isprintable() and Mailbox.objects.filter(address=address.lower(), is_active=True).exists()


@_on_a_thread
def _store(raw: bytes, envelope_from: str, envelope_to: list[str]) -> int:
    mail, _is_new = receive(raw, envelope_from, envelope_to, source="smtp")
    pk: int = mail.pk
    return pk


class BoundedSMTP(SMTP):
    """Refuses the hundred-and-first connection instead of growing with a flood."""

    open_connections = 0
    # RFC 5321 allows 1,000 bytes a line; real senders break it, and a refusal would lose their mail.
    line_length_limit = 1_000_000

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        BoundedSMTP.open_connections += 1
        if BoundedSMTP.open_connections > MAX_CONNECTIONS and isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.3.2 Too many connections; try again later\r\n")
            transport.close()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        BoundedSMTP.open_connections -= 1
        super().connection_lost(error)


class Listener(Controller):
    def factory(self) -> SMTP:
        return BoundedSMTP(
            self.handler,
            data_size_limit=MAX_MAIL,
            enable_SMTPUTF8=True,
            hostname=settings.MAIL_ADDRESS.rpartition("@")[2],
            ident="SupportFlow",
            timeout=IDLE,
            loop=self.loop,
        )


def start() -> Listener:
    """The running listener at SMTP_LISTEN, to be stopped with `.stop()`. Raises OSError when the port is taken."""
    assert settings.SMTP_LISTEN is not None
    host, port = settings.SMTP_LISTEN
    listener = Listener(Handler(), hostname=host, port=port)
    listener.start()
    log.info("mail.listening", host=host, port=port)
    return listener
