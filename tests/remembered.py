"""The rows that a making left in the database, to be put back instead of made again."""

import copy
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import time_machine
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction

Made = TypeVar("Made")
Insert = tuple[str, list[tuple[Any, ...]]]  # the statement and its rows


class Remembered(Generic[Made]):
    """What `make` makes on an empty database: made once in this process, afterwards put back as it was, ids and all.

    What `make` starts beside the database (caches, hooks on the commit) is not put back.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: Made | None = None
        self._before: tuple[Any, ...] = ()  # what lay in the database, told shortly
        self._inserts: list[Insert] = []

    def __call__(self) -> Made:
        before = _told_shortly()
        if time_machine.escape_hatch.is_travelling() or (self._made is not None and before != self._before):
            return self._make()
        if self._made is None:
            known = _keys()
            self._made, self._before = self._make(), before
            self._inserts = list(_inserts(known))
        else:
            self._put_back()
        return copy.deepcopy(self._made)

    def _put_back(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:  # rows may point to later ones until its end
            for statement, rows in self._inserts:
                cursor.executemany(statement, rows)
            if resets := connection.ops.sequence_reset_sql(no_style(), _tables()):
                cursor.execute("\n".join(resets))


def _tables() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]


def _key(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


def _told_shortly() -> tuple[Any, ...]:
    """How many rows each table holds and the last key, in one question."""
    quote = connection.ops.quote_name
    asked = [
        f"(SELECT {what} FROM {quote(model._meta.db_table)})"
        for model in _tables()
        for what in ("count(*)", f"max({quote(_key(model))})")
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(asked)}")
        return tuple(cursor.fetchone())


def _keys() -> dict[type[models.Model], set[Any]]:
    return {model: set(model._base_manager.values_list("pk", flat=True)) for model in _tables()}


def _inserts(known: dict[type[models.Model], set[Any]]) -> Iterator[Insert]:
    """Statements for all rows but those of these keys."""
    quote = connection.ops.quote_name
    for model, keys in known.items():
        columns = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
        key = columns.index(_key(model))
        table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {table}")
            rows = [row for row in cursor.fetchall() if row[key] not in keys]
        if rows:
            yield f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows
