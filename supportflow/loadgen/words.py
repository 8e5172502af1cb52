"""What people write: subjects and paragraphs from templates, their words as frequent as in real text (Zipf's law)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from supportflow.core.richtext import Rich, from_markdown, from_plain
from supportflow.loadgen.phrases import AGENTS, CUSTOMERS, ELSEWHERE, NOTES, PLACES, SUBJECTS, THINGS

VOCABULARY = 40_000
_ONSETS = ("b", "br", "c", "cl", "d", "dr", "f", "g", "gr", "k", "l", "m", "n", "p", "pr", "qu", "r", "s", "st", "t")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "io", "ou", "y")
_SYLLABLES = [onset + vowel for onset in _ONSETS for vowel in _VOWELS]
_ENDS = ("", "n", "r", "s", "x", "l", "ment", "tion", "ric", "dor")


def word(rank: int) -> str:
    """The word of this rank: always the same one, the frequent ones short."""
    syllables: list[str] = []
    rest = rank
    while rest or not syllables:
        rest, place = divmod(rest, len(_SYLLABLES))
        syllables.append(_SYLLABLES[place])
    return "".join(syllables) + _ENDS[rank % len(_ENDS)]


def any_word(rng: Random) -> str:
    """The n-th word comes up 1/n as often as the first: a few everywhere, most of them hardly ever."""
    return word(int(VOCABULARY ** rng.random()))


@dataclass(frozen=True, slots=True)
class Paragraph:
    source: str
    html: str
    text: str


class Phrasebook:
    """Paragraphs made once with the product's own renderer and combined ever after."""

    def __init__(self, rng: Random, size: int) -> None:
        self.customers = [_written(rng, CUSTOMERS, from_plain) for _ in range(size)]
        self.customers += [_rendered(text, from_plain) for text in ELSEWHERE] * max(1, size // 200)
        self.agents = [_written(rng, AGENTS, from_markdown) for _ in range(size // 2)]
        self.notes = [_written(rng, NOTES, from_markdown) for _ in range(size // 4 + 1)]

    def subject(self, rng: Random, category: str) -> str:
        return _filled(rng, rng.choice(SUBJECTS[category]))

    def letter(self, rng: Random, hello: str, middle: Sequence[Paragraph], goodbye: str) -> Paragraph:
        """A greeting, one to four paragraphs, one with words of this letter alone, and a name."""
        count = (1, 1, 2, 2, 3, 4)[int(rng.random() * 6)]
        own = f"Reference: {any_word(rng)} {any_word(rng)} {any_word(rng)}."
        parts = [_plain(hello), *(middle[int(rng.random() * len(middle))] for _ in range(count)), _plain(own)]
        return join([*parts, _plain(goodbye)])


def join(parts: Sequence[Paragraph]) -> Paragraph:
    """As the renderer would make it of the whole text: paragraphs do not know each other."""
    return Paragraph(
        "\n\n".join(part.source for part in parts),
        "\n".join(part.html for part in parts),
        "\n\n".join(part.text for part in parts),
    )


def _plain(line: str) -> Paragraph:
    return Paragraph(line, f"<p>{line}</p>", line)


def _written(rng: Random, templates: Sequence[str], render: Callable[[str], Rich]) -> Paragraph:
    count = 1 + int(rng.random() * 3)
    chosen = [rng.choice(templates) for _ in range(count)]
    block = next((template for template in chosen if "\n" in template), None)
    return _rendered(_filled(rng, block or " ".join(chosen)), render)


def _rendered(source: str, render: Callable[[str], Rich]) -> Paragraph:
    rich = render(source)
    return Paragraph(source, rich.html, rich.text)


def _filled(rng: Random, template: str) -> str:
    number, day = rng.randint(100, 99_999), rng.randint(1, 28)
    return template.format(
        thing=rng.choice(THINGS), place=rng.choice(PLACES), word=any_word(rng), other=any_word(rng), n=number, day=day
    )
