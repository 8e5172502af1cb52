"""From what people and mails give us to `Rich`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import cast

import mistune

from .clean import sanitise
from .text import html_to_text, tidy

MAX_MARKDOWN = 100_000
"""Characters; longer text is shown as it was typed (some rules of any Markdown are quadratic)."""

_markdown = mistune.create_markdown(escape=True, hard_wrap=True, plugins=["strikethrough", "table", "url"])
_URL = re.compile(r"https?://[^\s<>\"'\u0000-\u001f]{1,2000}")
_TRAILING = ".,;:!?)]}*_"
_CONTROLS = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rich:
    html: str
    """Safe in our pages."""
    text: str
    """The same words without markup: for search, mail and lists."""


def from_markdown(source: str) -> Rich:
    """What a user typed. Raw HTML in it is shown, not obeyed."""
    source = clean_text(source)
    if len(source) > MAX_MARKDOWN:
        return from_plain(source)
    html = sanitise(cast(str, _markdown(source)))
    return Rich(html, html_to_text(html, links=True))


def from_mail_html(html: str, cid_map: Mapping[str, str] | None = None) -> Rich:
    """HTML of a stranger. `cid_map`: Content-ID without brackets → path of our file."""
    return Rich(sanitise(html, cid_map), html_to_text(html))


def from_plain(text: str) -> Rich:
    """Plain text: paragraphs, line breaks, `>` quotes and addresses of web pages are kept."""
    text = tidy(clean_text(text))
    return Rich(sanitise(_blocks(text.split("\n"))), text)


def clean_text(text: str) -> str:
    """Without NUL, other control characters and lone surrogates, which databases and pages refuse."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\v", "\n")
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def _blocks(lines: list[str]) -> str:
    html: list[str] = []
    paragraph: list[str] = []
    quoted = False
    for line in [*lines, ""]:
        is_quote = line.startswith(">")
        if paragraph and (not line.strip() or is_quote != quoted):
            content = "<br>".join(_inline(part) for part in paragraph)
            html.append(f"<blockquote><p>{content}</p></blockquote>" if quoted else f"<p>{content}</p>")
            paragraph = []
        if line.strip():
            quoted = is_quote
            paragraph.append(line[1:].removeprefix(" ") if is_quote else line)
    return "\n".join(html)


def _inline(line: str) -> str:
    parts, position = [], 0
    for match in _URL.finditer(line):
        url = match.group().rstrip(_TRAILING)
        parts.append(escape(line[position : match.start()]))
        parts.append(f'<a href="{escape(url)}">{escape(url)}</a>')
        position = match.start() + len(url)
    return "".join(parts) + escape(line[position:])
