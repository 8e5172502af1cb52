"""Brings a data folder to where the product can run: a current database and, the first time, something in it."""

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from supportflow import demo
from supportflow.core.actors import System
from supportflow.core.errors import Refused
from supportflow.desk.operations import ensure_first_mailbox
from supportflow.ports import CannotStart


def prepare(*, with_demo: bool) -> list[tuple[str, str]]:
    """Migrate; fill a new data folder; returns the demo logins that work, as (address, password)."""
    bring_up_to_date()
    first_start = settings.DATA / "first-start"
    if not first_start.exists():
        if with_demo:
            with suppress(Refused):  # people work in this database already
                demo.load()
        ensure_first_mailbox(settings.MAIL_ADDRESS, by=System("first start"))
        # Written when all is done: a first start that was killed half-way is a first start again.
        first_start.touch()
    return demo.logins()


def bring_up_to_date() -> None:
    """An SQLite database that holds data already is backed up first, and put back when the migrations fail.

    A copy takes moments there. On PostgreSQL each migration is a transaction; `supportflow upgrade` does more.
    """
    from supportflow.keeping import upgrade

    refuse_newer()
    if connection.vendor == "sqlite" and applied_migrations() and pending_migrations():
        upgrade.upgrade_at_start()
    else:
        migrate()


def refuse_newer() -> None:
    from supportflow.keeping import schema

    if newer := schema.newer_than_ours(applied_migrations()):
        raise CannotStart(
            f"The database is of a newer version of SupportFlow ({newer[0]}). Start that version, or restore a backup "
            "that was made before."
        )


def applied_migrations() -> list[str]:
    return [f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()]


def pending_migrations() -> list[str]:
    """The names of the migrations that this database lacks, in order."""
    executor = MigrationExecutor(connection)
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def migrate() -> list[str]:
    """Apply what is pending and return its names. To ask first spares a current database most of Django's time."""
    refuse_newer()
    is_new, pending = not applied_migrations(), pending_migrations()
    if pending:
        call_command("migrate", interactive=False, verbosity=0)
    if is_new and connection.vendor == "sqlite":
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{connection.settings_dict['NAME']}{end}").chmod(0o600)
    return pending
