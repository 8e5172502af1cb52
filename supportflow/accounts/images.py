"""Small pictures from people: bounded, and stripped to what draws them.

A picture from a phone tells where it was taken, and a file may be two things at once. What is kept of a PNG are the
chunks that draw, of a JPEG the segments that do; whatever else stood there, or behind the end, is gone. The browser
cuts a photo to size before it sends it (static/js/picture.js), so that nothing here has to decode it.
"""

import struct
import zlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid

MAX_BYTES = 512 * 1024
MAX_SIDE = 1024  # pixels
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_DRAWS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_JPEG = b"\xff\xd8"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOF: where the size stands
_SCAN, _END = 0xDA, 0xD9
_JPEG_DRAWS = _FRAMES | {0xC4, 0xDB, 0xDD, _SCAN}  # besides frames and scans: their tables, the restart interval


@dataclass(frozen=True)
class Image:
    content_type: str
    content: bytes


class _Broken(Exception):
    """Not a picture, or not to its end."""


def bare(field: str, content: bytes) -> Image:
    """The picture and nothing but it; raises Invalid naming `field`."""
    if len(content) > MAX_BYTES:
        most = MAX_BYTES // 1024
        raise Invalid({field: _("This picture is larger than %(most)s kB. Choose a smaller one.") % {"most": most}})
    try:
        if content.startswith(_PNG):
            return Image("image/png", _bare_png(field, content))
        if content.startswith(_JPEG):
            return Image("image/jpeg", _bare_jpeg(field, content))
    except (_Broken, struct.error, IndexError):
        pass
    raise Invalid({field: _("This is no PNG or JPEG picture, or it is broken. Choose another one.")})


def _bare_png(field: str, content: bytes) -> bytes:
    kept, at, last = [_PNG], len(_PNG), b""
    while last != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        chunk = content[at : at + 12 + length]
        if len(chunk) != 12 + length or zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise _Broken
        if (kind == b"IHDR") != (at == len(_PNG)):
            raise _Broken
        if kind == b"IHDR":
            _refuse_size(field, *struct.unpack_from(">II", chunk, 8))
        if kind in _PNG_DRAWS:
            kept.append(chunk)
        at, last = at + len(chunk), kind
    return b"".join(kept)


def _bare_jpeg(field: str, content: bytes) -> bytes:
    kept, at, seen = [_JPEG], len(_JPEG), set[int]()
    while (kind := content[at + 1]) != _END:
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if content[at] != 0xFF or length < 2 or (kind in _FRAMES and seen & _FRAMES):
            raise _Broken
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            _refuse_size(field, width, height)
        if kind == _SCAN:
            end = _end_of_scan(content, end)
        if kind in _JPEG_DRAWS:
            kept.append(content[at:end])
        seen.add(kind)
        at = end
    if content[at] != 0xFF or not seen & _FRAMES or _SCAN not in seen:
        raise _Broken
    return b"".join([*kept, bytes([0xFF, _END])])


def _end_of_scan(content: bytes, at: int) -> int:
    """Where the next segment begins. Within a scan FF is followed by 00 or a restart marker."""
    while (at := content.find(b"\xff", at)) >= 0:
        if content[at + 1] == 0 or 0xD0 <= content[at + 1] <= 0xD7:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at
    raise _Broken


def _refuse_size(field: str, width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        most = MAX_SIDE
        raise Invalid({field: _("Use a picture of at most %(most)s by %(most)s pixels.") % {"most": most}})
