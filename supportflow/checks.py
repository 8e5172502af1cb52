"""`supportflow check`: what is wrong with this installation and how to mend it. Leaves nothing changed."""

import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.db import Error as DatabaseError
from django.db import connection

from supportflow.files.probing import probe
from supportflow.mail import transport
from supportflow.preparing import pending_migrations

LEAST_FREE = 500 * 1024**2  # bytes: attachments and SQLite's log need room
PATIENCE = 5.0  # seconds for a mail server to answer


@dataclass(frozen=True)
class Finding:
    subject: str
    text: str
    is_wrong: bool = False

    def __str__(self) -> str:
        return f"{'WRONG' if self.is_wrong else 'ok   '}  {self.subject}: {self.text}"


def examine() -> list[Finding]:
    """Every finding, good ones too, in the order in which a person would mend them."""
    return [*configuration(), *database(), *disk(), files(), *mail()]


def configuration() -> Iterator[Finding]:
    """The settings were read already, or this would not run; here is Django's opinion of what an operator sets."""
    told = checks.run_checks(tags=[checks.Tags.caches, checks.Tags.files, checks.Tags.security])
    problems = [message for message in told if not message.is_silenced()]
    for problem in problems:
        yield Finding("configuration", f"{problem.msg} {problem.hint or ''}".strip(), is_wrong=True)
    if not problems:
        yield Finding("configuration", f"data folder {settings.DATA}, address {settings.BASE_URL}")


def database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
        version = ".".join(str(part) for part in connection.get_database_version())
        pending = pending_migrations()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding("database", f"{reason}. Is the server running, is DATABASE_URL right?", is_wrong=True)
        return
    yield Finding("database", f"{connection.display_name} {version}")
    if pending:
        yield Finding("migrations", f"{len(pending)} are not applied. Run: supportflow migrate", is_wrong=True)
    else:
        yield Finding("migrations", "all are applied")


def disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA).free
    if free < LEAST_FREE:
        text = (
            f"only {free // 1024**2} MB are free for {settings.DATA}. Make room, or move the folder: SUPPORTFLOW_DATA"
        )
        yield Finding("disk", text, is_wrong=True)
    else:
        yield Finding("disk", f"{free / 1024**3:.1f} GB are free for {settings.DATA}")


def files() -> Finding:
    """Writes, reads and deletes a probe where the attachments lie."""
    place = settings.STORAGES["default"].get("OPTIONS", {}).get("bucket_name") or settings.MEDIA_ROOT
    if problem := probe():
        return Finding(
            "attachments", f"{place} cannot be used: {problem.rstrip('.')}. Is STORAGE_URL right?", is_wrong=True
        )
    return Finding("attachments", f"{place} takes, gives and forgets files")


def mail() -> Iterator[Finding]:
    yield outgoing_mail()
    yield incoming_mail()


def outgoing_mail() -> Finding:
    if not settings.EMAIL_URL:
        return Finding("outgoing mail", "EMAIL_URL is not set: messages are kept as .eml in the data folder")
    host = urlsplit(settings.EMAIL_URL).hostname
    try:
        transport.probe()
    except transport.NotSent as error:
        return Finding("outgoing mail", f"{host} does not take it: {error}. Is EMAIL_URL right?", is_wrong=True)
    return Finding("outgoing mail", f"{host} takes it")


def incoming_mail() -> Finding:
    if not settings.SMTP_LISTEN:
        return Finding("incoming mail", "SMTP_LISTEN is empty: the mail listener is off")
    host, port = settings.SMTP_LISTEN
    if greets(host, port):
        return Finding("incoming mail", f"the listener answers at {host}:{port}")
    text = f"nothing answers at {host}:{port}. Is `supportflow serve` or `supportflow worker` running?"
    return Finding("incoming mail", text, is_wrong=True)


def greets(host: str, port: int) -> bool:
    """Whether a mail server says 220 there."""
    try:
        with socket.create_connection((host, port), PATIENCE) as connected:
            return connected.recv(4) == b"220 "
    except OSError:
        return False
