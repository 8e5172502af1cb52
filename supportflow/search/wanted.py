"""What a search asks of the index, whatever the database."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """Words side by side; `begins`: the last one may go on."""

    words: tuple[str, ...]
    begins: bool = False


Group = tuple[Phrase, ...]  # any of them; the first as it was typed


@dataclass(frozen=True)
class Wanted:
    """Each group is there, and nothing of `no`."""

    every: tuple[Group, ...]
    no: tuple[Phrase, ...] = ()
