"""HTML to plain text, aware of blocks: what a reader of the page would copy out of it."""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .guard import MAX_HTML, is_reasonable, strip_tags, words

_SKIP = words("""
    head script style title template noscript iframe object embed svg math textarea select button xmp audio video
    noembed noframes map area
""")
_PARAGRAPHS = words("p h1 h2 h3 h4 h5 h6 ul ol dl pre blockquote table figure hr")
_BLOCKS = _PARAGRAPHS | words("""
    div li tr dt dd section article header footer main nav aside address center form fieldset figcaption caption
    thead tbody tfoot body html details summary
""")
_EMPTY = frozenset({"br", "hr", "img", "wbr", "input"})
_MAX_QUOTES = 20
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0\u2007\u202f]+")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u034f]")
_HIDDEN = re.compile(
    r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt)?\s*(?:;|!|$)"
)


def html_to_text(html: str, *, links: bool = False) -> str:
    """The text of `html` with its line breaks, list marks and `> ` before quotes.

    `links` writes the address behind the words of a link (for the plain part of our own mails). Linear in time, no
    recursion; HTML that is too expensive to parse loses its tags and nothing else.
    """
    html = html[:MAX_HTML]
    if not is_reasonable(html):
        return tidy(strip_tags(html))
    body = LexborHTMLParser(html).body
    return _Walker(links).walk(body) if body is not None else ""


def is_hidden(node: LexborNode) -> bool:
    """Whether the sender hid this element from every reader (preheaders, tracking text)."""
    attributes = node.attributes
    style = attributes.get("style")
    return "hidden" in attributes or bool(style and _HIDDEN.search(style[:1000].lower()))


def tidy(text: str) -> str:
    """No spaces at line ends, no more than one empty line in a row, none at the ends."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\n".join(kept).strip("\n")


@dataclass
class _Walker:
    links: bool
    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Of the line that is being written."""
    marker: str = ""
    """Of the list item whose first text has not come yet."""
    lists: list[int] = field(default_factory=list)
    """The open lists: the next number of an ordered one, 0 for bullets."""
    quotes: int = 0
    pre: int = 0

    def walk(self, root: LexborNode) -> str:
        pending = [(root, True)]
        while pending:
            node, entering = pending.pop()
            if not entering:
                self._leave(node)
            elif self._enter(node):
                pending.append((node, False))
                child = node.last_child
                while child is not None:
                    pending.append((child, True))
                    child = child.prev
        self._line()
        return tidy("\n".join(self.lines))

    def _enter(self, node: LexborNode) -> bool:
        """Open `node`; False if its children are to be passed over."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
            return False
        if tag in _SKIP or tag.startswith("-") or is_hidden(node):
            return False
        self._break(tag)
        match tag:
            case "br":
                self._line(force=True)
            case "img":
                self._image(node)
            case "blockquote":
                self.quotes += 1
            case "pre":
                self.pre += 1
            case "ul":
                self.lists.append(0)
            case "ol":
                self.lists.append(1)
            case "li":
                self._bullet()
        return tag not in _EMPTY

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self._line()
        match tag:
            case "td" | "th":
                self.words.append(" ")
            case "a" if self.links:
                self._address(node)
            case "blockquote":
                self._end_quote()
            case "pre":
                self.pre -= 1
            case "ul" | "ol":
                self.lists.pop()
        self._break(tag)

    def _break(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._line()
        if tag in _PARAGRAPHS and not self.marker and not (self.lists and tag in {"ul", "ol"}):
            self._gap()

    def _text(self, text: str) -> None:
        if not self.pre:
            self.words.append(_SPACE.sub(" ", text))
            return
        first, *rest = text.split("\n")
        self.words.append(first)
        for line in rest:
            self._line(force=True)
            self.words.append(line)

    def _image(self, node: LexborNode) -> None:
        """Mail programs send emoji as images whose alternative text is the emoji."""
        alt = node.attributes.get("alt") or ""
        if 0 < len(alt) <= 4 and not alt.isascii():
            self.words.append(alt)

    def _address(self, node: LexborNode) -> None:
        href = (node.attributes.get("href") or "").strip()
        shown = "".join(self.words[-3:])
        if href.startswith(("http://", "https://", "mailto:")) and href.removeprefix("mailto:") not in shown:
            self.words.append(f" ({href.removeprefix('mailto:')})")

    def _bullet(self) -> None:
        number = self.lists[-1] if self.lists else 0
        self.marker = "  " * min(len(self.lists) - 1, _MAX_QUOTES) + (f"{number}. " if number else "- ")
        if number:
            self.lists[-1] = number + 1

    def _line(self, *, force: bool = False) -> None:
        """End the line that is being written, if there is one (or, if `force`, an empty one too)."""
        text = _INVISIBLE.sub("", "".join(self.words))
        self.words.clear()
        text = text.rstrip() if self.pre else _SPACE.sub(" ", text).strip(" ")
        if text or force:
            self.lines.append((self._quote_mark() + self.marker + text).rstrip())
            self.marker = ""

    def _gap(self) -> None:
        """An empty line before the next text; inside a quote only between its lines."""
        mark = self._quote_mark().rstrip()
        if self.lines and self.lines[-1] != mark and self.lines[-1].startswith(mark):
            self.lines.append(mark)

    def _end_quote(self) -> None:
        if self.lines and self.lines[-1] == ">" * min(self.quotes, _MAX_QUOTES):
            self.lines.pop()
        self.quotes -= 1

    def _quote_mark(self) -> str:
        return ">" * min(self.quotes, _MAX_QUOTES) + " " if self.quotes else ""
