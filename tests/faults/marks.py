"""Markers: a word that stands in one mail, ticket or reply alone, so that each can be found again, and counted."""

import re
from dataclasses import dataclass, field
from itertools import count

_MARK = re.compile(r"mark-[a-z]+-[0-9]{5}")


def marks_in(text: str) -> list[str]:
    return list(dict.fromkeys(_MARK.findall(text)))


@dataclass
class Ledger:
    """What the world outside was promised: all of it must be found inside, once."""

    tickets: dict[str, str] = field(default_factory=dict)  # by API: marker → number that it was told
    replies: dict[str, int] = field(default_factory=dict)  # by API: marker → the comment's id; each goes out by mail
    mails: set[str] = field(default_factory=set)  # taken: 250, or exit status 0
    _count: "count[int]" = field(default_factory=lambda: count(1))

    def mark(self, kind: str) -> str:
        """A new marker; `kind` is one word of small letters."""
        return f"mark-{kind}-{next(self._count):05d}"

    @property
    def promised(self) -> set[str]:
        return {*self.tickets, *self.replies, *self.mails}
