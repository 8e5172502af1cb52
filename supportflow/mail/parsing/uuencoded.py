"""Files inside plain text, between `begin 644 name` and `end`, as old programs send them."""

import binascii
import mimetypes
import re

from .model import Attachment
from .names import file_name

_MAX_FILES = 50
_BEGIN = re.compile(r"begin [0-7]{3,4} (\S.{0,200})\Z")


def take_uuencoded(text: str) -> tuple[str, list[Attachment]]:
    """The text without such files, and the files. Each needs its `end`, else it is text."""
    if "\nend" not in text or "begin " not in text:
        return text, []
    kept: list[str] = []
    files: list[Attachment] = []
    lines = text.split("\n")
    index = 0
    last_end = max((number for number, line in enumerate(lines) if line.strip() == "end"), default=-1)
    while index < len(lines):
        begin = _BEGIN.match(lines[index].rstrip()) if lines[index].startswith("begin ") else None
        if begin and index < last_end and len(files) < _MAX_FILES and (found := _decode(lines, index + 1)):
            content, index = found
            name = file_name(begin.group(1), "application/octet-stream", len(files) + 1)
            files.append(Attachment(name, mimetypes.guess_type(name)[0] or "application/octet-stream", content))
            continue
        kept.append(lines[index])
        index += 1
    return "\n".join(kept), files


def _decode(lines: list[str], start: int) -> tuple[bytes, int] | None:
    """The bytes of the lines from `start` to `end` and the index behind it; None at the first line that is no code."""
    out = bytearray()
    for index in range(start, len(lines)):
        line = lines[index].rstrip("\r")
        if line.strip() == "end":
            return bytes(out), index + 1
        if line.strip() in {"`", ""}:
            continue
        try:
            out += binascii.a2b_uu(line.encode("ascii"))
        except (binascii.Error, UnicodeEncodeError):
            return None
    return None
