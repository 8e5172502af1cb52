"""The database: reachable, of a version we know, of our age, sound."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from supportflow.checks.findings import Finding
from supportflow.core import replica
from supportflow.folderlock import name_of
from supportflow.keeping import CannotKeep, mending, state
from supportflow.keeping.schema import newer_than_ours
from supportflow.keeping.server import UNDER_WAY
from supportflow.preparing import applied_migrations, pending_migrations

OLDEST = {"sqlite": (3, 35), "postgresql": (14,)}
READ_WHOLE_UP_TO = 200 * 1024**2  # bytes of an SQLite database, read in a second or so
LARGE_LOG = 1024**3  # bytes
SSD_READ = 2.0  # random_page_cost above which PostgreSQL's planner believes in a disk that spins
FULL = 0.8  # of the connections that the server allows


def database() -> Iterator[Finding]:
    yield from half_done()
    if is_missing():
        yield missing()
        return
    try:
        connection.ensure_connection()
        version = connection.get_database_version()
        applied, pending = applied_migrations(), pending_migrations()
    except DatabaseError as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        yield Finding("database", f"{reason}. {advice(reason)}", is_wrong=True)
        return
    name = f"{connection.display_name} {'.'.join(str(part) for part in version)}"
    least = OLDEST[connection.vendor]
    if version < least:
        text = f"{name} is too old. Use {'.'.join(map(str, least))} or newer"
        yield Finding("database", text, is_wrong=True)
    else:
        yield Finding("database", name)
    yield migrations(applied, pending)


def advice(reason: str) -> str:
    return of_the_file() if connection.vendor == "sqlite" else of_the_server(reason)


def is_missing() -> bool:
    """Asked first, as SQLite makes the file of whoever looks into it."""
    return connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists()


def missing() -> Finding:
    file = Path(connection.settings_dict["NAME"])
    if not file.parent.is_dir():
        return Finding("database", f"there is no folder {file.parent}. Make it, or mend DATABASE_URL", is_wrong=True)
    return Finding("database", f"there is none at {file} yet. Run: supportflow migrate", is_wrong=True)


def of_the_file() -> str:
    file = Path(connection.settings_dict["NAME"])
    owner, me = name_of(file.stat().st_uid), name_of(os.geteuid())
    if owner != me:
        return f"{file} is {owner}'s, and this is {me}. Run it as {owner}, or give the file to {me}: chown {me} {file}"
    return f"It is {file}, and {me}'s. May {me} read and write it, and the folder?"


def of_the_server(reason: str) -> str:
    """In English, as most servers speak; to others in general."""
    own = connection.settings_dict
    if "does not exist" in reason and "role" in reason:
        return f"Make it: createuser --pwprompt {own['USER']}; or mend DATABASE_URL"
    if "does not exist" in reason and "database" in reason:
        return f"Make it: createdb --owner {own['USER']} --encoding UTF8 {own['NAME']}; or mend DATABASE_URL"
    if "authentication failed" in reason:
        return "Is the password in DATABASE_URL right, is there such a role?"
    return "Is the server running, is DATABASE_URL right?"


def half_done() -> Iterator[Finding]:
    try:
        if left := state.unfinished():
            is_under_way = state.is_under_way()
            text = UNDER_WAY.rstrip(".") if is_under_way else mending.in_words(left).rstrip(".")
            yield Finding(left.task, text, is_notable=is_under_way, is_wrong=not is_under_way)
    except CannotKeep as error:
        yield Finding("upgrade", str(error).rstrip("."), is_wrong=True)
    except DatabaseError:
        pass  # told next


def migrations(applied: list[str], pending: list[str]) -> Finding:
    if newer := newer_than_ours(applied):
        text = (
            f"the database is of a newer version of SupportFlow ({newer[0]}). Start that version, or restore a backup "
            "that was made before"
        )
        return Finding("migrations", text, is_wrong=True)
    if pending:
        command = "upgrade" if applied else "migrate"
        return Finding("migrations", f"{len(pending)} are not applied. Run: supportflow {command}", is_wrong=True)
    return Finding("migrations", "all are applied")


def condition(*, thorough: bool) -> Iterator[Finding]:
    """Of a database that answers."""
    try:
        yield from sqlite(thorough=thorough) if connection.vendor == "sqlite" else postgresql()
    except DatabaseError as error:
        text = f"{str(error).splitlines()[0]}. Restore the last backup, and look at the disk's health"
        yield Finding("database", text, is_wrong=True)


def sqlite(*, thorough: bool) -> Iterator[Finding]:
    file = Path(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != "wal":
            text = f"its journal is {mode!r}: readers and writers wait for each other. Keep it on a local disk, not NFS"
            yield Finding("database", text, is_wrong=True)
        log = file.with_name(f"{file.name}-wal")
        if log.exists() and log.stat().st_size > LARGE_LOG:
            text = f"{log} has grown to {log.stat().st_size / 1024**3:.1f} GB: something reads without end. Restart"
            yield Finding("database", text, is_notable=True)
        if not thorough and file.exists() and file.stat().st_size > READ_WHOLE_UP_TO:
            yield Finding("database", "too large to be read whole just so; supportflow check --thorough does")
            return
        told = cursor.execute("PRAGMA quick_check(1)").fetchone()[0]
    if told == "ok":
        yield Finding("database", "all of it can be read")
    else:
        text = f"{file} is damaged ({str(told)[:200]}). Stop, keep a copy, restore the last backup"
        yield Finding("database", text, is_wrong=True)


def postgresql() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
        (used,) = cursor.fetchone()
        cursor.execute("SELECT current_setting('max_connections')::int")
        (most,) = cursor.fetchone()
        cursor.execute("SELECT current_setting('random_page_cost')::float")
        (random_read,) = cursor.fetchone()
    if used >= most * FULL:
        text = (
            f"{used} of {most} connections are in use. Raise max_connections, put PgBouncer in front, or start fewer "
            "web processes (each has up to 8, as has a worker)"
        )
        yield Finding("connections", text, is_wrong=True)
    else:
        yield Finding("connections", f"{used} of {most} are in use")
    is_pooled = settings.DATABASES["default"].get("PORT") in {6432, "6432"}
    if is_pooled and "direct" not in settings.DATABASES and not settings.VALKEY_URL:
        text = "this looks like PgBouncer; DATABASE_DIRECT_URL past it would make changes show sooner, or VALKEY_URL"
        yield Finding("connections", text, is_notable=True)
    if random_read > SSD_READ:
        text = (
            f"random_page_cost is {random_read:g}, as for spinning disks. On an SSD set it to 1.1, or some lists read "
            "whole tables: ALTER DATABASE … SET random_page_cost = 1.1"
        )
        yield Finding("planner", text, is_notable=True)
    if replica.REPLICA in settings.DATABASES:
        problem = replica.problem_of_replica()
        text = (
            f"not used ({problem}): the primary does its work" if problem else "streams, and is used for heavy reading"
        )
        yield Finding("replica", text, is_wrong=bool(problem))
