"""The two ends of a move: where the rows come from, and the empty database that they go to."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection as ours
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from supportflow.moving import CannotMove
from supportflow.moving.tables import Convert, Table, all_tables, converted

SEEDED = {"accounts_user", "auth_permission", "django_content_type", "fields_field"}  # what migrations fill
NOT_PASSED_ON = {"DATABASE_URL_FILE", "DATABASE_DIRECT_URL", "DATABASE_REPLICA_URL", "DATABASE_URL"}
NOT_PASSED_ON |= {f"{name}_FILE" for name in NOT_PASSED_ON}


class End:
    """One database through a connection of its own, in one transaction."""

    def __init__(self, configured: dict[str, Any]) -> None:
        self.django: BaseDatabaseWrapper = ConnectionHandler({"default": configured})["default"]
        self.vendor: str = self.django.vendor
        self.django.ensure_connection()
        self.raw: Any = self.django.connection
        self.driver: Any = self.django.Database  # type: ignore[attr-defined]  # sqlite3 or psycopg

    def run(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Every row of the answer; %s stands for values."""
        with self.django.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def quote(self, name: str) -> str:
        quoted: str = self.django.ops.quote_name(name)
        return quoted

    def count(self, table: Table) -> int:
        return int(self.run(f"SELECT count(*) FROM {self.quote(table.name)}")[0][0])  # noqa: S608  names of our own

    def rows(self, table: Table, converters: list[tuple[int, Convert]]) -> Iterator[list[Any]]:
        """All rows in the order of their keys, as they come; texts in the order of their bytes."""
        names = ", ".join(self._selected(column.name, column.kind) for column in table.columns)
        order = self.quote(table.key.name)
        if self.vendor == "postgresql" and table.key.kind == "CharField":
            order += ' COLLATE "C"'
        sql = f"SELECT {names} FROM {self.quote(table.name)} ORDER BY {order}"  # noqa: S608  names of our own
        yield from converted(self._streamed(sql, table.rows_at_once), converters)

    def _selected(self, name: str, kind: str) -> str:
        as_text = "::text" if self.vendor == "postgresql" and kind == "JSONField" else ""
        return f"{self.quote(name)}{as_text}"

    def _streamed(self, sql: str, at_once: int) -> Iterator[Any]:
        if self.vendor == "sqlite":
            yield from self.raw.execute(sql)
            return
        with self.raw.cursor(name="move") as cursor:  # on the server, or all rows would come at once
            cursor.itersize = at_once
            yield from cursor.execute(sql)


@contextmanager
def source() -> Iterator[End]:
    """The configured database as it is at this moment: what others write meanwhile is not seen."""
    with _open(ours.settings_dict) as end:
        end.run("BEGIN" if end.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield end


@contextmanager
def target(url: str, configured: dict[str, Any]) -> Iterator[End]:
    """The empty database at `url`, brought up to our version, in one transaction.

    It is rolled back unless COMMIT is run in it: a move that was killed left no row.
    """
    make_ready(url, configured)
    with _open(configured) as end:
        end.run("BEGIN IMMEDIATE" if end.vendor == "sqlite" else "BEGIN")
        yield end


@contextmanager
def _open(configured: dict[str, Any]) -> Iterator[End]:
    end = End(configured)
    try:
        yield end
    finally:
        end.raw.close()  # rolls back what was not committed


def make_ready(url: str, configured: dict[str, Any]) -> None:
    """Bring an empty database up to our version; raises CannotMove when it holds anything of its own."""
    with _opened_for_move(configured) as end:
        present = set(end.django.introspection.table_names())
        if present and "django_migrations" not in present:
            raise CannotMove("The target holds tables that are not SupportFlow's. Give it an empty database.")
        applied = _applied(end) if present else set()
        refuse_rows(end, present)
    with ours.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        wanted = {f"{app}.{name}" for app, name in cursor.fetchall()}
    if more := applied - wanted:
        raise CannotMove(f"The target is of a newer version ({min(more)}). Give an empty database.")
    if applied != wanted:
        _migrate(url)


@contextmanager
def _opened_for_move(configured: dict[str, Any]) -> Iterator[End]:
    try:
        with _open(configured) as end:
            yield end
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise CannotMove(f"The target cannot be used: {reason}.") from None


def refuse_rows(end: End, present: set[str]) -> None:
    """Nothing but what migrations fill in may stand there."""
    for table in all_tables():
        if table.name not in present:
            continue
        rows = f"SELECT 1 FROM {end.quote(table.name)}"  # noqa: S608  names of our own
        if table.name == "accounts_user":
            rows += " WHERE role <> 'SYSTEM'"
        if (table.name not in SEEDED or table.name == "accounts_user") and end.run(f"{rows} LIMIT 1"):
            raise CannotMove(f"The target is in use: {table.name} has rows. Give it an empty database.")


def _applied(end: End) -> set[str]:
    return {f"{app}.{name}" for app, name in end.run("SELECT app, name FROM django_migrations")}


def _migrate(url: str) -> None:
    """As a process of its own: migrations work on the configured database."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    environment = kept | {"DATABASE_URL": url, "SUPPORTFLOW_DATA": str(settings.DATA)}
    command = [sys.executable, "-m", "supportflow", "migrate"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        problem = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise CannotMove(f"The target cannot be brought up to date: {problem}")


def others_on_source() -> int:
    """How many processes or connections beside this one have the configured database open; 0 where nobody can tell."""
    if ours.vendor == "sqlite":
        return _processes_with(Path(ours.settings_dict["NAME"]))
    with ours.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


def _processes_with(file: Path) -> int:
    wanted, found = str(file.resolve()), 0
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        with suppress(OSError):  # it ended, or belongs to somebody else
            found += any(str(one.readlink()) == wanted for one in (process / "fd").iterdir())
    return found
