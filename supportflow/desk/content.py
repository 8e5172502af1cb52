"""What a comment holds, from whichever door it came: source, sanitised HTML and plain text."""

from dataclasses import dataclass

from supportflow.core import text
from supportflow.core.richtext import from_markdown


@dataclass(frozen=True)
class Content:
    """`source` as typed, `html` sanitised, `text` plain; `full_html` is the whole mail when `html` is its new part."""

    source: str
    html: str
    text: str
    full_html: str = ""

    @classmethod
    def from_markdown(cls, source: str, *, field: str = "body") -> "Content":
        """Raises Invalid naming `field` when the text is empty, too long or cannot be stored."""
        source = text.prose(field, source)
        rich = from_markdown(source)
        return cls(source, rich.html, rich.text)
