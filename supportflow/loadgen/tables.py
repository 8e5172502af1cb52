"""Rows on their way into a table: numbered as the database would, written by the fastest statement it has.

SQLite: one `executemany` of the driver. PostgreSQL: COPY. Columns that are not named get the model's default.
"""

from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

from django.db import connection
from django.db.models import Model

ROWS_AT_ONCE = 20_000
IDS_AT_ONCE = 1_000


class Table:
    """Rows of one model. `columns` are the attribute names of a row's values, in order, separated by blanks."""

    def __init__(self, model: type[Model], columns: str) -> None:
        given = columns.split()
        fields = {field.attname: field for field in model._meta.concrete_fields if not field.generated}
        rest = [field for name, field in fields.items() if name not in given and not field.primary_key]
        self.model = model
        self.name = model._meta.db_table
        self.columns = [str(field.column) for field in [*(fields[name] for name in given), *rest]]
        self.at_default = {field.attname for field in rest}
        self._rest = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
        self._rows: list[tuple[Any, ...]] = []

    def add(self, *values: Any) -> None:
        self._rows.append(values + self._rest)

    def write(self) -> None:
        """Inside the transaction of the batch."""
        rows, self._rows = self._rows, []
        if rows:
            write = _copy if connection.vendor == "postgresql" else _insert
            write(self.name, self.columns, rows)


def _insert(table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    cursor = connection.connection.cursor()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows[start : start + ROWS_AT_ONCE])  # noqa: S608  names of our own


def _copy(table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


class Ids:
    """The next numbers of a table, from its own sequence: never one that a row has or had."""

    def __init__(self, model: type[Model]) -> None:
        self._table = model._meta.db_table
        self._counts = connection.vendor == "sqlite"
        self._waiting: Iterator[int] = iter(())

    def begin(self) -> None:
        """After the transaction began: on SQLite nobody else writes until it ends."""
        if self._counts:
            with connection.cursor() as cursor:
                cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [self._table])
                row = cursor.fetchone()
            self._waiting = count(row[0] + 1 if row else 1)

    def __next__(self) -> int:
        if (number := next(self._waiting, None)) is None:
            self._waiting = iter(self.take(IDS_AT_ONCE))
            number = next(self._waiting)
        return number

    def take(self, many: int) -> list[int]:
        """So many at once, none in excess: tickets have no gaps between them."""
        if self._counts:
            return list(islice(self._waiting, many))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [self._table, many]
            )
            return [number for (number,) in cursor.fetchall()]


def quicken() -> Callable[[], None]:
    """SQLite syncs at checkpoints alone while we load (a power cut may lose batches, never harm the database).

    Returns what puts the connection back.
    """
    connection.ensure_connection()
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return lambda: None
    settings = {"synchronous": "NORMAL", "cache_size": "-128000"}
    with connection.cursor() as cursor:
        old = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in settings}
        _set(settings)
    return lambda: _set(old)


def _set(settings: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for name, value in settings.items():
            cursor.execute(f"PRAGMA {name} = {value}")


def gather_statistics(tables: list[str]) -> None:
    """So that PostgreSQL's planner knows at once what is in them; SQLite's is better off without (core/planning.py)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'ANALYZE "{table}"')
