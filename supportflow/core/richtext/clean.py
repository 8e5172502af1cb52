"""The allow-list that all HTML passes through, last, before it is stored.

First a tree pass (drop what the sender hid, point `cid:` images at our files, put remote images to sleep), then nh3,
whose word is final: it knows neither styles nor scripts nor forms, and no address but the schemes below.
"""

import re
from collections.abc import Mapping
from html import escape

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from .guard import MAX_HTML, is_reasonable, strip_tags, words
from .text import is_hidden, tidy

MAX_DATA_IMAGE = 200_000
"""Characters of a `data:` address; pictures larger than this come as attachments."""
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=\s]+\Z", re.ASCII)
_LOCAL = re.compile(r"/(?!/)[A-Za-z0-9/_.~%?=&-]*\Z")
_LINK = re.compile(r"\s*(?:https?://|mailto:|tel:)", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,5}%?\Z", re.ASCII)
_REMOTE = "remote-image"

_TAGS = words("""
    a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption
    figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub sup
    table tbody td tfoot th thead time tr tt u ul var wbr
""")
_DROPPED = words("""
    script style title template noscript iframe object embed svg math textarea select button xmp audio video noembed
    noframes map frameset
""")
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "data-remote"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align", "valign"},
    "th": {"colspan", "rowspan", "align", "valign", "scope"},
    "tr": {"align", "valign"},
    "table": {"align"},
    "div": {"align"},
    "p": {"align"},
    "time": {"datetime"},
}


def _attribute(tag: str, name: str, value: str) -> str | None:
    match tag, name:
        case "img", "src":
            return value if _DATA_IMAGE.match(value) or _LOCAL.match(value) else None
        case "img", "data-remote":
            return value if value.lower().startswith(("https://", "http://")) else None
        case _, "href":
            return value if _LINK.match(value) else None
        case _, "width" | "height" | "colspan" | "rowspan" | "start":
            return value if _DIGITS.match(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    allowed_classes={"img": {_REMOTE}},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes={"http", "https", "mailto", "tel", "data"},
)


def sanitise(html: str, images: Mapping[str, str] | None = None) -> str:
    """`html` as a fragment that may stand in our pages: no script, style, form, frame, id or foreign class.

    `images` gives our address (a path) for each Content-ID (without brackets). A remote image comes back as
    `<img class="remote-image" data-remote="https://…">`: without `src`, so nothing is fetched until somebody asks.
    """
    html = html[:MAX_HTML].replace("\0", "")
    if not is_reasonable(html):
        return plain_html(tidy(strip_tags(html)))
    tree = LexborHTMLParser(html)
    for node in tree.css("[style], [hidden]"):
        if node.tag not in {"html", "body"} and is_hidden(node):
            node.decompose()
    for node in tree.css("img"):
        _settle_image(node, images or {})
    body = tree.body
    return _CLEANER.clean(body.html or "").strip() if body is not None else ""


def plain_html(text: str) -> str:
    """Plain text as HTML: escaped, lines kept."""
    return "<br>\n".join(escape(line) for line in text.split("\n"))


def _settle_image(node: LexborNode, images: Mapping[str, str]) -> None:
    source = (node.attributes.get("src") or "").strip()
    attributes = node.attrs
    for name in ("src", "data-remote", "class"):
        if name in attributes:
            del attributes[name]
    scheme = source[:8].lower()
    if scheme.startswith("cid:"):
        if address := images.get(source[4:].strip().strip("<>")):
            attributes["src"] = address
    elif scheme.startswith("data:"):
        if len(source) <= MAX_DATA_IMAGE:
            attributes["src"] = source
    elif scheme.startswith(("http:", "https:", "//")):
        attributes["data-remote"] = f"https:{source}" if source.startswith("//") else source
        attributes["class"] = _REMOTE
    if not attributes.get("src") and not attributes.get("data-remote") and not attributes.get("alt"):
        node.decompose()
