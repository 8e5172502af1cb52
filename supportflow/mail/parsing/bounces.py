"""Did a mail of ours come back? From whom, and for good?

Three sources, as none knows all: RFC 3464 reports read by us, the header rules of mail programs, and flufl.bounce for
the many home-made formats (wrapped: it raises on ordinary mails).
"""

import contextlib
import logging
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32

from . import phrases
from .addresses import Address, is_address, parse_addresses
from .bodies import part_content, part_text
from .charsets import decode
from .classify import return_path_is_null
from .envelope import ids_in
from .headers import Headers, split_block
from .structure import Message, Part

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it reports its own exceptions, which are ordinary here
MAX_ADDRESSES = 100
_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_COPIES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
_FINE = ("deliver", "relay", "expand")
_MAX_PARTS = 50
_MAX_LINES = 3_000
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
    r"|received: |message-id:)",
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
    found = report is not None or _by_headers(message, sender, subject)
    if not found and _is_conversation(root.headers, subject):
        return None
    delayed, failed = (report.delayed, report.failed) if report else _heuristics(message, root)
    if not (found or delayed or failed):
        return None
    text = _first_text(message)
    permanent = bool(failed) or (not delayed and _reads_permanent(subject, text))
    failed = failed or ([] if delayed else _addresses_in(text, root.headers))
    addresses = tuple(address for address in dict.fromkeys((*failed, *delayed)) if address)[:MAX_ADDRESSES]
    return Bounce(addresses, permanent, _returned_ids(message))


def _is_conversation(headers: Headers, subject: str) -> bool:
    """People answer, forward and quote bounces too; those are theirs."""
    if _DAEMON_NAME.search(headers.text("from")[:300]):
        return False
    prefixed = phrases.REPLY_PREFIX.match(subject) or phrases.FORWARD_PREFIX.match(subject)
    return bool(prefixed) or headers.has("in-reply-to") or headers.token("auto-submitted").startswith("auto-replied")


@dataclass(slots=True)
class _Report:
    failed: list[str]
    delayed: list[str]


def _report(message: Message) -> _Report | None:
    """The recipients of a message/delivery-status part (RFC 3464) by what became of them; None if it names none."""
    part = next((part for part in message.parts if part.type in _REPORTS), None)
    if part is None:
        return None
    data = part_content(message, part)[:_SCANNED].replace(b"\r\n", b"\n")
    report, named = _Report([], []), False
    for block in data.split(b"\n\n")[:1000]:
        fields, _ = split_block(block.lstrip(b"\n"), 0, len(block))
        named = _note(report, fields) or named
    return report if named else None


def _note(report: _Report, fields: Headers) -> bool:
    """Add the recipient of one block; False if the block tells of none."""
    action, status, address = fields.token("action"), fields.token("status"), _recipient(fields)
    if not action and not address:
        return False
    if action.startswith(_FINE) or status.startswith("2"):
        return True
    late = action.startswith("delay") or (not action.startswith("fail") and status.startswith("4"))
    (report.delayed if late else report.failed).append(address)
    return True


def _recipient(fields: Headers) -> str:
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        text = decode(fields.raw(name)).rpartition(";")[2].strip().strip("<>")
        if is_address(text):
            return text
        if found := parse_addresses(text.encode()):
            return found[0].email
    return ""


def _by_headers(message: Message, sender: Address | None, subject: str) -> bool:
    """A mail system says that it failed, or returns a copy of what it could not deliver."""
    root = message.parts[0]
    headers = root.headers
    if headers.has("x-failed-recipients"):
        return True
    daemon = _is_daemon(headers, sender)
    if root.type == "multipart/report":
        return daemon and root.parameters.get("report-type", "").lower() in {"", "delivery-status"}
    if not phrases.FAILED_SUBJECT.search(subject[:300]) or _is_conversation(headers, subject):
        return daemon and bool(phrases.FAILED_SUBJECT.search(subject[:300]))
    return daemon or return_path_is_null(headers) or any(part.type in _COPIES for part in message.parts)


def _is_daemon(headers: Headers, sender: Address | None) -> bool:
    """Mail systems sign as MAILER-DAEMON, often without a domain, sometimes with an empty address."""
    said = headers.text("from")[:300]
    local = sender.email.lower().rpartition("@")[0] if sender else said.lower().strip("<> ").partition("@")[0]
    return "<>" in said or bool(_DAEMON.match(local) or _DAEMON_NAME.search(said))


def _heuristics(message: Message, root: Part) -> tuple[list[str], list[str]]:
    """(delayed, failed) by flufl.bounce and the X-Failed-Recipients header."""
    named = [address.email for value in root.headers.all("x-failed-recipients") for address in parse_addresses(value)]
    if named:
        return [], named
    delayed: list[str] = []
    failed: list[str] = []
    if len(message.parts) > _MAX_PARTS:
        return delayed, failed
    beginning = b"\n".join(message.raw[:_SCANNED].split(b"\n", _MAX_LINES)[:_MAX_LINES])
    # The library knows dozens of formats and raises whatever each of them leads it to.
    with contextlib.suppress(Exception):
        from flufl.bounce import all_failures

        temporary, permanent = all_failures(message_from_bytes(beginning, policy=compat32))
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
        if part.type in _COPIES:
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
