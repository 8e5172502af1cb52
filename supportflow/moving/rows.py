"""The rows: copied in one transaction, compared before it is committed."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from django.db import Error as DatabaseError

from supportflow.moving import CannotMove
from supportflow.moving.ends import SEEDED, End, refuse_rows
from supportflow.moving.tables import Convert, Table, all_tables, comparable

COMPARED_AT_ONCE = 500
Advance = Callable[[int], None]


@dataclass
class Outcome:
    """`difference` names the first row that is not the same; empty when all are."""

    table: str
    rows: int
    checksum: str
    mended: int
    difference: str = ""


def move(source: End, target: End, tables: list[Table], advance: Advance) -> list[Outcome]:
    """Copy and compare every table; committed only when all rows are the same."""
    refuse_rows(target, {table.name for table in tables})
    for table in reversed(tables):
        if table.name in SEEDED:
            target.run(f"DELETE FROM {target.quote(table.name)}")  # noqa: S608  names of our own
    for table in tables:
        copy(table, source, target, advance)
        carry_sequence(table, source, target)
    outcomes = [compare(table, source, target, advance) for table in tables]
    if not any(outcome.difference for outcome in outcomes):
        _commit(target)
    return outcomes


def _commit(target: End) -> None:
    """The database looks at every foreign key now, and keeps all or nothing."""
    try:
        target.run("COMMIT")
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise CannotMove(f"The target does not take these rows: {reason}. Nothing was kept in it.") from error


def total(source: End, tables: list[Table]) -> int:
    """How often `advance` will be told of a row: each is copied and compared."""
    return 2 * sum(source.count(table) for table in tables)


def copy(table: Table, source: End, target: End, advance: Advance) -> None:
    written = _Counted(_to_write(table, source, target), advance)
    names = ", ".join(target.quote(column.name) for column in table.columns)
    into = target.quote(table.name)
    try:
        if target.vendor == "sqlite":
            marks = ", ".join("?" * len(table.columns))
            target.raw.executemany(f"INSERT INTO {into} ({names}) VALUES ({marks})", written)  # noqa: S608
        else:
            with target.raw.cursor() as cursor, cursor.copy(f"COPY {into} ({names}) FROM STDIN") as stream:
                for row in written:
                    stream.write_row(row)
    except Exception as error:
        if isinstance(error, DatabaseError) or _is_drivers(error, target):
            raise CannotMove(_refusal(table, source, error, written.count)) from error
        raise
    written.tell()


def compare(table: Table, source: End, target: End, advance: Advance) -> Outcome:
    digest, rows, mended = hashlib.sha256(), 0, sum(column.mended for column in table.columns)
    ours = source.rows(table, readers(table, source.vendor, target.vendor))
    theirs = target.rows(table, readers(table, target.vendor, target.vendor))
    difference = ""
    while True:
        mine, copied = list(islice(ours, COMPARED_AT_ONCE)), list(islice(theirs, COMPARED_AT_ONCE))
        if mine != copied:
            difference = _difference(table, mine, copied)
            break
        if not mine:
            break
        digest.update(repr(mine).encode())
        rows += len(mine)
        advance(len(mine))
    ours.close()  # type: ignore[attr-defined]  # a generator: its cursor ends now, not at some garbage collection
    theirs.close()  # type: ignore[attr-defined]
    return Outcome(table.name, rows, digest.hexdigest()[:16], mended, difference)


def carry_sequence(table: Table, source: End, target: End) -> None:
    """Numbers that were given once are never given again, even where their rows are gone."""
    if table.model._meta.auto_field is None:
        return
    last = max(_last_given(table, source), _greatest(table, source))
    if last and target.vendor == "sqlite":
        target.run("DELETE FROM sqlite_sequence WHERE name = %s", (table.name,))
        target.run("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", (table.name, last))
    elif last:
        target.run(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", (target.quote(table.name), table.key.name, last)
        )


def _last_given(table: Table, source: End) -> int:
    if source.vendor == "sqlite":
        found = source.run("SELECT seq FROM sqlite_sequence WHERE name = %s", (table.name,))
    else:
        [[sequence]] = source.run("SELECT pg_get_serial_sequence(%s, %s)", (source.quote(table.name), table.key.name))
        found = source.run(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608  the server's own name
    return int(found[0][0]) if found else 0


def _greatest(table: Table, source: End) -> int:
    [[greatest]] = source.run(f"SELECT max({source.quote(table.key.name)}) FROM {source.quote(table.name)}")  # noqa: S608
    return int(greatest or 0)


def _to_write(table: Table, source: End, target: End) -> Iterator[list[Any]]:
    chains: list[tuple[int, Convert]] = []
    for place, column in enumerate(table.columns):
        steps = [column.reader(source.vendor, target.vendor), column.writer(target.vendor)]
        chains += [(place, step) for step in steps if step]
    return source.rows(table, chains)


def readers(table: Table, vendor: str, target: str) -> list[tuple[int, Convert]]:
    """What makes each value the same in every database. `vendor`, `target` -- as of `Column.reader`"""
    found = [(place, column.reader(vendor, target)) for place, column in enumerate(table.columns)]
    return [(place, read) for place, read in found if read] + comparable(table)


class _Counted:
    """Rows on their way, counted for the progress and for the word about the one that was refused."""

    def __init__(self, rows: Iterator[list[Any]], advance: Advance) -> None:
        self.count, self._told, self._rows, self._advance = 0, 0, rows, advance

    def __iter__(self) -> Iterator[list[Any]]:
        for row in self._rows:
            self.count += 1
            if self.count - self._told >= COMPARED_AT_ONCE:
                self.tell()
            yield row

    def tell(self) -> None:
        self._advance(self.count - self._told)
        self._told = self.count


def _is_drivers(error: Exception, end: End) -> bool:
    return isinstance(error, end.driver.Error)


def _refusal(table: Table, source: End, error: Exception, count: int) -> str:
    """PostgreSQL names the line of the COPY; SQLite refuses the row that it was given last."""
    context = getattr(getattr(error, "diag", None), "context", None) or ""
    line = re.search(r"line (\d+)(?:, column (\w+))?", context)
    number = int(line.group(1)) if line else count
    key = next(islice(source.rows(table, []), number - 1, number), [None])[0] if number else None
    column = f", column {line.group(2)}" if line and line.group(2) else ""
    reason = str(error).strip().splitlines()[0].rstrip(".")
    return f"The target does not take {table.name} {key}{column}: {reason}. Mend that row, then move again."


def _difference(table: Table, mine: list[list[Any]], copied: list[list[Any]]) -> str:
    for ours, theirs in zip_longest(mine, copied):
        if ours != theirs:
            if theirs is None or (ours is not None and ours[0] != theirs[0]):
                return f"row {ours[0]} is not in the target, or not in its place"
            if ours is None:
                return f"row {theirs[0]} of the target is not in the source"
            differing = [c.name for c, one, other in zip(table.columns, ours, theirs, strict=True) if one != other]
            return f"row {ours[0]} differs in {', '.join(differing)}"
    raise AssertionError("the same rows")


__all__ = ["Outcome", "all_tables", "move", "total"]
