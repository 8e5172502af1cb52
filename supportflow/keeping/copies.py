"""A copy of the database in an SQLite file: made of the one in use as it is at one moment, and examined."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection

from supportflow.keeping import CannotKeep, schema, server
from supportflow.keeping.archive import Sums
from supportflow.moving import CannotMove, rows
from supportflow.moving.ends import End
from supportflow.moving.tables import Table

Advance = Callable[[int], None]
BUSY = 60.0  # seconds to wait for a lock
ROWS_AT_ONCE = rows.COMPARED_AT_ONCE  # part of how a checksum comes about


@dataclass
class Copy:
    file: Path
    vendor: str  # where it comes from
    migrations: list[str]
    tables: dict[str, Sums]


def of_database(file: Path, advance: Advance) -> Copy:
    """A consistent copy while others write; they wait for nothing.

    SQLite copies its pages in one go: in steps it would begin anew with each write of others and never end. PostgreSQL
    gives the rows of one snapshot, and every row is compared.
    """
    if connection.vendor == "sqlite":
        copy_pages(Path(connection.settings_dict["NAME"]), file)
        with opened(file) as copy:
            names = schema.applied(copy)
        return Copy(file, "sqlite", names, sums(file, schema.tables_of(names), advance))
    with opened_for_reading(server.configured()) as source:
        names = schema.applied(source)
        tables = schema.tables_of(names)
        schema.build(names, {"DATABASE_URL": f"sqlite:///{file}"})
        moved = _moved(source, file, tables, advance)
    leave_log(file)
    return Copy(file, "postgresql", names, moved)


def _moved(source: End, file: Path, tables: list[Table], advance: Advance) -> dict[str, Sums]:
    with opened(file) as target:
        target.run("BEGIN IMMEDIATE")
        try:
            outcomes = rows.move(source, target, tables, advance)
        except CannotMove as error:
            raise CannotKeep(f"The database cannot be copied: {error}") from error
    refuse_differences(outcomes)
    return {outcome.table: Sums(outcome.rows, outcome.checksum) for outcome in outcomes}


def refuse_differences(outcomes: list[rows.Outcome]) -> None:
    for outcome in outcomes:
        if outcome.difference:
            raise CannotKeep(f"The copy is not what was copied: {outcome.table}, {outcome.difference}.")


def copy_pages(source: Path, target: Path) -> None:
    if not source.exists():
        raise CannotKeep(f"There is no database at {source}.")
    try:
        with closing(sqlite3.connect(source, timeout=BUSY)) as of, closing(sqlite3.connect(target)) as to:
            of.backup(to, pages=-1)
        leave_log(target)
    except sqlite3.Error as error:
        raise CannotKeep(f"The database cannot be copied to {target.parent}: {error}. Is the disk full?") from error


def leave_log(file: Path) -> None:
    """One file without a write-ahead log beside it."""
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")


def sums(file: Path, tables: list[Table], advance: Advance) -> dict[str, Sums]:
    with opened(file) as end:
        return {table.name: sums_of(end, table, advance) for table in tables}


def sums_of(end: End, table: Table, advance: Advance, columns: set[str] | None = None) -> Sums:
    """The same as `moving` gets for the same rows, in whatever database they stand. `columns` -- of these alone"""
    kept = [column for column in table.columns if columns is None or column.name in columns]
    table = Table(table.name, kept, table.model)
    digest, count = hashlib.sha256(), 0
    found = end.rows(table, rows.readers(table, end.vendor, "sqlite"))
    while part := list(islice(found, ROWS_AT_ONCE)):
        digest.update(repr(part).encode())
        count += len(part)
        advance(len(part))
    return Sums(count, digest.hexdigest()[:16])


def examine(file: Path, migrations: list[str], expected: dict[str, Sums], advance: Advance) -> None:
    """Raises CannotKeep unless the file is sound and holds exactly these rows."""
    try:
        with opened(file) as copy:  # by Django, whose functions stand in constraints
            [verdict] = copy.raw.execute("PRAGMA integrity_check(1)").fetchone()
            broken = copy.raw.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise CannotKeep(f"The copy is damaged: {error}.") from error
    if verdict != "ok":
        raise CannotKeep(f"The copy is damaged: {str(verdict).splitlines()[-1]}.")
    if broken:
        raise CannotKeep(f"The copy is damaged: a row of {broken[0]} points to one of {broken[2]} that is not there.")
    found = sums(file, schema.tables_of(migrations), advance)
    refuse_other_sums(expected, found)


def refuse_other_sums(expected: dict[str, Sums], found: dict[str, Sums]) -> None:
    for name in sorted(expected.keys() | found.keys()):
        one, other = expected.get(name), found.get(name)
        if one != other:
            told = [f"{sums.rows:,} rows ({sums.checksum})" if sums else "no such table" for sums in (one, other)]
            raise CannotKeep(f"The copy is not what was copied: {name} has {told[1]}, not {told[0]}.")


@contextmanager
def opened(file: Path) -> Iterator[End]:
    with _closing(End({"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)})) as end:
        yield end


@contextmanager
def opened_for_reading(configured: dict[str, Any]) -> Iterator[End]:
    with _closing(End(configured)) as end:
        end.run("BEGIN" if end.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield end


@contextmanager
def _closing(end: End) -> Iterator[End]:
    try:
        yield end
    finally:
        end.raw.close()
