"""Is this HTML cheap enough for a real parser?

HTML5 parsers are quadratic in places: 100,000 nested elements take half a minute, a thousand open `<font>` turn 29 kB
into 28 MB (both measured), ten thousand attributes on a tag are compared with each other. The scan below is linear
and keeps the parsers away from such input; `strip_tags` then saves its text.
"""

import re
from html import unescape


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAX_HTML = 10 * 1024 * 1024
"""Characters; what is longer is cut."""
MAX_DEPTH = 512
"""Open elements; browsers stop nesting here too."""
MAX_WEIGHT = 600_000
"""Tags, each counted with the formatting elements that the parser opens anew beside it."""
MAX_ATTRIBUTES = 1_000
"""In one tag."""
_LOOK_BACK = 64

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})([^>]*)>?")
_ATTRIBUTE_GAP = re.compile(r"[\s/\"']+")
_VOID = words("area base br col embed hr img input link meta param source track wbr")
_SELF_CLOSING = words("p li dt dd td th tr thead tbody tfoot colgroup option optgroup rp rt")
_FORMATTING = words("a b big code em font i nobr s small strike strong tt u")
_RAW = ("script", "style", "title", "textarea", "template", "noscript", "xmp", "iframe", "noembed", "noframes")
_BREAKS = words("p div br li tr h1 h2 h3 h4 h5 h6 table ul ol blockquote pre hr")


def is_reasonable(html: str) -> bool:
    """Whether parsing `html` takes time and memory in proportion to its length."""
    stack: list[str] = []
    formatting = weight = 0
    for match in _TAG.finditer(html):
        closing, name, rest = match.group(1), match.group(2).lower(), match.group(3)
        if len(rest) > MAX_ATTRIBUTES and _has_many_attributes(rest):
            return False
        weight += 1 + formatting
        if closing:
            formatting -= _close(stack, name)
        elif name not in _VOID and name not in _SELF_CLOSING:
            stack.append(name)
            formatting += name in _FORMATTING
        if weight > MAX_WEIGHT or len(stack) > MAX_DEPTH:
            return False
    return True


def strip_tags(html: str) -> str:
    """The text of HTML that is too expensive to parse: tags out, no more. Linear."""
    return unescape(_TAG.sub(_gap, _without_raw(html)))


def _close(stack: list[str], name: str) -> int:
    """Pop `name` as a parser would, looking back a bounded way; how many formatting elements that closed."""
    for back in range(1, min(len(stack), _LOOK_BACK) + 1):
        opened = stack[-back]
        if opened == name:
            if name in _FORMATTING:
                del stack[-back]
                return 1
            closed = stack[-back:]
            del stack[-back:]
            return sum(tag in _FORMATTING for tag in closed) if back > 1 else 0
        if name not in _FORMATTING and name in {"span", "label", "abbr", "q"} and opened not in _FORMATTING:
            return 0
    return 0


def _gap(match: re.Match[str]) -> str:
    return "\n" if match.group(2).lower() in _BREAKS else " " if match.group(2).lower() in {"td", "th"} else ""


def _has_many_attributes(rest: str) -> bool:
    return len(_ATTRIBUTE_GAP.split(_without_data(rest), MAX_ATTRIBUTES)) > MAX_ATTRIBUTES


def _without_data(attributes: str) -> str:
    """Without the base64 of `data:` images, whose slashes would count as attributes."""
    return re.sub(r"base64,[A-Za-z0-9+/=%\s]+", "", attributes) if "base64," in attributes else attributes


def _without_raw(html: str) -> str:
    """Without comments and the elements whose content is no text."""
    kept, position, lower = [], 0, html.lower()
    opening = re.compile(r"<(?:(" + "|".join(_RAW) + r")\b|!--)")
    while match := opening.search(lower, position):
        kept.append(html[position : match.start()])
        end = lower.find(f"</{match.group(1)}" if match.group(1) else "-->", match.end())
        if end < 0:
            return "".join(kept)
        position = end + (0 if match.group(1) else 3)
    kept.append(html[position:])
    return "".join(kept)
