"""Tickets by their custom fields: `custom.size=M&not_custom.order=none&custom.hours.from=2&custom.hours.to=8`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid
from supportflow.core.filtering import MAX_VALUES, Reader, spellings
from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk.models import TicketQuerySet
from supportflow.desk.value_models import TicketValue
from supportflow.fields.operations import MOST
from supportflow.fields.queries import in_use

NONE = "none"  # without a value; a text that says none is none too
LONGEST = 500  # characters of a value
RANGED = ("number", "date")
_NAME = re.compile(r"(?P<but>not_)?custom\.(?P<slug>[a-z0-9_]{1,40})(?:\.(?P<end>from|to))?")
_NUMBER = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,16})?")
_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_LAST = "\U0010ffff"
_SOME = ~Q(key=NONE)
_PARTS = {"values": "custom.{}", "without": "not_custom.{}", "since": "custom.{}.from", "until": "custom.{}.to"}


class FieldGone(Invalid):
    """Filters by fields that are retired or were never there; nothing else is wrong."""


@dataclass(frozen=True)
class ByField:
    """What is asked of one field: any of `values`, none of `without`; `since` and `until` belong to what is asked for.

    What the field is called and holds, and whether more than COUNTED_UP_TO tickets fit, is looked up.
    """

    slug: str
    values: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    label: str = field(default="", compare=False)
    kind: str = field(default="", compare=False)
    is_common: bool = field(default=True, compare=False)

    def to_params(self) -> dict[str, list[str]]:
        said = {name: getattr(self, part) for part, name in _PARTS.items()}
        return {
            name.format(self.slug): [value] if isinstance(value, str) else list(value)
            for name, value in said.items()
            if value
        }

    def apply(self, rows: TicketQuerySet) -> TicketQuerySet:
        if self._wants:
            rows = self._with(rows)
        if NONE in self.without:
            rows = rows.filter(self._held(_SOME)) if self._wants else self._having(rows, _SOME)
        if others := [value for value in self.without if value != NONE]:
            rows = rows.filter(~self._any_of(others))
        return rows

    def sought(self) -> Q | None:
        """What most of the list hangs on, whatever the field holds; None where it hangs on what is not there."""
        if self._wants:
            return None if NONE in self.values else self._wanted()
        return _SOME if NONE in self.without else None

    @property
    def _wants(self) -> bool:
        return bool(self.values or self.since or self.until)

    def _with(self, rows: TicketQuerySet) -> TicketQuerySet:
        if self.kind == "check" and self.values != ("true",):
            return rows.filter(self._any_of(self.values))
        wanted = self._wanted(self.kind)
        if NONE in self.values:
            return rows.filter(~self._held(_SOME) | self._held(wanted) if wanted else ~self._held(_SOME))
        return self._having(rows, wanted)

    def _any_of(self, values: Sequence[str]) -> Q:
        if self.kind != "check":
            return self._held(_any(_spelled(values, self.kind)))
        # A box that nobody ever ticked is not ticked.
        ticked = self._held(Q(key="true"))
        meant = {"true": ticked, "false": ~ticked, NONE: ~self._held(_SOME)}
        return _any(meant[value] for value in values)

    def _wanted(self, kind: str = "") -> Q:
        """Of a row of the values. As long as the kind is not known, a number may be a text as well."""
        values = [value for value in self.values if value != NONE]
        found = _any(_spelled(values, kind)) if values else Q()
        for side, end in (("gte", self.since), ("lte", self.until)):
            if end:
                found &= Q(**{f"number__{side}": float(end)} if _is_number(end) else {f"key__{side}": end})
        return found

    def _held(self, condition: Q) -> Q:
        return Q(Exists(TicketValue.objects.filter(condition, slug=self.slug, ticket_id=OuterRef("pk"))))

    def _having(self, rows: TicketQuerySet, condition: Q) -> TicketQuerySet:
        """Few are looked up by number; of many, each ticket in the list's order is asked."""
        if self.is_common:
            return rows.filter(self._held(condition))
        found = TicketValue.objects.filter(condition, slug=self.slug)
        return rows.filter(pk__in=found.values("ticket_id"))


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)


