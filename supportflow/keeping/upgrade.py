"""Brings the database to this version; when anything fails, the data of before is put back by itself."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from supportflow.core import clock
from supportflow.keeping import CannotKeep, aside, copies, mending, schema, server, smoke, space, state
from supportflow.keeping.archive import Sums
from supportflow.keeping.aside import Aside
from supportflow.keeping.backup import (
    STAMP,
    Wanted,
    backups_folder,
    drop_partial,
    publish,
    read_again,
    write,
    written_aside,
)
from supportflow.keeping.checking import Checked, Progress, read
from supportflow.keeping.copies import Advance
from supportflow.keeping.state import MIGRATING, PREPARING, Unfinished
from supportflow.moving.tables import Table

log = structlog.get_logger("supportflow.upgrade")

KEPT = 3  # archives of before an upgrade
ARCHIVES = "before-upgrade-*.tar"
Tell = Callable[[str], None]


@dataclass
class Plan:
    """What an upgrade would do, and what it would stumble over."""

    steps: list[str] = field(default_factory=list)  # "desk.0004_x: desk_ticket (100,000 rows)"
    apps: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def look_ahead() -> Plan:
    """Changes nothing."""
    plan = Plan()
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    recorded = [f"{app}.{name}" for app, name in executor.loader.applied_migrations]
    if unknown := schema.newer_than_ours(recorded):
        plan.problems.append(f"The database is of a newer version ({unknown[0]}): start that version of SupportFlow.")
    try:
        if pending:
            aside.beside().refuse_dependents()
    except CannotKeep as problem:
        plan.problems.append(str(problem))
    present = set(connection.introspection.table_names())
    for migration, _ in pending:
        touched = {f"{migration.app_label}_{name}" for name in map(_model_of, migration.operations) if name} & present
        rows = ", ".join(f"{table} ({_count(table):,} rows)" for table in sorted(touched))
        plan.steps.append(f"{migration.app_label}.{migration.name}{': ' if rows else ''}{rows}")
        plan.apps.add(migration.app_label)
    if "jobs_job" in present and (running := _count("jobs_job", "WHERE status = 'RUNNING'")):
        plan.steps.append(f"({running} jobs were interrupted; they run again after the upgrade.)")
    return plan


def _model_of(operation: object) -> str:
    name = getattr(operation, "model_name", "") or getattr(operation, "name", "")
    return name.lower() if isinstance(name, str) else ""


def _count(table: str, where: str = "") -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)} {where}")  # noqa: S608  names of ours
        return int(cursor.fetchone()[0])


def upgrade(tell: Tell, progress: Progress) -> None:
    """Raises CannotKeep when it did not work; then the data is what it was, or the text says what it is."""
    with state.nobody_serves():
        beside = aside.beside()
        beside.refuse_users()
        if mended := mending.mend(state.unfinished()):
            tell(mended)
        plan = look_ahead()
        if plan.problems:
            raise CannotKeep(plan.problems[0])
        if not plan.steps:
            tell("Nothing to do: the database is up to date.")
            return
        for step in plan.steps:
            tell(f"To do: {step}")
        space.refuse_lack(room())
        with way_back(beside, tell, progress) as before:
            migrate(tell)
            tell(compare(before, plan.apps, progress))
            for said in smoke.test():
                tell(said)
    tell("The upgrade is done. Start SupportFlow again.")


def room() -> dict[Path, int]:
    """For a copy on its way, the archive, and beside an SQLite file the copy once more and what migrations add."""
    database = space.database_bytes()
    needed = Counter({Path(settings.DATA): database})
    needed[backups_folder()] += database // 3
    if connection.vendor == "sqlite":
        needed[Path(connection.settings_dict["NAME"]).parent] += 2 * database
    return dict(needed)


@contextmanager
def way_back(beside: Aside, tell: Tell, progress: Progress) -> Iterator[Checked]:
    """A checked copy stands ready as long as the block runs; when it raises, the copy takes the database's place."""
    left = Unfinished("upgrade", PREPARING, f"{clock.now():{STAMP}}")
    left.write(PREPARING)
    try:
        with space.scratch("upgrade") as scratch:
            archive, before = save(left.stamp, scratch, progress)
            tell(f"Backup: {archive} ({before.manifest.rows:,} rows, read back and compared)")
            with progress(2 * before.manifest.rows, "Preparing the way back") as advance:
                beside.fill(before.database, before.manifest.migrations, before.manifest.tables, advance)
    except BaseException:
        mending.mend(left)
        raise
    left.write(MIGRATING)
    try:
        yield before
    except BaseException as error:
        kept = mending.take_back(left)
        raise CannotKeep(f"The upgrade failed: {reason(error)} {proof(before, progress)}{kept}") from error
    left.done()
    beside.drop()


