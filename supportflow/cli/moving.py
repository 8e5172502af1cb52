"""Into another database, into another storage."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from supportflow import folderlock
from supportflow.cli.group import cli, with_django

if TYPE_CHECKING:
    from supportflow.moving.rows import Outcome


@cli.command()
@click.argument("database_url", required=False)
@click.option("--files", "storage_url", metavar="STORAGE_URL", help="Copy the attachments there too, or alone.")
@click.option("--yes", is_flag=True, help="Copy although SupportFlow runs; what is written meanwhile is not copied.")
@with_django
def move(database_url: str | None, storage_url: str | None, yes: bool) -> None:
    """Copy all rows into another, empty database and compare them one by one.

    DATABASE_URL is where to, such as postgres://user:password@host:5432/name or sqlite:////path/to/file, or the path of
    a file that holds it. Where from is what is configured. A move that fails or is killed leaves the target empty.
    """
    from supportflow.moving import CannotMove

    if not (database_url or storage_url):
        raise click.UsageError("Say where to: a DATABASE_URL, or --files STORAGE_URL.")
    try:
        if database_url:
            move_rows(told(database_url), although_running=yes)
        if storage_url:
            move_attachments(told(storage_url))
    except CannotMove as problem:
        raise click.ClickException(str(problem)) from problem


def told(place: str) -> str:
    """The value, or what the file of that name holds: passwords do not belong on a command line."""
    file = Path(place)
    return file.read_text(encoding="utf-8").strip() if "://" not in place and file.is_file() else place


def move_rows(url: str, *, although_running: bool) -> None:
    from supportflow import settings as product
    from supportflow.env import WrongValue
    from supportflow.moving import CannotMove, ends, rows
    from supportflow.preparing import pending_migrations

    try:
        configured = product._parsed("DATABASE_URL", url)
    except WrongValue as error:
        raise CannotMove(str(error)) from None
    if pending := pending_migrations():
        raise CannotMove(f"{len(pending)} migrations are not applied here. Run: supportflow migrate")
    started = time.monotonic()
    tables = rows.all_tables()
    with (
        nullcontext() if although_running else nobody_else(),
        ends.source() as source,
        ends.target(url, configured) as target,
        progress(rows.total(source, tables), "Copying and comparing") as advance,
    ):
        outcomes = rows.move(source, target, tables, advance)
    tell(outcomes)
    click.echo(f"{sum(outcome.rows for outcome in outcomes):,} rows in {time.monotonic() - started:.0f} s.")
    if different := [outcome for outcome in outcomes if outcome.difference]:
        raise CannotMove(f"{different[0].table}: {different[0].difference}. Nothing was kept in the target.")
    click.echo("All rows are the same. Set DATABASE_URL to the new database and start SupportFlow.")


@contextmanager
def nobody_else() -> Iterator[None]:
    """Nothing serves or works on the source, nor begins to; on other machines the database's connections tell."""
    from django.conf import settings

    from supportflow.moving import CannotMove, ends

    with folderlock.alone(settings.DATA):
        if others := ends.others_on_source():
            advice = "Stop SupportFlow first; or with --yes copy what is there now."
            raise CannotMove(f"The database is in use ({others} more have it open). {advice}")
        yield


def tell(outcomes: "list[Outcome]") -> None:
    width = max(len(outcome.table) for outcome in outcomes)
    for outcome in outcomes:
        result = f"DIFFERS: {outcome.difference}" if outcome.difference else "same"
        mended = f", {outcome.mended} values made storable" if outcome.mended else ""
        click.echo(f"{outcome.table:<{width}}  {outcome.rows:>12,}  {outcome.checksum}  {result}{mended}")


def move_attachments(url: str) -> None:
    from django.core.files.storage import default_storage

    from supportflow.moving import CannotMove, files

    target = files.storage_at(url)
    try:
        with progress(files.count(), "Copying attachments") as advance:
            done = files.move_files(default_storage, target, advance)
    except OSError as error:
        raise CannotMove(f"A storage failed: {error}. Run this again; it goes on where it was.") from error
    click.echo(f"{done.copied:,} files copied and compared, {done.there_already:,} were there already.")
    if done.lost:
        raise CannotMove(f"{done.lost} files are lost or changed in the source: {'; '.join(done.names_of_lost)}.")


@contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
        yield bar.update
