"""Text from people and from the network, made safe to show.

Whatever comes in (Markdown that a user types, HTML from a mail, plain text) leaves as `Rich`: HTML that may stand
in our pages as it is, and the same in plain text. Nothing else may build the HTML of a comment.
"""

from .clean import sanitise
from .make import Rich, from_mail_html, from_markdown, from_plain
from .names import escaped, mark_names
from .text import html_to_text

__all__ = [
    "Rich",
    "escaped",
    "from_mail_html",
    "from_markdown",
    "from_plain",
    "html_to_text",
    "mark_names",
    "sanitise",
]
