"""Read a raw mail: `parse(raw)` never raises, costs time in proportion to its length, stores nothing."""

from supportflow.core.richtext import sanitise

from .addresses import Address, addresses_of, parse_addresses
from .bodies import Content, read_content
from .bounces import find_bounce
from .classify import classify
from .envelope import date_of, in_reply_to_of, message_id_of, references_of
from .headers import Headers, clean_line
from .model import Attachment, ParsedMail, as_json
from .newhtml import new_html
from .phrases import FORWARD_PREFIX
from .reply import new_text
from .structure import Message, read_message

__all__ = ["MAX_MAIL", "Address", "Attachment", "ParsedMail", "as_json", "parse"]

MAX_MAIL = 35 * 1024 * 1024
"""Bytes of a raw mail; larger ones are refused at every door."""
MAX_SUBJECT = 1_000


def parse(raw: bytes) -> ParsedMail:
    """What `raw` says. Whatever the bytes, there is an answer; `.error` says why it cannot become a ticket."""
    if not raw.strip():
        return ParsedMail(error="The mail is empty.")
    if len(raw) > MAX_MAIL:
        return ParsedMail(error="The mail is larger than 35 MB.")
    try:
        return _parse(read_message(raw))
    except Exception as fault:  # noqa: BLE001  (a stranger's bytes must never stop the mails behind them)
        return ParsedMail(error=f"The mail cannot be read: {type(fault).__name__}.")


def _parse(message: Message) -> ParsedMail:
    root = message.parts[0]
    headers = root.headers
    subject = headers.text("subject")[:MAX_SUBJECT]
    sender = _sender(headers)
    content = read_content(message)
    new = new_text(content.text, subject)
    bounce = find_bounce(message, sender, subject)
    report = root.parameters.get("report-type", "") if root.type == "multipart/report" else ""
    nature = classify(headers, sender, subject, type_=root.type, report=report, is_bounce=bounce is not None)
    return ParsedMail(
        subject=subject,
        sender=sender,
        to=tuple(addresses_of(headers, "to")),
        cc=tuple(addresses_of(headers, "cc")),
        reply_to=next(iter(addresses_of(headers, "reply-to")), None),
        message_id=message_id_of(headers),
        in_reply_to=in_reply_to_of(headers),
        references=references_of(headers),
        date=date_of(headers),
        text=content.text,
        reply=new.text,
        html=sanitise(content.html) if content.html else "",
        source_html=content.html,
        reply_source_html=new_html(content.html, subject) if content.html else "",
        attachments=tuple(content.attachments),
        is_auto_reply=nature.is_auto_reply,
        suppress_autoresponse=nature.suppress,
        is_bounce=bounce is not None,
        bounce_addresses=bounce.addresses if bounce else (),
        bounce_permanent=bounce is not None and bounce.permanent,
        bounced_message_ids=bounce.message_ids if bounce else (),
        is_forward=bounce is None and (new.is_forward or _forwards_whole(content, subject)),
        delivered_to=_delivered_to(headers),
        loop_marks=tuple(clean_line(headers.text("x-loop"))[:200] for _ in range(headers.has("x-loop"))),
        error=None if sender or bounce else "The mail names no sender address.",
    )


def _sender(headers: Headers) -> Address | None:
    for name in ("from", "sender", "x-original-from", "return-path"):
        if found := addresses_of(headers, name):
            return found[0]
    return None


def _forwards_whole(content: Content, subject: str) -> bool:
    """Another mail as an attachment: said to be a forward, or nothing beside it."""
    attached = any(file.type in {"message/rfc822", "message/global"} for file in content.attachments)
    return attached and (bool(FORWARD_PREFIX.match(subject)) or not content.text.strip())


def _delivered_to(headers: Headers) -> tuple[str, ...]:
    names = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
    return tuple(
        address.email for name in names for value in headers.all(name)[:20] for address in parse_addresses(value)
    )
