"""Names of attachments: from outside, so without folders, controls and tricks, and never empty."""

import mimetypes
import re

from .headers import clean_line, split_block

MAX_NAME = 150
_FORBIDDEN = re.compile(r"[\\/:*?\"<>|\u202a-\u202e\u2066-\u2069]")
_FIXED = {
    "text/calendar": "invite.ics",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "text/rfc822-headers": "headers.txt",
    "message/feedback-report": "feedback-report.txt",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "encrypted.asc",
    "application/pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "text/plain": "text.txt",
    "text/html": "page.html",
    "image/jpeg": "image.jpg",
}


def file_name(given: str, type_: str, number: int, message: bytes = b"") -> str:
    """`given` made safe, or a name after the type; an attached mail is named after its subject."""
    name = safe_name(given.replace("\\", "/").rpartition("/")[2]) if given else ""
    if name:
        return name
    if type_ in {"message/rfc822", "message/global"}:
        subject = split_block(message, 0, min(len(message), 100_000))[0].text("subject") if message else ""
        return (safe_name(subject)[: MAX_NAME - 4] or f"message-{number}") + ".eml"
    if fixed := _FIXED.get(type_):
        return fixed
    extension = mimetypes.guess_extension(type_) or ".bin"
    return f"attachment-{number}{extension}"


def safe_name(text: str) -> str:
    """A file name that no system trips over; a long one keeps its ending."""
    name = _FORBIDDEN.sub("_", clean_line(text)).strip(". ")
    if len(name) <= MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) <= 10 else name[:MAX_NAME]
