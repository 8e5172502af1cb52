"""A header block as it really comes: folded, broken, 8-bit, encoded twice or by halves. All in linear time."""

import binascii
import re
import unicodedata
from dataclasses import dataclass
from string import ascii_letters, digits
from urllib.parse import unquote_to_bytes

from .charsets import decode, is_utf8

MAX_BLOCK = 1024 * 1024
"""Bytes of one header block; what follows is ignored."""
MAX_VALUE = 65_536
"""Bytes of one header."""
MAX_HEADERS = 5_000

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN = re.compile(
    rb"(?:x-|content-|list-|received|arc-|dkim-|authentication-|resent-|mime-|auto-|thread-|return-|reply-|in-reply-"
    rb"|from$|to$|cc$|bcc$|subject$|date$|sender$|message-id$|references$|precedence$|priority$|importance$|delivered-"
    rb"|user-agent$|organi[sz]ation$|accept-language$|envelope-|errors-to$|disposition-|feedback-|original-)"
)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:[^?]|\?(?!=))*)(?:\?=|\Z)")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_NOT_BASE64 = bytes(byte for byte in range(256) if chr(byte) not in f"{ascii_letters}{digits}+/=")
_SPACES = re.compile(r"[ \t\r\n\f\v\u0085\u2028\u2029]+")
_CONTROLS = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202d\u202e\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Headers:
    items: tuple[tuple[str, bytes], ...] = ()
    """Names in lower case with the raw, still folded values, in their order."""

    def raw(self, name: str) -> bytes:
        """The first header of this name; empty if there is none."""
        return next((value for key, value in self.items if key == name), b"")

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.items if key == name]

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.items)

    def text(self, name: str) -> str:
        """The first header of this name as one readable line."""
        return decode_words(unfold(self.raw(name), self.charset))

    @property
    def charset(self) -> str | None:
        """What the body declares: the best guess for raw 8-bit headers too."""
        found = _CHARSET.search(self.raw("content-type"))
        return found.group(1).decode("ascii") if found else None

    def token(self, name: str) -> str:
        """The same, in lower case, without comments: for headers that machines read."""
        return re.sub(r"\([^()]*\)", "", unfold(self.raw(name))[:2000]).strip().lower()


