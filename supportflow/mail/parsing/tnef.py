"""winmail.dat: what Outlook packs text and attachments into (TNEF)."""

import logging
import mimetypes
from dataclasses import dataclass, field
from typing import Any

from .model import Attachment
from .names import file_name

MAX_TNEF = 36 * 1024 * 1024
logging.getLogger("tnef-decode").setLevel(logging.CRITICAL)  # it reports every odd byte of a stranger's file


@dataclass(slots=True)
class Unpacked:
    text: str = ""
    html: str = ""
    attachments: list[Attachment] = field(default_factory=list)


def unpack_tnef(data: bytes) -> Unpacked | None:
    """What is in a winmail.dat, or None if it is none or damaged (then it stays an attachment)."""
    if len(data) > MAX_TNEF or not data.startswith(b"\x78\x9f\x3e\x22"):
        return None
    from tnefparse import TNEF  # 30 ms that only winmail.dat needs

    try:
        tnef: Any = TNEF(data, do_checksum=False)
        inside = Unpacked(text=_text(tnef.body), html=_text(tnef.htmlbody))
        inside.attachments = [_attachment(item, number) for number, item in enumerate(tnef.attachments, 1)]
    except Exception:  # noqa: BLE001  (the library raises whatever a broken file leads it to)
        return None
    return inside if inside.text or inside.html or inside.attachments else None


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bytes):
        from .charsets import decode

        value = decode(value)
    return str(value or "").rstrip("\0")


def _attachment(item: Any, number: int) -> Attachment:
    given = item.long_filename() if callable(getattr(item, "long_filename", None)) else getattr(item, "name", "")
    name = file_name(_text(given), "application/octet-stream", number)
    return Attachment(name, mimetypes.guess_type(name)[0] or "application/octet-stream", bytes(item.data))
