"""A second database beside the one in use: filled, checked, then put in its place at one stroke, or thrown away."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections

from supportflow import env
from supportflow.keeping import CannotKeep, copies, ours, schema, server
from supportflow.keeping.archive import Sums
from supportflow.keeping.copies import Advance
from supportflow.keeping.state import sync
from supportflow.moving import CannotMove, rows
from supportflow.moving.ends import End

LOG = ("-wal", "-shm")
IN_USE = "The database is in use ({who}). Stop every SupportFlow process first."
WAIT_FOR_LOCKS = "15s"
KEPT = 3  # databases of failed upgrades, on SQLite


class NotAllowed(CannotKeep):
    """The server lets us make no schema."""


class SqliteAside:
    """The file `….aside` beside the database."""

    def __init__(self) -> None:
        self.live = Path(connection.settings_dict["NAME"])
        self.file = self.live.with_name(f"{self.live.name}.aside")

    def fill(self, file: Path, _migrations: list[str], _expected: dict[str, Sums], _advance: Advance) -> None:
        """From a checked copy, which is used up."""
        shutil.move(file, self.file)
        self.file.chmod(0o600)
        with self.file.open("rb") as written:
            os.fsync(written.fileno())
        sync(self.file.parent)

    def is_filled(self) -> bool:
        return self.file.exists()

    def swap(self, kept: str) -> None:
        """Both steps may be killed and done again. `kept` -- the stamp under which the old database stays"""
        connections.close_all()
        refuse_users(self.live)
        self._keep(replaced(kept))
        self.file.replace(self.live)
        sync(self.live.parent)

    def _keep(self, folder: Path) -> None:
        for end in LOG:  # there only when the database is too damaged to be closed in order
            log = Path(f"{self.live}{end}")
            if log.exists():
                shutil.move(log, folder / log.name)
        if self.live.exists() and not (folder / self.live.name).exists():
            try:
                os.link(self.live, folder / self.live.name)
            except OSError:  # on another disk
                copy_whole(self.live, folder / self.live.name)
        sync(folder)

    def where_kept(self, stamp: str) -> str:
        return str(replaced(stamp))

    def drop(self) -> None:
        self.file.unlink(missing_ok=True)

    def refuse_users(self) -> None:
        connections.close_all()
        refuse_users(self.live)

    def refuse_dependents(self) -> None:
        """Whatever stands in the file stays in the file."""

    def is_empty(self) -> bool:
        """Whether nobody's data would be replaced."""
        if not self.live.exists():
            return True
        try:
            with copies.opened(self.live) as end:
                return holds_nothing(end)
        except DatabaseError:
            return False


