"""Lists page by keyset: the cursor holds the sort value and id of the row at the edge, never an offset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid

M = TypeVar("M", bound=Model)
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


def page(rows: QuerySet[M], *, sort: str, allowed: Mapping[str, str], limit: int, cursor: str | None = None) -> Page[M]:
    """One page of `rows`. `sort` is a key of `allowed` (key → column), descending with a leading `-`.

    Empty values come last both ways. Raises Invalid naming `sort` or `cursor`.
    """
    descending, name = sort.startswith("-"), sort.removeprefix("-")
    if name not in allowed:
        known = ", ".join(sorted(allowed))
        raise Invalid(
            {"sort": _("Cannot sort by %(name)s. Use one of: %(known)s.") % {"name": sort[:60], "known": known}}
        )
    column = allowed[name]
    at = _decode(cursor, sort, rows.model, column) if cursor else None
    backwards = at is not None and at.backwards
    if at is not None:
        rows = rows.filter(_beyond(rows.model, column, at, descending != backwards))
    found = list(_ordered(rows, column, descending != backwards, backwards)[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    # A cursor in hand means that there is something on the side we came from.
    has_next = more if not backwards else True
    has_previous = (at is not None) if not backwards else more
    return Page(
        found,
        _encode(sort, found[-1], column, False) if found and has_next else None,
        _encode(sort, found[0], column, True) if found and has_previous else None,
    )


def _is_nullable(model: type[Model], column: str) -> bool:
    return bool(getattr(model._meta.get_field(column), "null", False))


def _ordered(rows: QuerySet[M], column: str, descending: bool, backwards: bool) -> QuerySet[M]:
    tie = "-pk" if descending else "pk"
    if not _is_nullable(rows.model, column):
        return rows.order_by(f"-{column}" if descending else column, tie)
    nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
    return rows.order_by(F(column).desc(**nulls) if descending else F(column).asc(**nulls), tie)


def _beyond(model: type[Model], column: str, at: _Cursor, descending: bool) -> Q:
    """What lies after the cursor in reading direction. The outer bound alone lets an index serve it."""
    side = "lt" if descending else "gt"
    tie = Q(**{f"pk__{side}": at.id})
    if at.value is None:
        with_values = Q(**{f"{column}__isnull": False})
        return (Q(**{f"{column}__isnull": True}) & tie) | (with_values if at.backwards else Q(pk__in=()))
    inside = Q(**{f"{column}__{side}e": at.value}) & (Q(**{f"{column}__{side}": at.value}) | tie)
    if _is_nullable(model, column) and not at.backwards:
        return inside | Q(**{f"{column}__isnull": True})
    return inside


def _encode(sort: str, row: Model, column: str, backwards: bool) -> str:
    value = getattr(row, column)
    plain = value if value is None or isinstance(value, int) else str(value)
    return _SIGNER.sign_object([row._meta.label, sort, backwards, plain, row.pk], compress=True)


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


def bounded_count(rows: QuerySet[Any]) -> int:
    """Exact up to COUNTED_UP_TO; one more than that means "more"."""
    return rows.order_by()[: COUNTED_UP_TO + 1].count()
