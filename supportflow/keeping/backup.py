"""Writes archives: first the rows of one moment, then the files that they name."""

import glob
import hashlib
import io
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage

from supportflow import __version__
from supportflow.core import clock
from supportflow.files import holding
from supportflow.keeping import CannotKeep, copies, mending, schema, space, state
from supportflow.keeping.archive import PART, PIECE, Ending, Manifest, Writer, as_json, digest_of, packed
from supportflow.keeping.checking import Checked, check
from supportflow.keeping.copies import Advance, Copy

Progress = Callable[[int, str], AbstractContextManager[Advance]]  # how much in all, and of what
STAMP = "%Y%m%d-%H%M%S"
DATED = "supportflow-*.tar"
WHOLE, INCOMPLETE = (re.compile(rf"supportflow-\d{{8}}-\d{{6}}{end}") for end in (r"\.tar", r"\.incomplete\.tar"))
EXISTS = "{} exists. Choose another name, or overwrite it with --force."
IN_MEMORY = 8 << 20  # bytes of one attachment


@dataclass
class Wanted:
    """What goes into an archive, and whether it is read again."""

    secrets: bool = True
    attachments: bool = True
    verified: bool = True
    overwrite: bool = False


@dataclass
class Made:
    file: Path
    bytes: int
    manifest: Manifest
    lost: list[str]
    checked: Checked | None


def backups_folder() -> Path:
    """Made where it is not, but not its parent: beneath the place of a disk that is away nobody would find it."""
    folder = settings.BACKUPS or Path(settings.DATA) / "backups"
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
    except FileNotFoundError:
        raise CannotKeep(f"There is no folder {folder.parent}, for SUPPORTFLOW_BACKUPS. Is its disk mounted?") from None
    return folder


