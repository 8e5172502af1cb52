"""Filters of lists, read from query parameters: one reading and one wording of each refusal for pages and API."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.errors import Invalid

MAX_VALUES = 100  # of one parameter
MAX_Q = 200  # characters
MAX_WORDS = 8
_ID = re.compile(r"[0-9]{1,19}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ].{1,30})?")

Params = Mapping[str, Sequence[str]]


def refuse_unknown(given: Iterable[str], known: Collection[str]) -> None:
    """Raises Invalid that names every parameter which is not `known`."""
    if unknown := sorted(set(given) - set(known)):
        message = _("There is no such parameter. Known ones: %(known)s.") % {"known": ", ".join(sorted(known))}
        raise Invalid({name[:60] or "?": message for name in unknown[:20]})


class Reader:
    """Reads the values of the parameters; what is wrong is gathered in `errors` and told at once by `done`.

    A parameter may be repeated where that means "any of"; where it counts once, a repeat is refused.
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self.errors: dict[str, StrOrPromise] = {}

    def done(self) -> None:
        if self.errors:
            raise Invalid(self.errors)

    def many(self, name: str) -> list[str]:
        values = list(dict.fromkeys(self.params.get(name, ())))
        if len(self.params.get(name, ())) > MAX_VALUES:
            self.errors[name] = _("At most %(most)s values fit.") % {"most": MAX_VALUES}
            return []
        if any("\x00" in value for value in values):
            self.errors[name] = _("This value has a NUL character. Remove it.")
            return []
        return values

    def one(self, name: str) -> str | None:
        values = self.many(name)
        if len(values) > 1:
            self.errors[name] = _("Give this parameter once.")
        return values[0] if values else None

    def members(self, name: str, known: Iterable[str]) -> tuple[str, ...]:
        """`known`: an enum or the values themselves."""
        values = self.many(name)
        if set(values) - set(known):
            self.errors[name] = _("Use one of: %(known)s.") % {"known": ", ".join(known)}
        return tuple(values)

    def ids(self, name: str, words: Collection[str] = ()) -> tuple[str, ...]:
        """Whole numbers of 64 bits, or one of `words`; as text, as they stood."""
        values = self.many(name)
        if any(value not in words and not is_id(value) for value in values):
            hint = _("Use an id or one of: %(words)s.") % {"words": ", ".join(words)} if words else _("Use an id.")
            self.errors[name] = hint
        return tuple(values)

    def one_id(self, name: str) -> int | None:
        value = self.one(name)
        if value is not None and not is_id(value):
            self.errors[name] = _("Use an id.")
            return None
        return None if value is None else int(value)

    def names(self, name: str, most: int) -> tuple[str, ...]:
        values = self.many(name)
        if any(not value.strip() or len(value) > most for value in values):
            self.errors[name] = _("Use a name of 1 to %(most)s characters.") % {"most": most}
        return tuple(values)

    def flag(self, name: str) -> bool | None:
        value = self.one(name)
        if value is not None and value not in {"true", "false"}:
            self.errors[name] = _("Use true or false.")
        return None if value is None else value == "true"

    def moment(self, name: str) -> datetime | None:
        """A time with its zone (RFC 3339), or a date, which is its midnight in the reader's zone."""
        value = self.one(name)
        if value is None:
            return None
        try:
            return _moment(value)
        except (ValueError, OverflowError):
            self.errors[name] = _("Write a time with its zone, like 2026-05-01T12:00:00Z, or a date, like 2026-05-01.")
            return None

    def q(self, name: str = "q") -> str:
        value = self.one(name)
        if value is not None and len(value) > MAX_Q:
            self.errors[name] = _("Search for at most %(most)s characters.") % {"most": MAX_Q}
        elif value is not None and not value.strip():
            self.errors[name] = _("Say what to search for, or leave this out.")
        return " ".join((value or "")[:MAX_Q].split())


def is_id(value: str) -> bool:
    return bool(_ID.fullmatch(value)) and int(value) < 2**63


def pairs(values: Iterable[str], **words: int | None) -> tuple[list[int], bool]:
    """The ids among `values` with words put in their place, and whether "none" (a word that stands for None) is one."""
    ids = [words[value] if value in words else int(value) for value in values]
    return [pk for pk in ids if pk is not None], None in ids


def _moment(value: str) -> datetime:
    if not _MOMENT.fullmatch(value):
        raise ValueError(value)
    if len(value) == len("2026-05-01"):
        midnight = datetime.combine(date.fromisoformat(value), time())
        return midnight.replace(tzinfo=timezone.get_current_timezone()).astimezone(UTC)
    moment = datetime.fromisoformat(value)
    if timezone.is_naive(moment):
        raise ValueError(value)
    return moment.astimezone(UTC)


def holds_words(q: str, *columns: str) -> Q:
    """Every word of `q` stands in one of the columns, whatever its case. An empty `q` holds nowhere."""
    words = q.split()[:MAX_WORDS]
    found = Q() if words else Q(pk__in=())
    for word in words:
        anywhere = Q()
        for column in columns:
            for spelling in spellings(word):
                anywhere |= Q(**{f"{column}__icontains": spelling})
        found &= anywhere
    return found


def spellings(word: str) -> set[str]:
    # SQLite's LIKE folds the case of ASCII alone; these are how the rest is written in practice.
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}


def texts(value: str | bool | datetime | Sequence[str] | None) -> list[str]:
    """A filter's value as query parameters again; an empty list where it filters nothing."""
    if value is None or value in ("", ()):
        return []
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, datetime):
        return [value.isoformat().replace("+00:00", "Z")]
    return [value] if isinstance(value, str) else list(value)
