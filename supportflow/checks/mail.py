"""Mail: whether the servers for outgoing and fetched mail let us in, whether ours for incoming mail answers."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from supportflow.checks.findings import Finding
from supportflow.mail import transport
from supportflow.mail.address import ImapAddress

PATIENCE = 5.0  # seconds for a mail server to answer


def mail() -> Iterator[Finding]:
    yield outgoing_mail()
    yield incoming_mail()
    if settings.IMAP is not None:
        yield fetched_mail(settings.IMAP)


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


def fetched_mail(address: ImapAddress) -> Finding:
    from supportflow.mail import imap  # its library is of no use where nothing is fetched

    try:
        is_encrypted = imap.probe(address)
    except imap.NotFetched as error:
        return Finding("fetched mail", f"{address.name} does not open: {error}. Is IMAP_URL right?", is_wrong=True)
    if not is_encrypted:
        text = f"{address.name} opens; the password goes there unencrypted. Write imaps://, if the server can"
        return Finding("fetched mail", text, is_notable=True)
    return Finding("fetched mail", f"{address.name} opens")


def greets(host: str, port: int) -> bool:
    """Whether a mail server says 220 there."""
    try:
        with socket.create_connection((host, port), PATIENCE) as connected:
            return connected.recv(4) == b"220 "
    except OSError:
        return False
