"""The language of the search box: words, "phrases", -not, begin*, and filters such as status:open.

Knows texts alone; what the values of filters mean is `filters`' business. docs/search.md is its description.
"""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches

from django.utils.translation import gettext as _

from supportflow.core.filtering import MAX_WORDS
from supportflow.search.folding import is_dense, sought

FILTERS = (
    "status", "priority", "category", "channel", "assignee", "team", "tag", "company", "contact", "from", "is", "in",
    "before", "after", "has",
)  # fmt: skip
_PART = re.compile(
    r"""(?P<no>-)?(?:
        (?P<name>[A-Za-z][A-Za-z_]{1,19}):(?![/\s])(?P<value>(?:"[^"]*"?|[^\s"])+)
        | "(?P<phrase>[^"]*)"?
        | (?P<word>[^\s"]+)
    )""",
    re.VERBOSE,
)
_PLAIN = re.compile(r'"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)')
_QUOTES = str.maketrans("“”„‟«»＂", '"' * 7)
_VALUE = re.compile(r'"([^"]*)"?|([^,"]+)')
_NUMBER = re.compile(r"(?:[Tt]-)?[0-9]{1,19}")


@dataclass(frozen=True)
class Term:
    """A word or phrase; `begins`: written with a star. `text` is what was typed."""

    words: tuple[str, ...]
    text: str
    begins: bool = False
    is_phrase: bool = False


@dataclass(frozen=True)
class Filter:
    """`name:value` or `name:one,other`. `text` is what was typed."""

    name: str
    values: tuple[str, ...]
    text: str
    excluded: bool = False


@dataclass(frozen=True)
class Fault:
    """A part of a query that means nothing, and why; `instead` is the part as it may have been meant."""

    part: str
    message: str
    instead: str = ""


@dataclass(frozen=True)
class Query:
    terms: tuple[Term, ...] = ()
    without: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    faults: tuple[Fault, ...] = ()
    number: str = ""  # where the words are a ticket's number and nothing else


@dataclass
class _Read:
    terms: list[Term] = field(default_factory=list)
    without: list[Term] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def parse(text: str) -> Query:
    read = _Read()
    for part in _PART.finditer(text.translate(_QUOTES)):
        if part["name"]:
            _read_filter(part, read)
        elif term := _term(part):
            (read.without if part["no"] else read.terms).append(term)
    if read.without and not read.terms:
        what = f"-{read.without[0].text}"
        read.faults.append(Fault(what, _("Say what to find too, not only what to leave out.")))
    alone = len(read.terms) == 1 and not read.without and _NUMBER.fullmatch(read.terms[0].text)
    return Query(
        tuple(dict.fromkeys(read.terms)),
        tuple(dict.fromkeys(read.without)),
        tuple(read.filters),
        tuple(read.faults),
        read.terms[0].text if alone else "",
    )


def terms(text: str) -> tuple[Term, ...]:
    """Words and "phrases" alone: what looks like a filter or a minus is text like any other."""
    found = (_term(part) for part in _PLAIN.finditer(text.translate(_QUOTES)))
    return tuple(dict.fromkeys(term for term in found if term))[:MAX_WORDS]


def _term(part: re.Match[str]) -> Term | None:
    """None for what has no letter and no digit: nothing could be found by it."""
    text = part["phrase"] if part["phrase"] is not None else part["word"]
    words = sought(text)
    if not words:
        return None
    begins = part["phrase"] is None and text.endswith("*")
    # One character of a script that is indexed in pairs begins some pair wherever it stands.
    begins = begins or (len(words[-1]) == 1 and is_dense(words[-1]))
    return Term(words, text, begins, part["phrase"] is not None)


def _read_filter(part: re.Match[str], read: _Read) -> None:
    name, whole = part["name"].lower(), part[0]
    values = tuple(dict.fromkeys(_values(part["value"])))
    if name not in FILTERS:
        read.faults.append(_unknown_name(whole, part["name"], part["value"]))
    elif not values:
        read.faults.append(Fault(whole, _("Say what %(name)s should be.") % {"name": name}))
    else:
        read.filters.append(Filter(name, values, whole, bool(part["no"])))


def _values(text: str) -> list[str]:
    found = [(quoted or plain).strip() for quoted, plain in _VALUE.findall(text)]
    return [value for value in found if value]


def _unknown_name(whole: str, name: str, value: str) -> Fault:
    message = _("There is no filter %(name)s. Known ones: %(known)s. Put it in quotes to search for the text.")
    near = nearest(name.lower(), FILTERS)
    return Fault(
        whole, message % {"name": name, "known": ", ".join(FILTERS)}, f"{near}:{value}" if near else f'"{name} {value}"'
    )


def nearest(text: str, known: "list[str] | tuple[str, ...]") -> str:
    """The known word that was probably meant, or an empty text."""
    found = get_close_matches(text, known, 1, 0.6)
    return found[0] if found else ""


def quoted(value: str) -> str:
    """As it stands behind a filter's colon."""
    return f'"{value}"' if re.search(r"[\s,]", value) else value
