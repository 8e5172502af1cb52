"""From a raw mail to a ticket or a comment. `receive` is the one way in, `read` what follows."""

import contextlib
from collections.abc import Sequence
from io import BytesIO

import structlog
from django.conf import settings
from django.db import close_old_connections
from django.utils.translation import gettext as _

from supportflow.core.actors import System
from supportflow.core.door import lock, operation
from supportflow.core.errors import DomainError, Invalid, Refused, Unavailable
from supportflow.core.outage import is_outage
from supportflow.core.richtext import Rich, from_mail_html, from_plain
from supportflow.crm.models import Contact
from supportflow.crm.operations import cleaning, contact_for_address
from supportflow.desk.content import Content
from supportflow.desk.models import Channel, Comment, Mailbox, Ticket
from supportflow.desk.operations import answer_ticket, create_ticket
from supportflow.files.models import Attachment
from supportflow.files.operations import keep_file, store_bytes
from supportflow.mail import bounces
from supportflow.mail.identity import fingerprint
from supportflow.mail.models import InboundMail, InboundState
from supportflow.mail.operations import (
    begin_attempt,
    claim_identity,
    forgive_attempt,
    keep_raw,
    quarantine,
    settle_inbound,
)
from supportflow.mail.parsing import MAX_MAIL, ParsedMail, parse
from supportflow.mail.threading import Thread, find_thread

BY = System("mail")
MAX_TRIES = 3
MAX_FILES = 200
MAX_TEXT = 500_000  # characters of one comment; the whole mail stays in its raw form
log = structlog.get_logger("supportflow.mail")

StoredFile = tuple[int, str, int]  # place in the mail, SHA-256, size


class TooLarge(Refused):
    def __init__(self) -> None:
        super().__init__("mail_too_large", _("This mail is larger than 35 MB. Send less, or a link."))


def receive(
    raw: bytes, envelope_from: str = "", envelope_to: Sequence[str] = (), *, source: str
) -> tuple[InboundMail, bool]:
    """Store the mail durably; (its row, whether it is new). Raises TooLarge, nothing else for any bytes."""
    if len(raw) > MAX_MAIL:
        raise TooLarge
    return keep_raw(raw, envelope_from, envelope_to, source=source)


def ingest(raw: bytes) -> dict[str, object]:
    """From a file: read at once and told as {mail, state, reason, duplicate, ticket, comment_id}. Raises TooLarge."""
    mail, is_new = receive(raw, source="file")
    mail = _read_now(mail)
    return {
        "mail": mail.pk,
        "state": mail.state,
        "reason": mail.reason or None,
        "duplicate": not is_new or mail.state == InboundState.DUPLICATE,
        "ticket": Ticket(pk=mail.ticket_id).number if mail.ticket_id else None,
        "comment_id": mail.comment_id,
    }


def _read_now(mail: InboundMail) -> InboundMail:
    """Up to three tries at once: whoever ingests a file waits for the outcome."""
    for _try in range(MAX_TRIES):
        with contextlib.suppress(Exception):  # the try is counted; the last one quarantines and says why
            return read(mail.pk) or mail
    mail.refresh_from_db()
    return mail


def read(mail_id: int) -> InboundMail | None:
    """Make of a received mail what it is. Quiet when that is done; after three failed tries it is quarantined."""
    mail = InboundMail.objects.filter(pk=mail_id).first()
    if mail is None or mail.state != InboundState.RECEIVED:
        return mail
    attempt = begin_attempt(mail)
    if attempt > MAX_TRIES:
        return quarantine(mail, _("Reading this mail ended the program three times."), by=BY)
    try:
        return _read(mail)
    except Unavailable:
        forgive_attempt(mail)  # the storage is down: that is not the mail's fault
        raise
    except Refused as refusal:
        if refusal.code != "collision" or attempt == MAX_TRIES:
            return quarantine(mail, f"{refusal.code}: {refusal}", by=BY)
        raise  # another worker wrote the same contact at this moment; the job's next run finds it
    except DomainError as error:
        return quarantine(mail, f"{error.code}: {error}", by=BY)
    except Exception as error:
        if is_outage(error):
            close_old_connections()
            forgive_attempt(mail)
            raise
        if attempt < MAX_TRIES:
            raise
        log.exception("mail.poison", mail=mail.pk)
        return quarantine(mail, f"{type(error).__name__}: {error}", by=BY)


def _read(mail: InboundMail) -> InboundMail:
    if mail.size > MAX_MAIL:
        return quarantine(mail, _("Larger than 35 MB: it stays unread in its mailbox, here is its beginning."), by=BY)
    parsed = parse(bytes(mail.raw.content))
    if parsed.error:
        return quarantine(mail, parsed.error, by=BY)
    # The bytes of files go to the storage before the transaction, never inside it.
    files = [
        (place, *store_bytes(BytesIO(file.content), most=MAX_MAIL))
        for place, file in enumerate(parsed.attachments[:MAX_FILES])
    ]
    return _take_in(mail, parsed, files, by=BY)


