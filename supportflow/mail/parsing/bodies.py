"""The text, the HTML and the attachments of a message."""

import binascii
import quopri
import re
from dataclasses import dataclass, field
from html import escape

from supportflow.core.richtext import html_to_text
from supportflow.core.richtext.make import clean_text

from .charsets import decode
from .flowed import unflow
from .headers import clean_line, salvage_base64
from .model import Attachment
from .names import file_name
from .structure import Message, Part
from .tnef import unpack_tnef
from .uuencoded import take_uuencoded

MAX_TEXT = 2_000_000
"""Characters of text and of HTML kept; the raw mail has the rest."""
MAX_ATTACHMENTS = 1_000
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_IGNORED = frozenset({"text/x-amp-html", "text/watch-html"})
_BODIES = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


@dataclass(slots=True)
class Content:
    text: str = ""
    html: str = ""
    """As received."""
    from_html: bool = False
    """Whether all of `text` was made from HTML."""
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True)
class _Segment:
    """One stretch of the body: a text part, or all versions of it in a multipart/alternative."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)

    def text(self) -> str:
        plain = "\n".join(text.strip("\n") for text in self.plain)
        return plain if plain.strip() or not self.html else html_to_text("\n".join(self.html))

    def markup(self) -> str:
        return "\n".join(self.html) or "<br>\n".join(escape(line) for text in self.plain for line in text.split("\n"))


def read_content(message: Message) -> Content:
    """Choose the body, decode it, gather the rest as attachments."""
    groups = _alternatives(message.parts)
    segments: dict[int, _Segment] = {}
    attachments: list[tuple[Part, Attachment]] = []
    for index, part in message.leaves():
        if part.type in _IGNORED:
            continue
        if _is_body(part, index):
            _add_body(segments.setdefault(groups[index], _Segment()), message, part)
        elif len(attachments) < MAX_ATTACHMENTS:
            attachments.append((part, _attachment(message, part, len(attachments))))
    content = _join(list(segments.values()))
    files = [_placed(part, file, content.html, message) for part, file in attachments]
    content.text, encoded = take_uuencoded(content.text)
    for file in [*files, *encoded]:
        _unpack(content, file)
    if not content.text.strip() and not content.html.strip():
        _promote(content)
    content.text = clean_text(content.text)[:MAX_TEXT].strip("\n")
    return content


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding; an unknown one changes nothing."""
    match encoding.strip().strip("\"'"):
        case "base64" | "b" | "base-64":
            return salvage_base64(data)
        case "quoted-printable" | "quotedprintable" | "q" | "quoted printable":
            return quopri.decodestring(data)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _decode_uu(data)
    return data


def part_content(message: Message, part: Part) -> bytes:
    return decode_transfer(message.body(part), part.headers.token("content-transfer-encoding"))


def part_text(message: Message, part: Part) -> str:
    """A text part as text: charset, line ends, `format=flowed`."""
    data = part_content(message, part)
    charset = part.parameters.get("charset")
    if not charset and part.type == "text/html" and (found := _META_CHARSET.search(data[:4096])):
        charset = found.group(1).decode("ascii")
    text = decode(data[: 4 * MAX_TEXT], charset)[:MAX_TEXT]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.type == "text/plain" and part.parameters.get("format", "").lower() == "flowed":
        return unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return text


def _alternatives(parts: list[Part]) -> list[int]:
    """For each part the outermost multipart/alternative around it, or itself."""
    groups: list[int] = []
    for index, part in enumerate(parts):
        parent = part.parent
        if parent is not None and parts[groups[parent]].type == "multipart/alternative":
            groups.append(groups[parent])
        else:
            groups.append(index)
    return groups


def _is_body(part: Part, index: int) -> bool:
    if part.type not in _BODIES:
        return False
    if index == 0:
        return True
    return part.disposition != "attachment" and not _named(part)


def _named(part: Part) -> str:
    return part.disposition_parameters.get("filename") or part.parameters.get("name") or ""


def _add_body(segment: _Segment, message: Message, part: Part) -> None:
    text = part_text(message, part)
    if part.type == "text/html":
        segment.html.append(text)
    elif part.type == "text/plain":
        segment.plain.append(text)
    else:  # text/enriched looks enough like HTML to read its words
        segment.html.append(text.replace("<<", "&lt;").replace("\n\n", "<br>"))


def _join(segments: list[_Segment]) -> Content:
    texts = [text for segment in segments if (text := segment.text()).strip()]
    has_html = any(segment.html for segment in segments)
    return Content(
        text="\n".join(texts),
        html="\n".join(segment.markup() for segment in segments)[:MAX_TEXT] if has_html else "",
        from_html=has_html and not any("".join(segment.plain).strip() for segment in segments),
    )


def _attachment(message: Message, part: Part, number: int) -> Attachment:
    content = part_content(message, part)
    content_id = clean_line(part.headers.text("content-id").strip("<> "))[:250]
    return Attachment(
        name=file_name(_named(part), part.type, number + 1, content if part.type == "message/rfc822" else b""),
        type=part.type,
        content=content,
        inline=part.disposition == "inline",
        content_id=content_id,
    )


def _placed(part: Part, file: Attachment, html: str, message: Message) -> Attachment:
    """Mark what stands in the HTML as inline, whatever its disposition says."""
    related = part.parent is not None and message.parts[part.parent].type == "multipart/related"
    shown = bool(file.content_id) and f"cid:{file.content_id}" in html
    inline = shown or file.inline or (related and bool(file.content_id) and part.disposition != "attachment")
    return Attachment(file.name, file.type, file.content, inline, file.content_id)


def _unpack(content: Content, file: Attachment) -> None:
    """Add a file; a winmail.dat is opened and its insides are added."""
    inside = unpack_tnef(file.content) if file.type in _TNEF or file.name.lower() == "winmail.dat" else None
    if inside is None:
        content.attachments.append(file)
        return
    content.attachments.extend(inside.attachments[:MAX_ATTACHMENTS])
    if not content.html.strip():
        content.html = inside.html
    if not content.text.strip():
        content.text = inside.text or html_to_text(inside.html)


def _promote(content: Content) -> None:
    """Some programs name their body part: the only text there is, is the body."""
    for index, file in enumerate(content.attachments):
        if file.type in {"text/plain", "text/html"} and len(content.attachments) == 1:
            text = decode(file.content)
            content.text, content.html = (text, "") if file.type == "text/plain" else (html_to_text(text), text)
            del content.attachments[index]
            return


def _decode_uu(data: bytes) -> bytes:
    lines = data.split(b"\n")
    out = bytearray()
    for line in lines[1:] if lines[0].startswith(b"begin ") else lines:
        if line.strip() in (b"end", b"`", b""):
            continue
        try:
            out += binascii.a2b_uu(line.rstrip(b"\r"))
        except binascii.Error:
            continue
    return bytes(out)
