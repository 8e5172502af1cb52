"""Texts as the index knows them: words without case and accents.

Scripts that put no blanks between words (Chinese, Japanese, Thai and their like) are cut into overlapping pairs of
characters, so that any part of such a text is found.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

LONGEST = 40  # characters of a word; what is longer is no word of anybody's
_DENSE = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_DENSE += "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{_DENSE}]"
_RUN = re.compile(rf"[{_DENSE}]+|{_LETTER}(?:{_LETTER}|[\u0300-\u036f])*")
_PLAIN_RUN = re.compile("[a-z0-9]+")
_IS_DENSE = re.compile(f"[{_DENSE}]")
# Letters that are no base letter with a mark, as they are written without their keyboard.
_SPELLED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)


class Piece(NamedTuple):
    """A word and where it stands in the text."""

    word: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """The words to be found, in their order."""
    if text.isascii():
        return [run[:LONGEST] for run in _PLAIN_RUN.findall(text.lower())]
    return [piece.word for piece in pieces(text)]


def sought(text: str) -> tuple[str, ...]:
    """The words that stand for `text` in a search: side by side in whatever holds it."""
    found = [piece.word for piece in pieces(text)]
    # The last character alone ends a dense run in the index; behind what is sought more may follow.
    if len(found) > 1 and len(found[-1]) == 1 and is_dense(found[-1]) and found[-2].endswith(found[-1]):
        found.pop()
    return tuple(found)


def is_dense(word: str) -> bool:
    return bool(_IS_DENSE.match(word))


def pieces(text: str) -> Iterator[Piece]:
    for found in _RUN.finditer(text):
        run, at = found[0], found.start()
        if run.isascii():  # most are, also in texts that are not
            yield Piece(run[:LONGEST].lower(), at, at + len(run))
            continue
        for word, start, end in _pieces_of(run):
            yield Piece(word, at + start, at + end)


def _pieces_of(run: str) -> tuple[Piece, ...]:
    if _IS_DENSE.match(run):
        return tuple(_pairs(run))
    word = _folded(run[:LONGEST])
    return (Piece(word, 0, len(run)),) if word else ()


def _pairs(run: str) -> Iterator[Piece]:
    for start in range(len(run)):
        yield Piece(unicodedata.normalize("NFC", run[start : start + 2]), start, min(start + 2, len(run)))


@lru_cache(maxsize=20_000)
def _folded(run: str) -> str:
    if run.isascii():
        return run.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", run).casefold())
    return "".join(character for character in plain if character.isalnum()).translate(_SPELLED)[:LONGEST]
