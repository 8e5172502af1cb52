"""Which of what was found comes first: the same on both databases."""

from datetime import datetime

from supportflow.search.wanted import Group, Phrase, Wanted

IN_TITLE = 3.0
NOT_AS_TYPED = 0.4  # what a beginning went on as, or a misspelling may have meant
USUAL_LENGTH = 600.0  # characters
YEAR = 365.0 * 24 * 3600


def score(wanted: Wanted, title: str, body: str, written_at: datetime, now: datetime) -> float:
    """Each word counts: in the title most, often in a short text more than once in a long one, the newer the better."""
    title, body = f" {title} ", f" {body} "
    told = sum(_score_of(group, title, body) for group in wanted.every)
    years = max(0.0, (now - written_at).total_seconds()) / YEAR
    return told * (1.0 + 0.5 / (1.0 + years))


def _score_of(group: Group, title: str, body: str) -> float:
    return max(
        _worth(phrase, title, body) * (NOT_AS_TYPED if place or phrase.begins else 1.0)
        for place, phrase in enumerate(group)
    )


def _worth(phrase: Phrase, title: str, body: str) -> float:
    text = f" {' '.join(phrase.words)}{'' if phrase.begins else ' '}"
    often = body.count(text)
    long = 0.5 + 0.5 * len(body) / USUAL_LENGTH
    # A title that says this and little else says it best.
    share = len(text) / len(title)
    return (IN_TITLE + share if text in title else 0.0) + often / (often + long)
