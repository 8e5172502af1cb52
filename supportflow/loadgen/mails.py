"""The mails behind the conversations: received ones with their bytes, sent ones as settled rows."""

import hashlib
from base64 import b64encode
from datetime import timedelta
from email.utils import format_datetime
from random import Random

from supportflow.loadgen.cast import DOMAIN, Cast
from supportflow.loadgen.lives import Act, Life, Said
from supportflow.loadgen.tables import Ids, Table
from supportflow.mail.identity import fingerprint, message_id
from supportflow.mail.models import InboundMail, OutgoingMail, RawMail

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


class Mails:
    def __init__(self, rng: Random, cast: Cast) -> None:
        self._rng, self._mailbox = rng, cast.mailbox.address
        self._inbound = Table(
            InboundMail,
            "id sha256 size source envelope_from envelope_to state attempts identity message_id ticket_id comment_id "
            "received_at settled_at",
        )
        self._raw = Table(RawMail, "mail_id content")
        self._outgoing = Table(
            OutgoingMail,
            "message_id comment_id ticket_id sender recipients subject state attempts error due_at created_at "
            "settled_at",
        )
        self.tables = [self._inbound, self._raw, self._outgoing]
        self._ids = Ids(InboundMail)

    def begin(self) -> None:
        self._ids.begin()

    def write(self) -> None:
        for table in self.tables:
            table.write()

    def received(self, said: Said, life: Life) -> None:
        """The mail that this comment was made of."""
        pk, sender = next(self._ids), life.customer.email
        name = f"<{pk}.{self._rng.getrandbits(60):x}@mail.{DOMAIN}>"
        raw = self._write(name, said, life)
        at, settled = str(said.at), str(said.at + timedelta(seconds=1))
        self._inbound.add(
            pk, hashlib.sha256(raw).hexdigest(), len(raw), "smtp", sender, f'["{self._mailbox}"]', "DONE", 1,
            fingerprint(name, sender), name, life.id, said.id, at, settled,
        )  # fmt: skip
        self._raw.add(pk, raw)
        life.last_mail = name

    def sent(self, act: Act) -> None:
        """The mail that carried this comment out, or came back."""
        said, life = act.said, act.ticket
        assert said is not None
        # The same seed a second time throws the same dice; the comment's number is another.
        bits = self._rng.getrandbits(66) << 64 | said.id
        name = message_id(
            "".join(_LETTERS[bits >> 5 * place & 31] for place in range(26)), self._mailbox.partition("@")[2]
        )
        recipients = ", ".join(f'"{one.email}"' for one in (life.customer, *life.further) if one.email)
        subject = f"{'' if said.opening else 'Re: '}{life.subject} [{life.number}]"
        created, settled = str(said.at), str(act.at)
        self._outgoing.add(
            name, said.id, life.id, self._mailbox, f"[{recipients}]", subject, said.delivery, 1, said.error,
            created, created, settled,
        )  # fmt: skip
        life.last_mail = name

    def _write(self, name: str, said: Said, life: Life) -> bytes:
        subject = life.subject if said.opening else f"Re: {life.subject} [{life.number}]"
        lines = [
            f"From: {_word(said.author.name)} <{life.customer.email}>",
            f"To: {self._mailbox}",
            f"Subject: {_word(subject)}",
            f"Message-ID: {name}",
            f"Date: {format_datetime(said.at)}",
            "MIME-Version: 1.0",
        ]
        if life.last_mail:
            lines.append(f"In-Reply-To: {life.last_mail}")
        text = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + said.body.source
        content = _with_files(text, said) if said.files else text
        return "\r\n".join(("\n".join(lines) + "\n" + content + "\n").splitlines()).encode() + b"\r\n"


def _with_files(text: str, said: Said) -> str:
    parts = [text] + [
        f"Content-Type: {file.content_type}\nContent-Transfer-Encoding: base64\n"
        f"Content-Disposition: attachment; filename*=utf-8''{_percent(file.name)}\n\n{file.base64}"
        for file in said.files
    ]
    boundary = "part-of-this-mail"
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n{body}--{boundary}--'


def _percent(name: str) -> str:
    """RFC 5987."""
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in name.encode())


def _word(text: str) -> str:
    """For a header (RFC 2047): as it is, or in encoded words of at most 45 bytes each."""
    if text.isascii() and text.replace(" ", "").replace(".", "").replace("-", "").isalnum():
        return text
    parts, part = [], ""
    for letter in text:
        if len((part + letter).encode()) > 42:
            parts.append(part)
            part = ""
        part += letter
    return "\n ".join(f"=?utf-8?B?{b64encode(one.encode()).decode()}?=" for one in [*parts, part])