class PostgresAside:
    """The schema of that name in the same database. DDL is transactional there: the swap is one commit."""

    def __init__(self, name: str = server.ASIDE) -> None:
        self.name = name

    def fill(self, file: Path, migrations: list[str], expected: dict[str, Sums], advance: Advance) -> None:
        """From a checked copy, row by row, each compared."""
        self.drop()
        with server.opened() as end:
            _run(end, f'CREATE SCHEMA "{self.name}"')
        schema.build(migrations, in_schema(self.name))
        tables = schema.tables_of(migrations)
        with copies.opened(file) as source, server.opened(self.name) as target:
            source.run("BEGIN")
            target.run("BEGIN")
            try:
                outcomes = rows.move(source, target, tables, advance)
            except CannotMove as error:
                raise CannotKeep(f"The rows cannot be put into the database: {error}") from error
        copies.refuse_differences(outcomes)
        found = {outcome.table: Sums(outcome.rows, outcome.checksum) for outcome in outcomes if not outcome.mended}
        copies.refuse_other_sums({name: expected[name] for name in found}, found)

    def is_filled(self) -> bool:
        with server.opened() as end:
            return bool(ours.tables_in(end, self.name))

    def swap(self, kept: str) -> None:
        """What is not ours stays where it is, and nothing is dropped: what is replaced is carried away."""
        connections.close_all()
        with server.opened() as end:
            end.run("BEGIN")
            end.run(f"SET LOCAL lock_timeout = '{WAIT_FOR_LOCKS}'")
            [[live]] = end.run("SELECT current_schema()")
            ours.pass_on_grants(end, live, self.name)
            functions = ours.our_functions(end, live)
            if tables := ours.our_tables(end, live):
                _run(end, f'CREATE SCHEMA "{_kept(kept)}"')
                ours.carry(end, tables, functions, live, _kept(kept))
            ours.carry(end, ours.tables_in(end, self.name), [*ours.functions_in(end, self.name)], self.name, live)
            end.run(f'DROP SCHEMA "{self.name}"')
            end.run("COMMIT")

    def where_kept(self, stamp: str) -> str:
        return f"the schema {_kept(stamp)} of the database"

    def drop(self) -> None:
        with server.opened() as end:
            end.run(f'DROP SCHEMA IF EXISTS "{self.name}" CASCADE')

    def refuse_users(self) -> None:
        connections.close_all()
        with server.opened() as end:
            [[others]] = end.run(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend' AND application_name = 'supportflow' AND pid <> pg_backend_pid()"
            )
        if others:
            raise CannotKeep(IN_USE.format(who=f"{others} connections, PgBouncer's idle ones among them"))

    def refuse_dependents(self) -> None:
        with server.opened() as end:
            ours.refuse_dependents(end)

    def is_empty(self) -> bool:
        with server.opened() as end:
            [[live]] = end.run("SELECT current_schema()")
            return not ours.our_tables(end, live) or holds_nothing(end)


def _kept(stamp: str) -> str:
    return f"supportflow_replaced_{stamp}".replace("-", "_")


Aside = SqliteAside | PostgresAside


def beside() -> Aside:
    return SqliteAside() if connection.vendor == "sqlite" else PostgresAside()


def replaced(stamp: str) -> Path:
    """Where the old files stay after a restore."""
    folder = Path(settings.DATA) / "replaced" / stamp
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def copy_whole(source: Path, target: Path) -> None:
    """It has its name only when it is whole and on the disk."""
    partial = target.with_name(f"{target.name}.partial")
    shutil.copy2(source, partial)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(target)


def drop_old_upgrades() -> None:
    """Of what failed upgrades made of an SQLite file: it would fill the disk where each restart tries again."""
    for old in sorted((Path(settings.DATA) / "replaced").glob("*-upgrade"))[:-KEPT]:
        shutil.rmtree(old)


def holds_nothing(end: End) -> bool:
    """No tables, or no people in them."""
    present = set(end.django.introspection.table_names())
    if "accounts_user" not in present:
        return not present
    return not end.run("SELECT 1 FROM accounts_user WHERE role <> 'SYSTEM' LIMIT 1") and not end.run(
        "SELECT 1 FROM desk_ticket LIMIT 1"
    )


def refuse_users(file: Path) -> None:
    """Fold the log into the file and close it; SQLite allows that only to the last one who has it open."""
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file, timeout=2)) as live:
            live.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise CannotKeep(IN_USE.format(who=str(file))) from None
    except sqlite3.DatabaseError:
        pass  # damaged, which may be why it is replaced


def in_schema(name: str) -> dict[str, str]:
    """The environment in which a process of ours works in that schema."""
    url = env.text("DATABASE_DIRECT_URL") or env.text("DATABASE_URL")
    options = f"-c search_path={name}"
    return {"DATABASE_URL": f"{url}{'&' if urlsplit(url).query else '?'}options={quote(options)}"}


def _run(end: End, statement: str) -> None:
    try:
        end.run(statement)
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        raise NotAllowed(
            f"The database does not allow it: {reason}. Its owner may: GRANT CREATE ON DATABASE … TO …"
        ) from error
