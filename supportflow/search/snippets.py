"""The part of a text that was searched for, with what was found marked. Made from the text itself, escaped by us."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from supportflow.search.folding import Piece, pieces
from supportflow.search.wanted import Wanted

LOOKED_AT = 20_000  # characters
LENGTH = 220  # of a snippet
LEAD = 60  # characters before what was found


def marks(text: str, wanted: Wanted) -> Markup:
    """All of a short text."""
    return _marked(text, list(_found(text, wanted)), 0, len(text))


def snippet(text: str, wanted: Wanted) -> Markup:
    """The stretch in which most of it stands."""
    text = " ".join(text[:LOOKED_AT].split())
    found = list(_found(text, wanted))
    start = _beginning(text, found)
    end = min(len(text), start + LENGTH)
    if end < len(text):
        end = max(start + 1, text.rfind(" ", start, end)) if " " in text[start:end] else end
    told = _marked(text, found, start, end)
    return Markup("{}{}{}").format("… " if start else "", told, " …" if end < len(text) else "")


def _beginning(text: str, found: Sequence[Piece]) -> int:
    if not found or found[-1].end <= LENGTH:
        return 0

    def held(first: Piece) -> int:
        return len({piece.word for piece in found if first.start <= piece.start < first.start + LENGTH - LEAD})

    best = max(found, key=lambda piece: (held(piece), -piece.start))
    start = max(0, best.start - LEAD)
    blank = text.find(" ", start, best.start)
    return blank + 1 if start and blank >= 0 else start


def _found(text: str, wanted: Wanted) -> Iterator[Piece]:
    if text.isascii():
        pattern = _plain(wanted)
        return (Piece(found[0], found.start(), found.end()) for found in pattern.finditer(text.lower()))
    whole, beginnings = _words(wanted)
    return (piece for piece in pieces(text) if piece.word in whole or piece.word.startswith(beginnings))


def _words(wanted: Wanted) -> tuple[frozenset[str], tuple[str, ...]]:
    phrases = [phrase for group in wanted.every for phrase in group]
    whole = frozenset(word for phrase in phrases for word in phrase.words)
    return whole, tuple(phrase.words[-1] for phrase in phrases if phrase.begins)


@lru_cache(maxsize=64)
def _plain(wanted: Wanted) -> re.Pattern[str]:
    """What `pieces` would find in a text of ASCII alone, several times as fast."""
    whole, beginnings = _words(wanted)
    ways = [f"{begin}[a-z0-9]*" for begin in beginnings if begin.isascii()]
    ways += sorted((word for word in whole if word.isascii()), key=len, reverse=True)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(ways)})(?![a-z0-9])" if ways else r"(?!)")


def _marked(text: str, found: Sequence[Piece], start: int, end: int) -> Markup:
    parts: list[Markup] = []
    at = start
    for first, last in _joined(found):
        if first < at or last > end:
            continue
        parts += [escape(text[at:first]), Markup("<mark>{}</mark>").format(text[first:last])]
        at = last
    return Markup("").join([*parts, escape(text[at:end])])


def _joined(found: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """Pairs of characters that overlap are one mark."""
    start = end = -1
    for piece in found:
        if piece.start <= end and start >= 0 and piece.start < end:
            end = max(end, piece.end)
        else:
            if start >= 0:
                yield start, end
            start, end = piece.start, piece.end
    if start >= 0:
        yield start, end
