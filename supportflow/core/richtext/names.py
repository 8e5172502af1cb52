"""Names of colleagues in a text that was made safe already: `@Emma Clarke`."""

import re
from collections.abc import Callable
from html import escape

# The serialiser quotes every attribute, so a `>` inside one ends no tag.
_TAG = re.compile(r'(<[^<>"]*(?:"[^"]*"[^<>"]*)*>)')
_NAME = re.compile(r"/?\s*([a-z0-9]+)")
# Where "@" is somebody else's word, an address or code.
_SILENT = frozenset({"a", "blockquote", "code", "pre", "kbd", "samp"})


def mark_names(html: str, pattern: re.Pattern[str], is_called: Callable[[str], bool]) -> str:
    """The sanitised `html` with what `pattern` finds in its own words marked, where `is_called(found)` says so.

    The pattern is matched against escaped text. Quotes, links and code are left alone.
    """
    parts, silent = _TAG.split(html), 0
    for at, part in enumerate(parts):
        if at % 2:
            name = _NAME.match(part[1:])
            if name and name[1] in _SILENT:
                silent = max(0, silent + (-1 if part.startswith("</") else 1))
        elif not silent:
            parts[at] = pattern.sub(lambda found: _marked(found[0], is_called), part)
    return "".join(parts)


def _marked(text: str, is_called: Callable[[str], bool]) -> str:
    return f'<span class="mention">{text}</span>' if is_called(text) else text


def escaped(name: str) -> str:
    """As it stands in the HTML."""
    return escape(name, quote=False)
