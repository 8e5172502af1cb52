"""The one place that speaks SMTP to the world. Nothing here touches the database."""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from django.conf import settings

TIMEOUT = 30.0  # seconds for each step of the conversation


@dataclass(frozen=True)
class NotSent(Exception):
    """`permanent`: trying again would not help."""

    reason: str
    permanent: bool

    def __str__(self) -> str:
        return self.reason


def deliver(sender: str, recipients: Sequence[str], message: bytes) -> str:
    """Hand the message to the SMTP server; returns which recipients it refused, in words. Raises NotSent."""
    try:
        with _connect() as server:
            refused = server.sendmail(sender, list(recipients), message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _text in error.recipients.values()}
        raise NotSent(_in_words(error.recipients), permanent=all(code >= 500 for code in codes)) from None
    except smtplib.SMTPResponseException as error:
        # A refused sign-in (535) or policy (530, 550 at MAIL) is the operator's to mend; only a refusal of this
        # message or its recipients is final.
        final = error.smtp_code >= 500 and isinstance(error, smtplib.SMTPDataError)
        raise NotSent(f"{error.smtp_code} {_text(error.smtp_error)}", permanent=final) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{type(error).__name__}: {error}", permanent=False) from None
    return _in_words(refused)


def probe() -> None:
    """Connect and sign in as `deliver` would, and send nothing. Raises NotSent."""
    try:
        _connect().quit()
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{type(error).__name__}: {error}", permanent=False) from None


def _connect() -> smtplib.SMTP:
    url = urlsplit(settings.EMAIL_URL)
    host, context = url.hostname or "", ssl.create_default_context()
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=TIMEOUT)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))
    return server


def _in_words(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address}: {code} {_text(text)}" for address, (code, text) in refused.items())


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
