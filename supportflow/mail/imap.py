"""The one place that speaks IMAP, with imap-tools. Nothing here touches the database."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from imaplib import IMAP4
from typing import Any

from django.utils.translation import gettext as _
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, UnexpectedCommandStatusError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.query import AND, OR, U

from supportflow.core.masking import without_secrets
from supportflow.core.text import tidy_line
from supportflow.mail.address import ImapAddress
from supportflow.mail.parsing import MAX_MAIL

PATIENCE = 30.0  # seconds without a word
LONGEST = 600.0  # seconds of one connection: a server that sends a byte now and then does not hold us for ever
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,15})")
_EMPTY = re.compile(rb'BODY\[\](?:<0>)? ""')
_NOTHING = re.compile(rb"BODY\[\](?:<0>)? NIL")  # deleted while we are signed in: Dovecot says it so, once


class NotFetched(Exception):
    """The connection is of no more use: it could not be made, or it broke. Its text is the reason, for operators."""


class Refusal(NotFetched):
    """The server will not do this one thing; the connection goes on."""


@dataclass(frozen=True)
class Fetched:
    content: bytes  # the beginning of it, when it is over the limit
    size: int  # of the whole


class Box:
    """A folder that is open on the server."""

    def __init__(self, mailbox: BaseMailBox) -> None:
        self._mailbox = mailbox
        self.uidvalidity = self._number("UIDVALIDITY")
        self.uidnext = self._number("UIDNEXT")

    @property
    def is_encrypted(self) -> bool:
        return isinstance(self._mailbox.client.sock, ssl.SSLSocket)

    def unread(self, since: date | None = None) -> list[int]:
        """The UIDs of what nobody has read, and with `since` of all that came on that day or later."""
        return self._uids(OR(seen=False, date_gte=since) if since else AND(seen=False))

    def after(self, uid: int) -> list[int]:
        # A range names the last message even where its number is lower than both ends.
        return [found for found in self._uids(AND(uid=U(str(uid + 1), "*"))) if found > uid]

    def fetch(self, uid: int) -> Fetched | None:
        """The bytes as they are, still unread; None when the message is gone. Never more than a byte over the limit."""
        with _in_words():
            wanted = f"(UID RFC822.SIZE BODY.PEEK[]<0.{MAX_MAIL + 1}>)"
            answer = self._mailbox.client.uid("FETCH", str(uid), wanted)
            _expect_ok(answer)
            return _fetched(answer[1])

    def mark_read(self, uid: int) -> None:
        # Not imap-tools' flag(): it expunges, and so deletes for good what somebody else has marked as deleted.
        with _in_words():
            _expect_ok(self._mailbox.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    def _uids(self, criteria: Any) -> list[int]:
        with _in_words():
            return sorted(map(int, self._mailbox.uids(criteria, charset=None)))

    def _number(self, name: str) -> int:
        with _in_words():
            answer = self._mailbox.client.response(name)[1][0]
            if not isinstance(answer, bytes):
                raise NotFetched(_("The server does not tell its %(name)s.") % {"name": name})
            return int(answer)


@contextmanager
def opened(address: ImapAddress) -> Iterator[Box]:
    """Signed in, with the folder selected. Raises NotFetched."""
    mailbox = _connect(address)
    end = threading.Timer(LONGEST, _cut, [mailbox])
    end.daemon = True
    end.start()
    try:
        _sign_in(mailbox, address)
        _select(mailbox, address)
        yield Box(mailbox)
        with suppress(Exception):
            mailbox.logout()
    finally:
        end.cancel()
        with suppress(Exception):
            mailbox.client.shutdown()


def probe(address: ImapAddress) -> bool:
    """Whether `opened` works encrypted. Raises NotFetched where it does not work at all."""
    with opened(address) as box:
        return box.is_encrypted


def _connect(address: ImapAddress) -> BaseMailBox:
    with _in_words():
        context = ssl.create_default_context()
        if address.is_tls:
            return MailBox(address.host, address.port, timeout=PATIENCE, ssl_context=context)
        mailbox = MailBoxUnencrypted(address.host, address.port, timeout=PATIENCE)
        if "STARTTLS" not in mailbox.client.capabilities:
            return mailbox
        with suppress(Exception):
            mailbox.logout()
        return MailBoxStartTls(address.host, address.port, timeout=PATIENCE, ssl_context=context)


def _sign_in(mailbox: BaseMailBox, address: ImapAddress) -> None:
    is_plain = (address.user + address.password).isascii()
    sign_in = mailbox.login if is_plain else mailbox.login_utf8
    with _in_words():
        try:
            sign_in(address.user, address.password, initial_folder=None)
        except IMAP4.abort:
            raise
        except (UnexpectedCommandStatusError, IMAP4.error) as error:
            raise NotFetched(_("The server refuses the sign-in: %(answer)s") % {"answer": _answer(error)}) from None


def _select(mailbox: BaseMailBox, address: ImapAddress) -> None:
    with _in_words():
        try:
            mailbox.folder.set(address.folder)
        except (MailboxFolderSelectError, IMAP4.readonly) as error:
            told = {"folder": address.folder, "answer": _answer(error)}
            raise NotFetched(_("The folder %(folder)s cannot be opened: %(answer)s") % told) from None


def _cut(mailbox: BaseMailBox) -> None:
    with suppress(OSError):
        # Not the method of a TLS socket: it would take the state away from the thread that reads.
        socket.socket.shutdown(mailbox.client.sock, socket.SHUT_RDWR)


def _expect_ok(answer: tuple[str, list[Any]]) -> None:
    if answer[0] != "OK":
        raise Refusal(_("The server answers: %(answer)s") % {"answer": _plain(answer[1])})


def _fetched(parts: list[Any]) -> Fetched | None:
    """What the server told of one message; other things it may tell between."""
    told = b" ".join(part[0] if isinstance(part, tuple) else part or b"" for part in parts)
    bodies = [part[1] for part in parts if isinstance(part, tuple) and b"BODY[]" in part[0]]
    if not bodies and _EMPTY.search(told):
        bodies = [b""]
    if not bodies:
        if b"BODY[]" in told and not _NOTHING.search(told):
            raise Refusal(_("The server's answer cannot be read."))
        return None
    size = _SIZE.search(told)
    return Fetched(bodies[0], max(len(bodies[0]), int(size[1]) if size else 0))


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except NotFetched:
        raise
    except TimeoutError:
        text = _("The server does not answer within %(seconds)d seconds.") % {"seconds": PATIENCE}
        raise NotFetched(text) from None
    except IMAP4.abort as error:
        raise NotFetched(_("The connection broke: %(answer)s") % {"answer": _answer(error)}) from None
    except OSError as error:
        reason = tidy_line(error.strerror or str(error))[:300]
        raise NotFetched(_("The server cannot be reached: %(reason)s") % {"reason": reason}) from None
    except (IMAP4.error, ImapToolsError) as error:
        raise NotFetched(f"{type(error).__name__}: {_answer(error)}") from None
    except Exception as error:
        # imaplib trusts its server: nonsense ends in errors of every kind.
        raise NotFetched(
            _("The server's answer cannot be read (%(kind)s).") % {"kind": type(error).__name__}
        ) from error


def _answer(error: Exception) -> str:
    if isinstance(error, UnexpectedCommandStatusError):
        return _plain(error.command_result[1])
    return _plain(error.args)


def _plain(told: Any) -> str:
    """What the server said, as one bounded line without our password in it."""
    parts = told if isinstance(told, list | tuple) else [told]
    words = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts if part]
    return without_secrets(tidy_line(" ".join(words))[:300])
