"""What leaves: a public comment, or a mail of the system's own, as RFC 5322 bytes."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from supportflow.core.richtext import Rich, from_markdown
from supportflow.core.text import tidy_line
from supportflow.desk.models import Comment, Mailbox, Ticket
from supportflow.mail.models import InboundMail, OutgoingMail

MAX_REFERENCES = 25
# Wide enough that no Message-ID is folded (some readers take the break for a part of it). RFC 5322 allows 998.
WIRE = SMTP.clone(max_line_length=400)


def compose(mail: OutgoingMail, comment: Comment) -> bytes:
    """The mail of a public comment; the same bytes but for nothing on every try."""
    assert not comment.is_internal, "an internal note never leaves"
    ticket = comment.ticket
    message = EmailMessage(policy=WIRE)
    message["From"] = _address(mail.sender, comment.author_name)
    blind = {address.casefold() for address in comment.bcc or ()}
    to, *cc = [address for address in mail.recipients if address.casefold() not in blind] or [""]
    name = ticket.contact.name if to == ticket.contact.email else ""
    message["To"] = _address(to, name) if to else "undisclosed-recipients:;"
    if cc:
        message["Cc"] = [_address(address) for address in cc]
    message["Subject"] = mail.subject
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(comment.created_at)
    if references := thread_of(ticket, before=mail):
        message["In-Reply-To"] = references[-1]
        message["References"] = " ".join(references)
    message["X-Loop"] = mail.sender
    signature = _signature(comment)
    message.set_content(f"{comment.body_text}{signature.text}" or " ", cte="quoted-printable")
    body = comment.body_html + signature.html
    html = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    _attach(message, comment)
    return message.as_bytes()


def _signature(comment: Comment) -> Rich:
    """The author's, under a line that mail programs and our own parser take for its beginning (RFC 3676, 4.3)."""
    source = comment.author_user.signature if comment.author_user else ""
    if not source:
        return Rich("", "")
    rich = from_markdown(source)
    return Rich(f"\n<div>-- <br>\n{rich.html}</div>", f"\n\n-- \n{rich.text}")


def _attach(message: EmailMessage, comment: Comment) -> None:
    for file in comment.attachments.order_by("pk"):
        with default_storage.open(file.storage_name) as content:
            maintype, _slash, subtype = file.content_type.partition("/")
            if maintype in {"multipart", "message"}:  # these cannot be carried as base64 (RFC 2046, 5.2.1)
                maintype, subtype = "application", "octet-stream"
            message.add_attachment(content.read(), maintype=maintype, subtype=subtype, filename=file.name)


def thread_of(ticket: Ticket, *, before: OutgoingMail) -> list[str]:
    """Message-IDs of the ticket's mails until then, oldest first: the first one and the newest."""
    came = InboundMail.objects.filter(received_at__lte=before.created_at).exclude(message_id="")
    known = _mails_of(ticket, came, "received_at") + _mails_of(
        ticket, OutgoingMail.objects.filter(pk__lt=before.pk), "created_at"
    )
    ids = [message_id for _at, message_id in sorted(known) if message_id.isascii() and " " not in message_id]
    return ids if len(ids) <= MAX_REFERENCES else [ids[0], *ids[-MAX_REFERENCES + 1 :]]


def _mails_of(ticket: Ticket, mails: QuerySet[Any], at: str) -> list[tuple[datetime, str]]:
    """Those of comments that came from another ticket as well. Two questions in one: each has its index."""
    columns = mails.order_by().values_list(at, "message_id")
    here = columns.filter(comment_id__in=ticket.comments.order_by().values("pk"))
    return list(columns.filter(ticket_id=ticket.pk).union(here))


def recipients_of(comment: Comment) -> list[str]:
    """The requester, the contacts copied in, the comment's own Cc and Bcc; never an address of ours."""
    ticket = comment.ticket
    people = [ticket.contact, *ticket.further_contacts.filter(deleted_at=None).prefetch_related("emails")]
    addresses = [person.email for person in people if person.email] + comment.cc + (comment.bcc or [])
    ours = set(Mailbox.objects.values_list("address", flat=True))
    unique = {address.casefold(): address for address in reversed(addresses) if address.casefold() not in ours}
    return list(reversed(unique.values()))


def subject_of(comment: Comment) -> str:
    prefix = "" if comment.is_opening else "Re: "
    return f"{prefix}{comment.ticket.subject} [{comment.ticket.number}]"


def wire_address(address: str) -> str:
    """With an IDN domain in its ASCII form (RFC 5891). Raises UnicodeError for what cannot be written so."""
    local, _at, domain = address.rpartition("@")
    local.encode("ascii")
    return f"{local}@{domain.encode('idna').decode()}"


def _address(address: str, name: str = "") -> Address:
    return Address(display_name=tidy_line(name)[:120], addr_spec=wire_address(address))