def split_block(data: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header block at `start` and where the body begins.

    A line that is no header is taken as a lost continuation if known headers go on behind it, else the body begins
    there. Lines with two dashes may be boundaries and always end the block.
    """
    items: list[tuple[str, list[bytes]]] = []
    stray: list[bytes] = []
    stray_at = position = start
    while position < end:
        line = _LINE.match(data, position, end)
        assert line is not None
        content = line.group().rstrip(b"\r\n")
        if not content.strip():
            position = line.end()
            break
        if content.startswith(b"--"):
            break
        if (head := _NAME.match(content)) and (not stray or _KNOWN.match(head.group(1).lower())):
            if stray and items:
                items[-1][1].extend(stray)
            stray = []
            items.append((head.group(1).decode("ascii").lower(), [content[head.end() :]]))
        elif content[:1] in b" \t" and items and not stray:
            items[-1][1].append(content)
        else:
            stray_at = position if not stray else stray_at
            stray.append(b" " + content)
        position = line.end()
        if position - start > MAX_BLOCK or len(items) > MAX_HEADERS:
            position = _skip_block(data, position, end)
            break
    if stray and not _is_envelope(stray):
        position = stray_at
    return Headers(tuple((name, b"\n".join(lines)[:MAX_VALUE]) for name, lines in items)), position


def unfold(value: bytes, charset: str | None = None) -> str:
    """A raw header as one line of text, encoded words untouched. `charset` is for what is no UTF-8."""
    if value.isascii() and b"\x1b" not in value:
        text = value.decode("ascii")
    else:
        text = decode(value, charset if not is_utf8(value) else None)
    return _SPACES.sub(" ", text).strip()


def decode_words(value: bytes | str) -> str:
    """A header as people read it (RFC 2047), broken encodings included."""
    text = value if isinstance(value, str) else unfold(value)
    return clean_line(_decode_runs(text) if "=?" in text else text)


def clean_line(text: str) -> str:
    """One line without control characters, overrides of the writing direction and lone surrogates, in NFC."""
    text = _SPACES.sub(" ", _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text)))
    return unicodedata.normalize("NFC", text).strip()


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """`text/plain; charset="x"` → ("text/plain", {"charset": "x"}), with RFC 2231 and what mailers do instead."""
    first, *rest = _split_parameters(unfold(value))
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    first, _, lost = first.strip().partition(" ")  # "text/html charset=x" has lost its semicolon
    for part in [*rest[:200], lost]:
        name, _, content = part.partition("=")
        name, content = name.strip().lower(), _unquote(content.strip())
        if match := re.fullmatch(r"([^*]{1,60})\*(?:(\d{1,3})(\*?))?", name):
            index, encoded = int(match.group(2) or 0), match.group(2) is None or bool(match.group(3))
            pieces.setdefault(match.group(1), {}).setdefault(index, (encoded, content))
        elif name and name not in plain:
            plain[name] = decode_words(content)
    for name, parts in pieces.items():
        plain[name] = _join_pieces([parts[index] for index in sorted(parts)]) or plain.get(name, "")
    return first.lower(), plain


def _skip_block(data: bytes, position: int, end: int) -> int:
    found = re.compile(rb"\r?\n\r?\n").search(data, position, end)
    return found.end() if found else end


def _is_envelope(stray: list[bytes]) -> bool:
    """`From sender Mon Jan …` lines of mbox files, which headers may follow or not."""
    return len(stray) == 1 and stray[0].startswith((b" From ", b" >From "))


def _decode_runs(text: str) -> str:
    """Replace each run of neighbouring encoded words; runs are decoded together, as characters may be cut across."""
    out: list[str] = []
    run: list[tuple[str, str, str]] = []
    position = 0
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        if run and between.strip():
            out.append(_decode_run(run))
            run = []
        if between.strip() or not run:
            out.append(between)
        run.append((match.group(1).partition("*")[0].lower(), match.group(2).lower(), match.group(3)))
        position = match.end()
    return "".join(out) + (_decode_run(run) if run else "") + text[position:]


def _decode_run(run: list[tuple[str, str, str]]) -> str:
    out: list[str] = []
    data, charset = b"", ""
    for index, (name, encoding, content) in enumerate(run):
        if name != charset:
            out.append(decode(data, charset))
            data, charset = b"", name
        if encoding == "q":
            data += _decode_q(content)
            continue
        # Some mailers cut the base64 text itself, so that only all of it together has whole bytes.
        follows = run[index + 1] if index + 1 < len(run) else None
        stripped = content.strip()
        if follows and follows[:2] == (name, "b") and len(stripped) % 4 and not stripped.endswith("="):
            run[index + 1] = (name, "b", stripped + follows[2].strip())
            continue
        data += salvage_base64(content.encode("ascii", "ignore"))
    return "".join(out) + decode(data, charset)


def _decode_q(content: str) -> bytes:
    raw = content.replace("_", " ").encode("utf-8", "surrogateescape")
    return _QUOTED.sub(lambda match: bytes([int(match.group(1), 16)]), raw)


def salvage_base64(data: bytes) -> bytes:
    """What can be read of base64 that is cut, badly padded, joined from pieces or full of foreign characters."""
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except ValueError:
        pass
    clean = (data.replace(b"-", b"+").replace(b"_", b"/") if _is_url_safe(data) else data).translate(None, _NOT_BASE64)
    out = bytearray()
    for chunk in clean.split(b"="):
        usable = chunk[:-1] if len(chunk) % 4 == 1 else chunk
        out += binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))
    return bytes(out)


def _is_url_safe(data: bytes) -> bool:
    return (b"-" in data or b"_" in data) and b"+" not in data and b"/" not in data and b" " not in data.strip()


def _split_parameters(text: str) -> list[str]:
    """Split at semicolons outside quotes; a quote that never closes ends at its semicolon."""
    parts: list[str] = []
    current: list[str] = []
    quoted = escaped = False
    closing = text.rfind('"')
    for index, character in enumerate(text[:MAX_VALUE]):
        if escaped:
            escaped = False
        elif character == "\\" and quoted:
            escaped = True
        elif character == '"':
            quoted = not quoted and index < closing
        elif character == ";" and not quoted:
            parts.append("".join(current))
            current = []
            continue
        current.append(character)
    return [*parts, "".join(current)]


def _unquote(value: str) -> str:
    if value.startswith('"'):
        inner = value[1:-1] if value.endswith('"') and len(value) > 1 else value[1:]
        return re.sub(r"\\([\\\"])", r"\1", inner)
    return re.sub(r"\s*\([^()]*\)\s*\Z", "", value) if value.endswith(")") and " (" in value else value.strip("'")


def _join_pieces(pieces: list[tuple[bool, str]]) -> str:
    charset = ""
    if pieces[0][0] and pieces[0][1].count("'") >= 2:
        charset, _, rest = pieces[0][1].split("'", 2)
        pieces = [(True, rest), *pieces[1:]]
    data = b"".join(unquote_to_bytes(text) if encoded else text.encode() for encoded, text in pieces)
    return decode_words(decode(data, charset))
