"""The words of all documents: how a beginning may go on, and what a misspelling may have meant."""

import re
from collections.abc import Iterable

from supportflow.search.engines import engine
from supportflow.search.models import Word
from supportflow.search.wanted import Group, Phrase

WORD = re.compile(r"[^\W\d_]{3,24}")
MISSPELLED_FROM = 4  # letters
GOES_ON = 60  # ways that a beginning may end, the shortest first
MEANT = 5  # words that a misspelling may stand for
_LOOKED_AT = 3_000
_SHARED = 3  # letters that a misspelling has in common with the beginning or the end of what was meant


def vocabulary_of(texts: Iterable[str]) -> list[str]:
    """The words of folded texts that are kept, in order. Numbers are not: they are no misspelling of each other."""
    return sorted({word for text in texts for word in text.split() if WORD.fullmatch(word)})


def going_on(beginning: str) -> list[str]:
    """Known words that begin so, the word itself not among them."""
    rows = Word.objects.filter(engine().starts("word", beginning)).exclude(word=beginning)
    found = sorted(rows.values_list("word", flat=True)[:_LOOKED_AT], key=lambda word: (len(word), word))
    return found[:GOES_ON]


def begun(words: tuple[str, ...]) -> Group:
    """These words side by side; the last may go on. Known words are named, as to find them all takes an engine long."""
    last = words[-1]
    if len(words) > 1 or not last.isalpha():
        return (Phrase(words, begins=True),)  # few go on from here
    return (Phrase(words), *(Phrase((longer,)) for longer in going_on(last)))


def may_be_misspelled(word: str) -> bool:
    return len(word) >= MISSPELLED_FROM and bool(WORD.fullmatch(word))


def near(word: str) -> list[str]:
    """Known words that are one or two slips away, the nearest first."""
    most = 1 if len(word) < 6 else 2
    alike = engine().starts("word", word[:_SHARED]) | engine().starts("backwards", word[: -_SHARED - 1 : -1])
    known = set(Word.objects.filter(alike).values_list("word", flat=True)[: 2 * _LOOKED_AT])
    told = [(slips(word, other, most), other[0] != word[0], other) for other in known if other != word]
    return [other for distance, _first, other in sorted(told) if distance <= most][:MEANT]


def slips(one: str, other: str, most: int) -> int:
    """Letters to add, drop, change or swap with their neighbour (Damerau and Levenshtein); above `most` just more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if last and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
