"""Which of what was found comes first: the same on both databases."""

from dataclasses import dataclass

from supportflow.search.wanted import Phrase, Wanted

IN_TITLE = 3.0
NOT_AS_TYPED = 0.4  # what a beginning went on as, or a misspelling may have meant
USUAL_LENGTH = 600  # characters
NEW = 200  # places among the newest of a kind, after which half of what is new about them is gone


@dataclass(frozen=True, slots=True)
class _Needle:
    """As it stands between the blanks of a folded text."""

    text: str
    weight: float

    def worth(self, title: str, body: str) -> float:
        often = body.count(self.text)
        told = often / (often + 0.5 + 0.5 * len(body) / USUAL_LENGTH) if often else 0.0
        if self.text in title:
            # A title that says this and little else says it best.
            told += IN_TITLE + len(self.text) / len(title)
        return told * self.weight


class Ranking:
    """Each word counts: in the title most, often in a short text more than once in a long one; the newer the better."""

    def __init__(self, wanted: Wanted) -> None:
        self._groups = [
            [
                _Needle(_text(phrase), NOT_AS_TYPED if place or phrase.begins else 1.0)
                for place, phrase in enumerate(group)
            ]
            for group in wanted.every
        ]

    def score(self, title: str, body: str, place: int) -> float:
        """place -- among the documents of its kind, the newest first"""
        title, body = f" {title} ", f" {body} "
        told = 0.0
        for needles in self._groups:
            if len(needles) == 1:
                told += needles[0].worth(title, body)
            else:
                told += max([needle.worth(title, body) for needle in needles])
        return told * (1.0 + 0.5 * NEW / (NEW + place))


def _text(phrase: Phrase) -> str:
    return f" {' '.join(phrase.words)}{'' if phrase.begins else ' '}"
