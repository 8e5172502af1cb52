"""Lists page by keyset: the cursor holds the sort value and id of the row at the edge, never an offset."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid
from supportflow.core.prepared import Question, count_all

M = TypeVar("M")
COUNTED_UP_TO = 1_000
# A cursor is ours or refused: nobody can make one that the database chokes on.
_SIGNER = signing.Signer(salt="supportflow.core.paging")


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows in order; `next` and `previous` are cursors, or None at either end."""

    items: list[M]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class _Cursor:
    backwards: bool
    value: Any
    id: int


def page(
    rows: QuerySet[Any, M] | Question[Any],
    *,
    sort: str,
    allowed: Mapping[str, str],
    limit: int,
    cursor: str | None = None,
    shown: Callable[..., QuerySet[Any, M]] | None = None,
    given: Sequence[int] = (),
) -> Page[M]:
    """One page of `rows`. `sort` is a key of `allowed` (key → column), descending with a leading `-`.

    `shown` adds what a row shows of others, such as names, to the rows of the page: joined earlier, it would be joined
    to every row that has to be sorted; it is called with the rows and what is `given`. Empty values come last both
    ways. Raises Invalid naming `sort` or `cursor`.
    """
    descending, name = sort.startswith("-"), sort.removeprefix("-")
    if name not in allowed:
        known = ", ".join(sorted(allowed))
        raise Invalid(
            {"sort": _("Cannot sort by %(name)s. Use one of: %(known)s.") % {"name": sort[:60], "known": known}}
        )
    column = allowed[name]
    asked = rows if isinstance(rows, Question) else Question.about(rows)
    at = _decode(cursor, sort, asked.model, column) if cursor else None
    backwards = at is not None and at.backwards
    found = _read(asked, shown, given, column, descending != backwards, at, limit + 1)
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    # A cursor in hand means that there is something on the side we came from.
    has_next = more if not backwards else True
    has_previous = (at is not None) if not backwards else more
    return Page(
        found,
        _encode(asked.model, sort, found[-1], column, False) if found and has_next else None,
        _encode(asked.model, sort, found[0], column, True) if found and has_previous else None,
    )


def _is_nullable(model: type[Model], column: str) -> bool:
    return bool(getattr(model._meta.get_field(column), "null", False))


def _read(
    asked: Question[Any],
    shown: Callable[..., QuerySet[Any, M]] | None,
    given: Sequence[int],
    column: str,
    descending: bool,
    at: _Cursor | None,
    most: int,
) -> list[M]:
    """At most `most` rows in reading direction, after the cursor.

    Empty values come last whatever the order, which no index of SQLite can say: they are a stretch of their own, read
    when the first one is at its end.
    """
    order = (f"-{column}", "-pk") if descending else (column, "pk")
    if at:
        asked = replace(asked, key=None)  # nobody comes to just this place again
    found: list[M] = []
    for empty in _stretches(at) if _is_nullable(asked.model, column) else [None]:

        def stretch(
            rows: QuerySet[Any], *values: int, empty: bool | None = empty, more: int = most - len(found)
        ) -> QuerySet[Any]:
            if empty is not None:
                rows = rows.filter(**{f"{column}__isnull": empty})
            if at and empty in {None, at.value is None}:
                rows = rows.filter(_beyond(column, at, descending))
            ordered_by = order[1:] if empty else order
            rows = rows.order_by(*ordered_by)[:more]
            if shown:
                rows = shown(rows.model._default_manager.filter(pk__in=rows.values("pk")), *values).order_by(
                    *ordered_by
                )
            return rows

        found += asked.rows(order, empty, most - len(found), shown, seen=stretch, given=given)
        if len(found) == most:
            break
    return found


def _stretches(at: _Cursor | None) -> list[bool]:
    """Whether the values are empty in the stretches from the cursor on."""
    if at is None:
        return [False, True]
    if at.backwards:
        return [False] if at.value is not None else [True, False]
    return [True] if at.value is None else [False, True]


def _beyond(column: str, at: _Cursor, descending: bool) -> Q:
    """What lies after the cursor in its stretch. The outer bound alone lets an index serve it."""
    side = "lt" if descending else "gt"
    tie = Q(**{f"pk__{side}": at.id})
    if at.value is None:
        return tie
    return Q(**{f"{column}__{side}e": at.value}) & (Q(**{f"{column}__{side}": at.value}) | tie)


def _encode(model: type[Model], sort: str, row: Any, column: str, backwards: bool) -> str:
    value = getattr(row, column)
    plain = value if value is None or isinstance(value, int) else str(value)
    return _SIGNER.sign_object([model._meta.label, sort, backwards, plain, row.pk], compress=True)


def _decode(cursor: str, sort: str, model: type[Model], column: str) -> _Cursor:
    try:
        label, made_for, backwards, value, pk = _SIGNER.unsign_object(cursor)
        if (label, made_for) != (model._meta.label, sort):
            raise ValueError
        field: Any = model._meta.get_field(column)
        return _Cursor(backwards, None if value is None else field.to_python(value), pk)
    except (signing.BadSignature, ValueError, TypeError, ValidationError):
        message = _("This cursor does not belong to this list. Start again without it.")
        raise Invalid({"cursor": message}) from None


def bounded_count(rows: QuerySet[Any] | Question[Any]) -> int:
    """Exact up to COUNTED_UP_TO; one more than that means "more"."""
    asked = rows if isinstance(rows, Question) else Question.about(rows)
    return asked.count(COUNTED_UP_TO + 1)


def bounded_counts(questions: Mapping[str, Question[Any]]) -> dict[str, int]:
    """The same of several, by name, in one query."""
    return dict(zip(questions, count_all(list(questions.values()), COUNTED_UP_TO + 1), strict=True))