def _spelled(values: Sequence[str], kind: str) -> Iterator[Q]:
    if kind != "number":
        whole = [value for value in values if kind not in {"", "text"} or not value.endswith("*")]
        yield Q(key__in=sorted({text for value in whole for text in _spellings(value)}))
        for beginning in {text for value in values if value not in whole for text in _spellings(value[:-1])}:
            yield Q(key__gte=beginning, key__lt=beginning + _LAST)
    if kind in {"", "number"}:
        yield Q(number__in=[float(value) for value in values if _is_number(value)])


def _spellings(text: str) -> set[str]:
    return {spelling.translate(_SMALL) for spelling in spellings(text)}  # as the database made small letters of ASCII


def is_name(name: str) -> bool:
    return name.startswith(("custom.", "not_custom."))


def read_custom(read: Reader) -> tuple[tuple[ByField, ...], list[str]]:
    """The filters by custom fields, and the names of those by fields that are not there: one query where there are any.

    What is wrong is noted in `read.errors` by name.
    """
    asked = _asked(read)
    if not asked:
        return (), []
    known = _looked_up(list(asked.values()))
    gone = [name for slug, one in asked.items() if slug not in known for name in one.to_params()]
    message = _("There is no such custom field. Known ones: %(known)s.")
    read.errors |= {name: message % {"known": ", ".join(sorted(known)) or _("none")} for name in gone}
    for slug in asked.keys() & known.keys():
        _check(known[slug], read)
    return tuple(known[slug] for slug in asked if slug in known), gone


def _asked(read: Reader) -> dict[str, ByField]:
    parts: dict[str, dict[str, Any]] = {}
    count = 0
    for name in filter(is_name, read.params):
        found = _NAME.fullmatch(name)
        if found is None or (found["but"] and found["end"]):
            how = "custom.KEY, not_custom.KEY, custom.KEY.from, custom.KEY.to"
            read.errors[name[:60]] = _("There is no such parameter. Known ones: %(known)s.") % {"known": how}
            continue
        part = {"from": "since", "to": "until"}.get(found["end"], "without" if found["but"] else "values")
        values = read.names(name, LONGEST)
        value = (read.one(name) or "") if found["end"] else values
        parts.setdefault(found["slug"], {})[part] = value
        count += len(read.params[name])
        if count > MAX_VALUES:
            read.errors[name] = _("At most %(most)s values fit.") % {"most": MAX_VALUES}
            return {}
    return {slug: ByField(slug, **said) for slug, said in parts.items()}


def _looked_up(asked: Sequence[ByField]) -> dict[str, ByField]:
    """Those by fields in use. In the same query: whether many tickets have what is asked for."""
    more = slice(COUNTED_UP_TO, COUNTED_UP_TO + 1)
    often = [
        When(slug=one.slug, then=Exists(TicketValue.objects.filter(sought, slug=one.slug)[more]))
        for one in asked
        if (sought := one.sought()) is not None
    ]
    is_common = Case(*often, default=Value(True), output_field=BooleanField())
    by_slug = {one.slug: one for one in asked}
    rows = in_use("ticket").annotate(is_common=is_common).values_list("slug", "label", "kind", "is_common")
    return {
        slug: replace(by_slug.get(slug, ByField(slug)), label=label, kind=kind, is_common=bool(common))
        for slug, label, kind, common in rows
    }


def _check(one: ByField, read: Reader) -> None:
    """That what is asked can be in a field of its kind."""
    for name, values in one.to_params().items():
        is_end = name.endswith((".from", ".to"))
        if is_end and one.kind not in RANGED:
            read.errors[name] = _("Only fields of numbers and dates have a from and a to.")
        elif problem := _problem(one.kind, [value for value in values if is_end or value != NONE]):
            read.errors[name] = problem


def _problem(kind: str, values: Sequence[str]) -> str:
    if kind == "number" and not all(map(_is_number, values)):
        return _("Use a number.")
    if kind == "date" and not all(map(_is_date, values)):
        return _("Write the date as YYYY-MM-DD.")
    if kind == "check" and set(values) - {"true", "false"}:
        return _("Use one of: %(known)s.") % {"known": "true, false, none"}
    return ""


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and abs(float(text)) <= MOST


def _is_date(text: str) -> bool:
    try:
        return len(text) == len("2026-05-01") and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