@operation
def _take_in(mail: InboundMail, parsed: ParsedMail, files: list[StoredFile], *, by: System) -> InboundMail:
    mail = lock(mail)
    if mail.state != InboundState.RECEIVED:
        return mail
    outcome = bounces.note(parsed, by=by) if parsed.is_bounce else None
    if outcome or (parsed.is_bounce and (parsed.sender is None or not mail.envelope_from)):
        outcome = outcome or bounces.UNKNOWN
        settle_inbound(mail, InboundState.DONE, reason=outcome.reason, ticket_id=outcome.ticket_id)
        return mail
    # What looks like a bounce, returns no mail of ours and has a person's return path may be a customer's question.
    assert parsed.sender is not None
    sender = parsed.sender.email
    if reason := _loop(parsed, sender):
        return quarantine(mail, reason, by=by)
    mail.message_id = parsed.message_id if parsed.message_id and len(parsed.message_id) <= 400 else ""
    if not claim_identity(mail, fingerprint(parsed.message_id, sender)):
        settle_inbound(mail, InboundState.DUPLICATE, reason=_("This Message-ID came from this sender before."))
        return mail
    contact = contact_for_address(sender, parsed.sender.name, by=by)
    comment = _converse(mail, parsed, files, contact, find_thread(parsed, contact))
    settle_inbound(mail, InboundState.DONE, ticket_id=comment.ticket_id, comment_id=comment.pk)
    return mail


def _loop(parsed: ParsedMail, sender: str) -> str:
    """Why this mail is our own come back; empty when it is not."""
    ours = {*Mailbox.objects.values_list("address", flat=True), settings.MAIL_ADDRESS.lower()}
    if sender.lower() in ours:
        return _("It comes from one of our own addresses.")
    if any(mark.lower() in ours for mark in parsed.loop_marks):
        return _("It is a mail of ours that came back (X-Loop).")
    return ""


def _converse(
    mail: InboundMail, parsed: ParsedMail, files: list[StoredFile], contact: Contact, thread: Thread
) -> Comment:
    attachments = _keep_files(parsed, files, contact)
    cc = _copied(parsed, contact)
    if thread.answers is not None:
        content = _answer_content(parsed, attachments)
        return answer_ticket(
            thread.answers, content, attachments=attachments, cc=cc, automatic=parsed.is_auto_reply, by=contact
        )
    ticket = create_ticket(
        (parsed.subject or _("(no subject)"))[:250],
        contact,
        _whole_content(parsed, attachments),
        channel=Channel.EMAIL,
        mailbox=_mailbox(mail, parsed),
        attachments=attachments,
        cc=cc,
        automatic=parsed.is_auto_reply,
        claims_to_answer=thread.claimed,
        by=contact,
    )
    return ticket.comments.get(is_opening=True)


def _keep_files(parsed: ParsedMail, files: list[StoredFile], contact: Contact) -> list[Attachment]:
    return [
        keep_file(
            parsed.attachments[place].name,
            sha256,
            size,
            content_type=parsed.attachments[place].type,
            content_id=parsed.attachments[place].content_id,
            inline=parsed.attachments[place].inline,
            by=contact,
        )
        for place, sha256, size in files
    ]


def _whole(parsed: ParsedMail, attachments: list[Attachment]) -> Rich:
    if not parsed.source_html:
        return from_plain(parsed.text[:MAX_TEXT])
    return from_mail_html(parsed.source_html, _pictures(attachments))


def _pictures(attachments: list[Attachment]) -> dict[str, str]:
    return {file.content_id: f"/attachments/{file.pk}/picture" for file in attachments if file.content_id}


def _whole_content(parsed: ParsedMail, attachments: list[Attachment]) -> Content:
    """A new ticket shows the mail as it is."""
    whole = _whole(parsed, attachments)
    text = parsed.text[:MAX_TEXT]
    if not text.strip() and not attachments:
        return Content("", f"<p><em>{_('This mail has no text.')}</em></p>", "")
    return Content(text, whole.html, text)


def _answer_content(parsed: ParsedMail, attachments: list[Attachment]) -> Content:
    """An answer shows its new part; the whole is one click away, never hidden without a sign."""
    if parsed.reply.strip() == parsed.text.strip():
        return _whole_content(parsed, attachments)
    reply = parsed.reply[:MAX_TEXT]
    if parsed.reply_source_html:
        new = from_mail_html(parsed.reply_source_html, _pictures(attachments))
    else:
        new = from_plain(reply)
    return Content(reply, new.html, reply, full_html=_whole(parsed, attachments).html)


def _copied(parsed: ParsedMail, contact: Contact) -> list[str]:
    """Who else the mail went to: shown and offered, never added by itself."""
    ours = set(Mailbox.objects.values_list("address", flat=True))
    mine = {address.key for address in contact.emails.all()}
    copied: list[str] = []
    for address in (*parsed.to, *parsed.cc):
        try:
            cleaned = cleaning.email("cc", address.email)
        except Invalid:
            continue
        if cleaned.casefold() not in ours | mine:
            copied.append(cleaned)
    return copied[:50]


def _mailbox(mail: InboundMail, parsed: ParsedMail) -> Mailbox | None:
    """Where it was addressed to: by the envelope, else by its headers, else the first mailbox."""
    named = [*mail.envelope_to, *parsed.delivered_to, *(address.email for address in (*parsed.to, *parsed.cc))]
    known = {mailbox.address: mailbox for mailbox in Mailbox.objects.filter(is_active=True).order_by("pk")}
    for address in named:
        if address.lower() in known:
            return known[address.lower()]
    return next(iter(known.values()), None)
