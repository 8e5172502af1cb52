"""Did a mail of ours come back? From whom, and for good?

Three sources, as none knows all: RFC 3464 reports read by us, the header rules of mail programs, and flufl.bounce for
the many home-made formats (wrapped: it raises on ordinary mails).
"""

import contextlib
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32

from . import phrases
from .addresses import Address, is_address, parse_addresses
from .bodies import part_content, part_text
from .charsets import decode
from .envelope import ids_in
from .headers import Headers, split_block
from .structure import Message, Part

MAX_ADDRESSES = 100
_SCANNED = 200_000
"""Bytes of a bounce that the heuristics read."""
_DAEMON = re.compile(
    r"(?:mailer-?daemon|postmaster|mail-?daemon|mail\.?delivery.*|mail.?administrator|maildaemon|mdaemon|.*bounce.*"
    r"|mmdf|uucp|smtp)\Z"
)
_DAEMON_NAME = re.compile(
    r"mail delivery (?:subsystem|system|service)|mailer.?daemon|postmaster|mail administrator|mail server"
    r"|internet mail delivery",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_ADDRESS_IN_TEXT = re.compile(r"<?([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z0-9-]{2,24})>?")
_COPY_STARTS = re.compile(
    r"^[\s>*-]{0,20}(?:-{3,} ?(?:this is a copy|original message|the header|below|here is|transcript|message header"
    r"|returned message|start of returned|forwarded)|.{0,40}original message (?:follows|was received)|return-path:"
    r"|received: )",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Bounce:
    addresses: tuple[str, ...] = ()
    permanent: bool = False
    message_ids: tuple[str, ...] = ()


def find_bounce(message: Message, sender: Address | None, subject: str) -> Bounce | None:
    """What came back, or None if this is no bounce. A delay is a bounce that is not permanent."""
    root = message.parts[0]
    report = _report(message)
    if report is not None and not report.failed and not report.delayed:
        return None  # delivered, relayed: a receipt
    header = _by_headers(root.headers, sender, subject, root)
    if report is None and not header:
        return None
    text = _first_text(message)
    failed, delayed = (report.failed, report.delayed) if report else ([], [])
    if not failed and not delayed:
        delayed, failed = _heuristics(message, root)
        failed = failed or (_addresses_in(text, root.headers) if not delayed else [])
    permanent = bool(failed) or (not delayed and _reads_permanent(subject, text))
    if (delayed and not failed) or (not report and phrases.DELAYED.search(subject)):
        permanent = False
    found = tuple(address for address in dict.fromkeys((*failed, *delayed)) if address)[:MAX_ADDRESSES]
    return Bounce(found, permanent, _returned_ids(message))


@dataclass(slots=True)
class _Report:
    failed: list[str]
    delayed: list[str]


def _report(message: Message) -> _Report | None:
    """The recipients of a message/delivery-status part (RFC 3464) by what became of them."""
    part = next(
        (part for part in message.parts if part.type in {"message/delivery-status", "message/global-delivery-status"}),
        None,
    )
    if part is None:
        return None
    data = part_content(message, part)[:_SCANNED]
    found = _Report([], [])
    position = 0
    for _ in range(1000):
        while data[position : position + 1] in (b"\n", b"\r"):
            position += 1
        if position >= len(data):
            break
        fields, after = split_block(data, position, len(data))
        position = max(after, position + 1)
        _note(found, fields)
    return found


def _note(found: _Report, fields: Headers) -> None:
    action, status = fields.token("action"), fields.token("status")
    address = _recipient(fields)
    if not action and not status and not address:
        return
    if action.startswith("fail") or (not action and status.startswith("5")):
        found.failed.append(address)
    elif action.startswith("delay") or (not action and status.startswith("4")):
        found.delayed.append(address)
    found.failed = [item for item in found.failed if item] if any(found.failed) else found.failed[:1]


def _recipient(fields: Headers) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        text = decode(fields.raw(name)).rpartition(";")[2].strip().strip("<>")
        if is_address(text):
            return text
        if found := parse_addresses(text.encode()):
            return found[0].email
    return ""


def _by_headers(headers: Headers, sender: Address | None, subject: str, root: Part) -> bool:
    if headers.has("x-failed-recipients"):
        return True
    local = (
        sender.email.lower().rpartition("@")[0]
        if sender
        else headers.token("from").strip("<>").partition("@")[0].split(" ")[-1].strip("<>")
    )
    name = sender.name if sender else headers.text("from")
    daemon = bool(_DAEMON.match(local) or _DAEMON_NAME.search(name[:200]))
    null_path = any(value.strip() == b"<>" for value in headers.all("return-path"))
    failed = bool(phrases.FAILED_SUBJECT.search(subject[:300]))
    if root.type == "multipart/report" and root.parameters.get("report-type", "").lower() not in {
        "",
        "delivery-status",
    }:
        return False
    auto = headers.token("auto-submitted").startswith("auto-replied") and not daemon
    return (failed and (daemon or (null_path and not auto))) or (daemon and root.type == "multipart/report")


def _heuristics(message: Message, root: Part) -> tuple[list[str], list[str]]:
    """(delayed, failed) by flufl.bounce and the X-Failed-Recipients header."""
    named = [address.email for value in root.headers.all("x-failed-recipients") for address in parse_addresses(value)]
    if named:
        return [], named
    delayed: list[str] = []
    failed: list[str] = []
    if len(message.parts) > 50:
        return delayed, failed
    # The library knows dozens of formats and raises whatever each of them leads it to.
    with contextlib.suppress(Exception):
        from flufl.bounce import all_failures

        temporary, permanent = all_failures(message_from_bytes(message.raw[:_SCANNED], policy=compat32))
        delayed, failed = ([decode(item) for item in sorted(group)] for group in (temporary, permanent))
    return [item for item in delayed if is_address(item)], [item for item in failed if is_address(item)]


def _first_text(message: Message) -> str:
    for _, part in message.leaves():
        if part.type in {"text/plain", "text/html"}:
            return part_text(message, part)[:20_000]
    return ""


def _addresses_in(text: str, headers: Headers) -> list[str]:
    """Addresses in what the server says, before the copy of our mail begins."""
    said = text[: found.start()] if (found := _COPY_STARTS.search(text)) and found.start() > 50 else text[:3000]
    own = {
        address.key
        for name in ("from", "to", "sender", "return-path")
        for value in headers.all(name)
        for address in parse_addresses(value)
    }
    addresses = [match.group(1).rstrip(".") for match in _ADDRESS_IN_TEXT.finditer(said[:5000])]
    return [
        address
        for address in dict.fromkeys(addresses)
        if address.lower() not in own and "postmaster@" not in address.lower()
    ][:5]


def _reads_permanent(subject: str, text: str) -> bool:
    codes = {match.group(1) for match in _STATUS.finditer(text[:5000])}
    if "5" in codes:
        return True
    return "4" not in codes and not phrases.DELAYED.search(subject) and not phrases.DELAYED.search(text[:600])


def _returned_ids(message: Message) -> tuple[str, ...]:
    """Message-IDs in the copy of our mail, whole or its headers."""
    found: list[str] = []
    for _, part in message.leaves():
        if part.type in {
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global",
            "message/global-headers",
        }:
            data = part_content(message, part)[:_SCANNED]
            fields, _end = split_block(data, len(data) - len(data.lstrip()), len(data))
            found += ids_in(fields.raw("message-id"))
    if not found:
        body = message.raw[message.parts[0].start :][:_SCANNED]
        for match in re.finditer(
            rb"^[ \t>]{0,4}message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\r\n]{1,500}>)", body, re.IGNORECASE | re.MULTILINE
        ):
            found += ids_in(match.group(1))
    return tuple(dict.fromkeys(found))[:10]