def save(stamp: str, scratch: Path, progress: Progress) -> tuple[Path, Checked]:
    """An archive of the rows; an upgrade does not touch the attachments."""
    folder = backups_folder()
    archive = folder / f"before-upgrade-{stamp}.tar"
    drop_partial(folder, ARCHIVES)
    with written_aside(archive) as partial:
        write(partial, scratch, Wanted(attachments=False), progress)
        checked = read_again(read, partial, archive, scratch, progress)
        publish(partial, archive)
    for old in sorted(file for file in folder.glob(ARCHIVES) if file != archive)[: -(KEPT - 1)]:
        old.unlink()
    return archive, checked


def reason(error: BaseException) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text if text.endswith(".") else f"{text}."


def migrate(tell: Tell) -> None:
    """As a process of its own: whatever it does to itself, we are there to take it back."""
    done = schema.run(["migrate"], SMTP_LISTEN="")
    if done.returncode:
        raise CannotKeep((done.stderr.strip().splitlines() or ["it gave no reason."])[-1].removeprefix("Error: "))
    for line in done.stdout.splitlines():
        tell(f"Applied: {line}")


def compare(before: Checked, changing: Iterable[str], progress: Progress) -> str:
    """Rows may change in the apps that have migrations, and nowhere else."""
    found: dict[str, Sums] = {}
    old, new = by_name(schema.tables_of(before.manifest.migrations)), by_name(current_tables())
    same, changed = 0, []
    with progress(before.manifest.rows, "Comparing") as advance, copies.opened_for_reading(server.configured()) as live:
        for name, table in old.items():
            if name in new and [c.name for c in new[name].columns] == [c.name for c in table.columns]:
                found[name] = copies.sums_of(live, table, advance)
            app = table.model._meta.app_label
            if found.get(name) == before.manifest.tables[name]:
                same += 1
            elif app in set(changing) or name in DJANGOS:
                changed.append(told(name, before.manifest.tables[name], live.count(new[name]) if name in new else None))
            else:
                raise CannotKeep(f"{name} changed, though no migration of {app} was to be applied.")
    return f"Compared: {same} tables are the same" + ("; changed: " + ", ".join(changed) if changed else "") + "."


DJANGOS = {"auth_permission", "django_content_type"}  # which Django fills after every migration


def by_name(tables: list[Table]) -> dict[str, Table]:
    return {table.name: table for table in tables}


def current_tables() -> list[Table]:
    with copies.opened_for_reading(server.configured()) as live:
        return schema.tables_of(schema.applied(live))


def told(name: str, before: Sums, after: int | None) -> str:
    if after is None:
        return f"{name} (removed, had {before.rows:,} rows)"
    return f"{name} ({before.rows:,} rows)" if after == before.rows else f"{name} ({before.rows:,} → {after:,} rows)"


def proof(before: Checked, progress: Progress) -> str:
    """Said after the way back was taken."""
    tables = schema.tables_of(before.manifest.migrations)
    with progress(before.manifest.rows, "Comparing") as advance, copies.opened_for_reading(server.configured()) as live:
        found = {table.name: copies.sums_of(live, table, advance) for table in tables}
    try:
        copies.refuse_other_sums(before.manifest.tables, found)
    except CannotKeep as error:
        return f"THE DATA OF BEFORE IS NOT WHOLE: {error} Restore the backup."
    return f"The data of before is back: {len(found)} tables with {before.manifest.rows:,} rows are the same."


def upgrade_at_start() -> None:
    """What `serve` does with an SQLite database that lags behind: the same, but nobody waits for a smoke test.

    At a restart without a pause the server of before still has the database open: there is a backup then, and each
    migration is a transaction, but nothing can be put in the place of what others use.
    """
    with state.changing():
        if mended := mending.mend(state.unfinished()):
            log.warning("upgrade.mended", result=mended)
        plan = look_ahead()
        if plan.problems:
            raise CannotKeep(plan.problems[0])
        if not plan.steps:
            return
        beside = aside.beside()
        if is_used(beside):
            with space.scratch("upgrade") as scratch:
                archive, _ = save(f"{clock.now():{STAMP}}", scratch, silent)
            log.warning("upgrade.while_in_use", backup=str(archive))
            call_command("migrate", interactive=False, verbosity=0)
            return
        space.refuse_lack(room())
        with way_back(beside, lambda line: log.info("upgrade.backup", result=line), silent) as before:
            call_command("migrate", interactive=False, verbosity=0)
            log.info("upgrade.done", result=compare(before, plan.apps, silent))


def is_used(beside: Aside) -> bool:
    try:
        beside.refuse_users()
    except CannotKeep:
        return True
    return False


@contextmanager
def silent(_total: int, _label: str) -> Iterator[Advance]:
    yield lambda _count: None
