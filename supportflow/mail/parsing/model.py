"""What a received mail says, as plain values."""

from dataclasses import dataclass, field
from datetime import datetime

from .addresses import Address


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    """Never empty, without folders and control characters."""
    type: str
    content: bytes = field(repr=False)
    inline: bool = False
    content_id: str = ""
    """Without brackets."""

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One mail. Ids carry their angle brackets; texts are NFC with `\\n` line ends and may be empty."""

    subject: str = ""
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    """Oldest first."""
    date: datetime | None = None
    """As the sender claims, in UTC."""
    text: str = ""
    reply: str = ""
    """`text` without quotes and signature; never empty if `text` is not."""
    html: str = ""
    """Sanitised; images of the mail itself are gone (see `source_html`)."""
    source_html: str = field(default="", repr=False)
    """As received: only for `core.richtext.from_mail_html`, which points `cid:` images at stored files."""
    reply_source_html: str = field(default="", repr=False)
    """The part of `source_html` that `reply` is; empty if there is no HTML or no clean cut (then show `reply`)."""
    attachments: tuple[Attachment, ...] = ()
    is_auto_reply: bool = False
    suppress_autoresponse: bool = False
    is_bounce: bool = False
    bounce_addresses: tuple[str, ...] = ()
    bounce_permanent: bool = False
    bounced_message_ids: tuple[str, ...] = ()
    """Message-IDs of the mail that came back, from the copy in the bounce."""
    is_forward: bool = False
    delivered_to: tuple[str, ...] = ()
    """Addresses this copy went to as our own hosts noted them (Delivered-To, X-Original-To); hints, no proof."""
    loop_marks: tuple[str, ...] = ()
    """Values of X-Loop and of our own loop header."""
    error: str | None = None
    """Why no ticket can be made of it, else None."""


def as_json(mail: ParsedMail) -> dict[str, object]:
    """The object that `supportflow mail parse` prints (contract.md)."""
    return {
        "subject": mail.subject,
        "from": mail.sender.email if mail.sender else None,
        "from_name": mail.sender.name if mail.sender else "",
        "to": [address.email for address in mail.to],
        "cc": [address.email for address in mail.cc],
        "reply_to": mail.reply_to.email if mail.reply_to else None,
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "date": mail.date.isoformat().replace("+00:00", "Z") if mail.date else None,
        "text": mail.text,
        "reply": mail.reply,
        "html": mail.html,
        "attachments": [
            {"name": file.name, "size": file.size, "type": file.type, "inline": file.inline}
            for file in mail.attachments
        ],
        "is_auto_reply": mail.is_auto_reply,
        "suppress_autoresponse": mail.suppress_autoresponse,
        "is_bounce": mail.is_bounce,
        "bounce_addresses": list(mail.bounce_addresses),
        "bounce_permanent": mail.bounce_permanent,
        "is_forward": mail.is_forward,
        "error": mail.error,
    }