def back_up(place: Path, wanted: Wanted, progress: Progress) -> Made:
    """Write an archive to a file, or to a folder under a name of the day; then restore it for trial.

    Raises CannotKeep, and OSError when a disk or the storage fails; then there is no archive at all.
    """
    file = place / f"supportflow-{clock.now().astimezone(UTC):{STAMP}}.tar" if place.is_dir() else place
    refuse_place(file, wanted)
    mending.refuse_half_done()
    with state.sole("backup"), space.scratch("backup") as scratch:
        drop_partial(file.parent, DATED)
        needed = space.database_bytes()
        space.refuse_lack({scratch: needed, file.parent: needed // 3})
        with written_aside(file) as aside:
            manifest, lost = write(aside, scratch, wanted, progress)
            checked = read_again(check, aside, file, scratch, progress) if wanted.verified else None
            if lost and (place.is_dir() or file.exists()):
                file = file.with_suffix(".incomplete.tar")  # no whole one makes room for it
            publish(aside, file, overwrite=wanted.overwrite)
    return Made(file, file.stat().st_size, manifest, lost, checked)


def refuse_place(file: Path, wanted: Wanted) -> None:
    if not file.parent.is_dir():
        raise CannotKeep(f"There is no folder {file.parent}. Make it first.")
    if file.exists() and (not file.is_file() or not wanted.overwrite):
        raise CannotKeep(EXISTS.format(file))


def write(file: Path, scratch: Path, wanted: Wanted, progress: Progress) -> tuple[Manifest, list[str]]:
    """A new file, for its owner alone, that is on the disk when this returns; and what the storage has lost."""
    with holding.all_files():  # before the rows are read, so that every file they name stays
        with progress(0, "Reading the database") as advance:
            copy = copies.of_database(scratch / "database.sqlite3", advance)
        if unknown := schema.newer_than_ours(copy.migrations):
            raise CannotKeep(f"The database is of a newer version ({unknown[0]}). Back it up with that version.")
        with closing(sqlite3.connect(copy.file)) as rows:
            manifest = describe(copy, rows, wanted)
            space.refuse_lack({file.parent: manifest.attachment_bytes + manifest.database_bytes // 3})
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as target:  # noqa: PTH123  a descriptor
                lost = fill(target, copy.file, rows, manifest, progress)
                target.flush()
                os.fsync(target.fileno())
    copy.file.unlink()
    return manifest, lost


def describe(copy: Copy, rows: sqlite3.Connection, wanted: Wanted) -> Manifest:
    count, size = rows.execute(
        "SELECT count(*), coalesce(sum(size), 0) FROM (SELECT max(size) AS size FROM files_attachment GROUP BY sha256)"
    ).fetchone()
    return Manifest(
        version=__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        vendor=copy.vendor,
        migrations=copy.migrations,
        tables=copy.tables,
        database_bytes=copy.file.stat().st_size,
        database_sha256=digest_of(copy.file),
        attachments=count if wanted.attachments else None,
        attachment_bytes=size if wanted.attachments else 0,
        secret_key_sha256=hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest() if wanted.secrets else None,
    )


def fill(
    target: IO[bytes], database: Path, rows: sqlite3.Connection, manifest: Manifest, progress: Progress
) -> list[str]:
    """The whole archive; returns what the storage has lost."""
    writer, told = Writer(target), as_json(manifest)
    writer.add("manifest.json", len(told), io.BytesIO(told))
    with progress(manifest.database_bytes + manifest.attachment_bytes, "Writing the archive") as advance:
        with database.open("rb") as plain:
            for number, piece in enumerate(packed(plain), 1):
                writer.add(f"database/{number:05}.gz", len(piece), io.BytesIO(piece))
                advance(min(PIECE, plain.tell() - (number - 1) * PIECE))
        if manifest.secret_key_sha256:
            key = settings.SECRET_KEY.encode()
            writer.add("secret_key", len(key), io.BytesIO(key))
        lost = [] if manifest.attachments is None else add_attachments(writer, rows, advance)
    ending = as_json(Ending(hashlib.sha256(told).hexdigest(), (manifest.attachments or 0) - len(lost), lost))
    writer.add("complete.json", len(ending), io.BytesIO(ending))
    writer.end()
    return lost


def add_attachments(writer: Writer, rows: sqlite3.Connection, advance: Advance) -> list[str]:
    lost = []
    named = rows.execute("SELECT sha256, max(size) FROM files_attachment GROUP BY sha256 ORDER BY sha256")
    for sha256, size in named:
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as whole:
            if fetch(name_of(sha256), whole) == sha256:
                length = whole.tell()
                whole.seek(0)
                writer.add(name_of(sha256), length, whole)
            else:
                lost.append(sha256)
        advance(size)
    return lost


def name_of(sha256: str) -> str:
    """The same in the storage (Attachment.storage_name) and in the archive."""
    return f"attachments/{sha256[:2]}/{sha256}"


def fetch(name: str, into: IO[bytes] | None = None) -> str:
    """The SHA-256 of what the storage has under the name; empty when it has nothing. `into` -- gets a copy"""
    digest = hashlib.sha256()
    try:
        with default_storage.open(name) as content:
            while part := content.read(PART):
                digest.update(part)
                if into:
                    into.write(part)
    except FileNotFoundError:
        return ""
    return digest.hexdigest()


@contextmanager
def written_aside(file: Path) -> Iterator[Path]:
    """Where an archive is written and read again before it gets its name."""
    aside = file.with_name(f".{file.name}.partial")
    aside.unlink(missing_ok=True)
    try:
        yield aside
    finally:
        aside.unlink(missing_ok=True)


def read_again(
    how: Callable[[Path, Path, Progress], Checked], aside: Path, file: Path, scratch: Path, progress: Progress
) -> Checked:
    """`how` -- check or read; `file` -- the name that it is to have"""
    try:
        return how(aside, scratch, progress)
    except CannotKeep as error:
        raise CannotKeep(f"{error} What was written is kept: {set_damaged_aside(aside, file)}.") from error


def set_damaged_aside(aside: Path, file: Path) -> Path:
    """The newest alone, or they would fill the disk."""
    alike = re.sub(r"\d{8}-\d{6}", "*", glob.escape(file.name))
    for old in file.parent.glob(f"{alike}.damaged"):
        old.unlink()
    return aside.rename(file.with_name(f"{file.name}.damaged"))


def drop_partial(folder: Path, pattern: str) -> None:
    """What killed ones have left there."""
    for killed in folder.glob(f".{pattern}.partial"):
        killed.unlink()


def publish(aside: Path, file: Path, *, overwrite: bool = False) -> None:
    """Under its name, unless another has taken it meanwhile."""
    try:
        if overwrite:
            aside.replace(file)
        else:
            os.link(aside, file)
    except FileExistsError:
        raise CannotKeep(EXISTS.format(file)) from None
    except OSError:  # a disk without hard links
        aside.rename(file)
    state.sync(file.parent)


def drop_old(folder: Path, made: Path, kept: int) -> list[Path]:
    """Of those that are named by their day all but the one just made and the newest others, `kept` in all.

    An incomplete one takes the place of the incomplete one of before, never that of a whole one.
    """
    form, kept = (WHOLE, kept) if WHOLE.fullmatch(made.name) else (INCOMPLETE, 1)
    others = sorted(file for file in folder.glob(DATED) if form.fullmatch(file.name) and file != made)
    old = others[: len(others) - (kept - 1)] if len(others) >= kept else []
    for file in old:
        file.unlink()
    return old
