"""Bytes to text, as mail really names its charsets.

The order is the one that was right most often on real mail: the declared charset (read as the superset that senders
mean), else UTF-8, else a guess, and that only for texts long enough to guess from.
"""

import codecs
import re

from charset_normalizer import from_bytes

_MEANT = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso646-us": "utf-8",
    "default": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "csgb2312": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "euc-cn": "gb18030",
    "hz-gb-2312": "hz",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "x-euc-jp": "euc_jp",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "windows-949": "cp949",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_ext",
    "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "windows-874": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "koi8-ru": "koi8-u",
    "utf-16": "utf-16",
}
# Python also calls idna, punycode, unicode_escape and the like text encodings: some are slow, one runs escapes.
_REAL = re.compile(
    r"(?:utf-(?:8|8-sig|16|16-be|16-le|32|32-be|32-le)|(?:iso)?8859-\d+|iso8859-\d+|iso2022[_-].*|cp\d+|koi8[_-].|big5.*|gb.*|hz"
    r"|euc[_-].*|johab|mac[_-].*|shift[_-]jis.*|ptcp154|kz1048|tis-620|hp-roman8)\Z"
)
_GUESSABLE = ["cp1251", "koi8_r", "cp1252", "cp1253", "cp1255", "cp1256", "gb18030", "big5", "cp932", "euc_jp", "cp949"]
_WESTERN = {"cp1252", "iso8859-15", "mac_roman", "cp1254", "cp437", "cp850"}
_HIGH = re.compile(rb"[\x80-\xff]")
_ESCAPED = re.compile(rb"\x1b\$[@B]|\x1b\([BJHI]|\x1b\$\(D|\x1b&@")
_FEW_HIGH_BYTES = 24
_SAMPLE = 20_000


def codec_of(charset: str | None) -> str | None:
    """Python's codec for the charset a mail names, or None if there is no such charset (UTF-7 is none for us)."""
    name = re.sub(r"[\"'\s]", "", charset or "")[:60].lower()
    name = _MEANT.get(name) or _MEANT.get(name.replace("_", "-")) or name
    name = name.removeprefix("x-")
    try:
        found = codecs.lookup(name.encode("ascii", "replace").decode()).name
    except (LookupError, ValueError):
        return None
    return found if _REAL.match(found) else None


def decode(data: bytes, charset: str | None = None) -> str:
    """`data` as text. Never raises; what no charset explains becomes U+FFFD."""
    if (charset or "").strip("\"' ").lower() in {"utf-7", "unicode-1-1-utf-7"}:
        return data.decode("ascii", "replace")
    codec = codec_of(charset)
    if codec and codec.startswith("iso2022_jp"):
        return _decode_japanese(data, codec)
    if codec and not (codec in _WESTERN and _is_multibyte_utf8(data)):
        text = _strictly(data, codec)
        if text is None and not is_utf8(data):
            text = _mostly(data, codec)
        if text is not None:
            return text.removeprefix("\ufeff")
    return _decode_undeclared(data)


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        # cp1252 leaves five bytes undefined; senders mean the control characters of Latin-1 there.
        return data.decode("latin-1") if codec == "cp1252" and not is_utf8(data) else None


def _mostly(data: bytes, codec: str) -> str | None:
    """The declared charset with replacements, if it explains most of the text (a cut or damaged mail)."""
    text = data.decode(codec, "replace")
    bad = text.count("\ufffd")
    if codec == "utf-8":
        return text if bad < sum(character > "\x7f" for character in text) - bad else None
    return text if bad <= 2 + len(text) // 10 else None


def _decode_undeclared(data: bytes) -> str:
    if is_utf8(data):
        text = data.decode("utf-8").removeprefix("\ufeff")
        return _decode_japanese(data, "iso2022_jp_ext") if b"\x1b$" in data and text.isascii() else text
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8", "replace")
    if text.count("\ufffd") * 20 <= sum(1 for _ in _HIGH.finditer(data)):
        return text
    if sum(1 for _ in _HIGH.finditer(data[:_SAMPLE])) >= _FEW_HIGH_BYTES:
        best = from_bytes(data[:_SAMPLE], cp_isolation=_GUESSABLE, language_threshold=0.05).best()
        if best is not None and codec_of(best.encoding):
            return data.decode(best.encoding, "replace")
    return _strictly(data, "cp1252") or data.decode("latin-1")


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_multibyte_utf8(data: bytes) -> bool:
    return not data.isascii() and is_utf8(data)


def _decode_japanese(data: bytes, codec: str) -> str:
    """ISO-2022-JP with what Microsoft added to it (①, ㈱, 髙), which Python's codecs do not know."""
    if _HIGH.search(data):
        return _decode_undeclared(data)
    try:
        return data.decode(codec)
    except UnicodeError:
        return _decode_by_escapes(data)


def _decode_by_escapes(data: bytes) -> str:
    parts, position, escape = [], 0, b"\x1b(B"
    for match in [*_ESCAPED.finditer(data), None]:
        segment = data[position : match.start() if match else len(data)]
        parts.append(_decode_segment(segment, escape))
        if match:
            position, escape = match.end(), match.group()
    return "".join(parts)


def _decode_segment(segment: bytes, escape: bytes) -> str:
    if escape in (b"\x1b$B", b"\x1b$@"):
        # Double-byte text ends at a line end even if its closing escape was lost.
        head, newline, tail = segment.partition(b"\n")
        return _to_shift_jis(head).decode("cp932", "replace") + (newline + tail).decode("ascii", "replace")
    if escape == b"\x1b(I":
        return bytes(byte | 0x80 for byte in segment).decode("cp932", "replace")
    return segment.decode("ascii", "replace")


def _to_shift_jis(pairs: bytes) -> bytes:
    """JIS X 0208 byte pairs to Shift_JIS byte pairs (the textbook formula)."""
    out = bytearray()
    for high, low in zip(pairs[::2], pairs[1::2], strict=False):
        out.append(((high + 1) >> 1) + (0x70 if high < 0x5F else 0xB0))
        out.append(low + (0x1F if low < 0x60 else 0x20) if high & 1 else low + 0x7E)
    return bytes(out) if not any(byte > 255 for byte in out) else b""
