"""Queries whose SQL is written once and asked often.

To write the SQL of a query takes Django longer (0.3 to 2 ms) than an index takes to answer it (0.05 ms). What is asked
the same way on each page is therefore written at the first use and kept; the rows are made by Django, as ever.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Model, QuerySet

Row = TypeVar("Row")
# Stand for values while the SQL is written; nobody's real ones.
_STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda place: 9_100_000_000_000_000_000 + place,
    str: lambda place: f"stand-in-{place}-6f1d0c52e7",
}


class Prepared(Generic[Row]):
    """`Prepared(lambda pk: User.objects.filter(pk=pk), int)` asks once how; call it with values for the list of rows.

    kinds -- int or str, one for each value. Values decide what is found, never what the query looks like: a list of ids
    needs one Prepared for each length, and prefetch_related is not for this.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]], *kinds: type) -> None:
        self._build, self._kinds = build, kinds
        self._written: _Written | None = None

    def __call__(self, *values: int | str) -> list[Row]:
        # Two threads may write it at the same time: the same twice, and one is dropped.
        if self._written is None:
            self._written = _Written.of(self._build, self._kinds)
        return self._written.rows(values)


@dataclass(frozen=True)
class Question(Generic[Row]):
    """Rows that are asked for in several ways; `key` says whole which ones: who may see what, each filter, its values.

    The SQL of each way is kept under the key, the latest 512 of all: most people look at the same few lists. The key is
    None where more decides than it can say, such as the moment; then nothing is kept.
    """

    model: type[Model]
    key: Hashable | None
    build: Callable[[], QuerySet[Any, Row]] = field(compare=False, repr=False)

    @classmethod
    def about(cls, rows: QuerySet[Any, Row]) -> "Question[Row]":
        """These rows, asked once."""
        return cls(rows.model, None, lambda: rows)

    def rows(
        self, *way: Hashable, seen: Callable[..., QuerySet[Any, Any]], given: Sequence[int | str] = ()
    ) -> list[Any]:
        """`seen(rows, *given)`; `way` says whole what `seen` does, but for the values that are given."""
        if self.key is None:
            return list(seen(self.build(), *given))
        kinds = tuple(type(value) for value in given)
        return _kept(_Way((self.model, self.key, way, kinds), lambda *values: seen(self.build(), *values), kinds)).rows(
            given
        )

    def count(self, most: int) -> int:
        """How many rows there are; `most` where there are more."""
        return count_all([self], most)[0]

    def _counting(self, most: int) -> "_Written":
        def build() -> QuerySet[Any, Any]:
            return self.build().order_by().values("pk")[:most]

        return _Written.of(build) if self.key is None else _kept(_Way((self.model, self.key, most), build))


def count_all(questions: Sequence[Question[Any]], most: int) -> list[int]:
    """How many rows each has, or `most` where there are more; all in one query."""
    written = [question._counting(most) for question in questions]
    asked = [one for one in written if one.sql]
    if not asked:
        return [0] * len(written)
    sql = ", ".join(f"(SELECT COUNT(*) FROM ({one.sql}) AS counted)" for one in asked)  # noqa: S608  no text of others
    with connections[asked[0].asked.db].cursor() as cursor:
        cursor.execute(f"SELECT {sql}", [value for one in asked for value in one.params])
        found = iter(cursor.fetchone())
    return [next(found) if one.sql else 0 for one in written]


@dataclass(frozen=True)
class _Way:
    key: Hashable
    build: Callable[..., QuerySet[Any, Any]] = field(compare=False, repr=False)
    kinds: tuple[type, ...] = ()


@lru_cache(maxsize=512)
def _kept(way: _Way) -> "_Written":
    return _Written.of(way.build, way.kinds)


@dataclass(frozen=True)
class _Written:
    """`params` are the values of the SQL in order: an _At for each that is given later."""

    asked: QuerySet[Any, Any]
    compiler: Any
    sql: str
    params: tuple[Any, ...]
    converters: dict[int, Any]

    @classmethod
    def of(cls, build: Callable[..., QuerySet[Any, Any]], kinds: Sequence[type] = ()) -> "_Written":
        places = {_STAND_INS[kind](place): place for place, kind in enumerate(kinds)}
        rows = build(*places)
        compiler = rows.query.get_compiler(using=rows.db)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            sql, params = "", ()
        found = tuple(
            _At(places[value], type(value)) if isinstance(value, int | str) and value in places else value
            for value in params
        )
        if {at.place for at in found if isinstance(at, _At)} != set(places.values()):
            raise TypeError(f"A value of this query is not in its SQL as it was given: {sql}")
        columns = [column for column, *_rest in compiler.select or ()]
        return cls(rows, compiler, sql, found, compiler.get_converters(columns))

    def rows(self, values: Sequence[int | str] = ()) -> list[Any]:
        if not self.sql:
            return []
        asked: Any = self.asked
        params = tuple(value.kind(values[value.place]) if isinstance(value, _At) else value for value in self.params)
        # What the compiler learned when it wrote the SQL holds; the SQL itself is what it is asked for anew.
        compiler = object.__new__(type(self.compiler))
        compiler.__dict__ |= vars(self.compiler)
        compiler.connection = connections[asked.db]
        compiler.as_sql = lambda: (self.sql, params)
        compiler.get_converters = lambda _expressions: self.converters
        again = type(asked)(model=asked.model, query=_Again(asked.query, compiler), using=asked.db)
        again._fields = asked._fields
        return list(asked._iterable_class(again))


class _Again:
    """A query that has its compiler already."""

    def __init__(self, query: Any, compiler: Any) -> None:
        self._query, self._compiler = query, compiler

    def get_compiler(self, using: str) -> Any:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)


@dataclass(frozen=True)
class _At:
    place: int
    kind: type[Any]  # psycopg has its own integers, by the size of the column
