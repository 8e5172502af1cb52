"""Backup, restore, upgrade."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from supportflow.cli.group import cli, with_django
from supportflow.cli.moving import progress as bar

if TYPE_CHECKING:
    from supportflow.keeping.backup import Made
    from supportflow.keeping.copies import Advance
    from supportflow.keeping.restore import Restored

PLACE = click.Path(path_type=Path, resolve_path=True)


@cli.command()
@click.argument("file", type=PLACE, required=False)
@click.option("--check", "only_check", is_flag=True, help="Read an archive and restore it for trial; write none.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--without-secrets", is_flag=True, help="Leave the secret key out.")
@click.option("--without-attachments", is_flag=True, help="Leave the attachments out.")
@click.option("--no-verify", is_flag=True, help="Do not read the archive again.")
@click.option("--keep", type=click.IntRange(1, 10_000), help="In a folder: remove all but so many of the newest.")
@with_django
def backup(
    file: Path | None,
    only_check: bool,
    force: bool,
    without_secrets: bool,
    without_attachments: bool,
    no_verify: bool,
    keep: int | None,
) -> None:
    """Write all data into one archive, while people work, and restore it for trial.

    FILE is the archive, or a folder in which it is named by the time; by default SUPPORTFLOW_BACKUPS. It holds the
    secret key: keep it as safe as the data.
    """
    from django.conf import settings

    from supportflow.core.backups import LastBackup, note_success
    from supportflow.keeping.backup import Wanted, back_up, backups_folder, drop_old

    if not (file or settings.BACKUPS):
        raise click.UsageError("Say where to: FILE, or a folder.")
    place = file or backups_folder()
    if only_check:
        check_archive(place)
        return
    made = back_up(place, Wanted(not without_secrets, not without_attachments, not no_verify, force), progress)
    tell(made)
    if keep and place.is_dir():
        for old in drop_old(place, made.file, keep):
            click.echo(f"Removed {old.name}.")
    if made.lost:
        raise click.ClickException(
            f"The archive is whole, but the storage has lost {len(made.lost)} attachments: {', '.join(made.lost[:3])}."
        )
    if made.manifest.attachments is not None:
        rows = made.manifest.rows
        note_success(
            LastBackup(None, str(made.file), made.bytes, rows, made.manifest.attachments, made.checked is not None)
        )


def tell(made: "Made") -> None:
    files = "left out" if made.manifest.attachments is None else f"{made.manifest.attachments - len(made.lost):,}"
    click.echo(f"{made.file}: {made.bytes / 1e6:,.1f} MB, {made.manifest.rows:,} rows, attachments: {files}.")
    click.echo(f"Verified: {made.checked.how}." if made.checked else "Not verified.")


def check_archive(file: Path) -> None:
    from supportflow.keeping import CannotKeep, space, state
    from supportflow.keeping.checking import check

    if not file.exists():
        raise CannotKeep(f"There is no file {file}.")
    with state.sole("backup"), space.scratch("backup") as scratch:
        found = check(file, scratch, progress)
    manifest = found.manifest
    click.echo(f"{file}: made at {manifest.made_at} by version {manifest.version}, {manifest.rows:,} rows.")
    click.echo(f"Whole: {found.how}.")
    if found.ending.lost:
        raise click.ClickException(f"{len(found.ending.lost)} attachments were lost already when it was made.")


@cli.command()
@click.argument("file", type=PLACE)
@click.option("--yes", is_flag=True, help="Replace the data that is here; it is kept aside.")
@with_django
def restore(file: Path, yes: bool) -> None:
    """Put the data of an archive in the place of what is here. SupportFlow must be stopped."""
    from supportflow.keeping.restore import restore

    done = restore(file, replace=yes, progress=progress)
    tell_restored(done)


def tell_restored(done: "Restored") -> None:
    from supportflow.keeping import aside
    from supportflow.preparing import pending_migrations

    manifest = done.checked.manifest
    click.echo(f"Restored: {manifest.rows:,} rows, all compared; {done.attachments:,} attachments put back.")
    if done.kept:
        click.echo(f"The old data: {aside.beside().where_kept(done.kept)}.")
    if done.key_stays:
        click.echo("SUPPORTFLOW_SECRET_KEY gives another secret key than the backup: people must sign in again.")
    if pending := pending_migrations():
        click.echo(f"The data is of an older version ({len(pending)} migrations). Run: supportflow upgrade")
    if done.missing:
        raise click.ClickException(f"{len(done.missing)} attachments are nowhere: {', '.join(done.missing[:3])}.")


@cli.command()
@click.option("--plan", is_flag=True, help="Tell what would be done, and do nothing.")
@with_django
def upgrade(plan: bool) -> None:
    """Bring the data to this version: back it up, migrate, try it out; if that fails, put everything back.

    SupportFlow must be stopped. Update the code first (git pull, or pip install --upgrade supportflow).
    """
    from supportflow.keeping import CannotKeep, mending, state
    from supportflow.keeping import upgrade as upgrading

    if not plan:
        upgrading.upgrade(click.echo, progress)
        return
    if (left := state.unfinished()) and mending.is_half_upgraded(left):
        raise CannotKeep(mending.in_words(left))
    ahead = upgrading.look_ahead()
    click.echo("\n".join(ahead.steps) or "Nothing to do: the database is up to date.")
    if ahead.problems:
        raise CannotKeep(ahead.problems[0])


@cli.command("build-schema", hidden=True)
@with_django
def build_schema() -> None:
    """Bring an empty database to the migrations that stdin names."""
    from supportflow.keeping import schema

    schema.apply(json.load(sys.stdin))


@cli.command("try-worker", hidden=True)
@with_django
def try_worker() -> None:
    """Load what a worker runs, look at its queue, end."""
    from django.utils.module_loading import autodiscover_modules

    from supportflow.jobs.models import Job, Schedule

    autodiscover_modules("tasks", "reactions")
    list(Job.objects.order_by("-pk")[:1])
    list(Schedule.objects.all()[:1])


@contextmanager
def progress(total: int, label: str) -> "Iterator[Advance]":
    """A bar where the total is known, else a line; nothing but on a terminal."""
    if total:
        with bar(total, label) as advance:
            yield advance
        return
    if sys.stderr.isatty():
        click.echo(f"{label} …", err=True)
    yield lambda _count: None
