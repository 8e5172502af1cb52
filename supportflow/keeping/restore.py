"""Puts an archive in the place of the data: prepared aside, checked, then swapped in."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage

from supportflow import env
from supportflow.core import clock
from supportflow.files import holding
from supportflow.keeping import CannotKeep, aside, mending, space, state
from supportflow.keeping.archive import Reader
from supportflow.keeping.aside import Aside
from supportflow.keeping.backup import IN_MEMORY, STAMP, fetch, name_of
from supportflow.keeping.checking import Checked, Progress, read
from supportflow.keeping.state import PREPARING, Unfinished


@dataclass
class Restored:
    checked: Checked
    attachments: int  # that were put into the storage; the others were there
    missing: list[str]  # the SHA-256 of those that nobody has
    kept: str | None  # where the old data is
    key_stays: bool  # the environment gives another key than the archive


def restore(file: Path, *, replace: bool, progress: Progress) -> Restored:
    """Raises CannotKeep, or OSError when a disk or the storage fails; then the old data is as it was."""
    if not file.exists():
        raise CannotKeep(f"There is no file {file}.")
    with state.nobody_serves(), space.scratch("restore") as scratch:
        mending.mend(state.unfinished())
        beside = aside.beside()
        beside.refuse_users()
        beside.refuse_dependents()
        is_empty = beside.is_empty()
        if not (is_empty or replace):
            raise CannotKeep(
                "There is data here already. To put the backup in its place, add --yes; the old data is kept."
            )
        checked = read(file, scratch, progress)
        return put_in_place(file, checked, beside, is_empty, progress)


def put_in_place(file: Path, checked: Checked, beside: Aside, is_empty: bool, progress: Progress) -> Restored:
    left = Unfinished("restore", PREPARING, f"{clock.now():{STAMP}}")
    left.write(PREPARING)
    mending.forget_key()
    try:
        named = attachments_of(checked.database)
        with progress(2 * checked.manifest.rows, "Preparing the database") as advance:
            beside.fill(checked.database, checked.manifest.migrations, checked.manifest.tables, advance)
        with holding.all_files():
            put, missing = put_attachments(file, named, progress)
        key_stays = stage_key(checked)
        beside.refuse_users()
        mending.finish_restore(left)
    except BaseException:
        if beside.is_filled() or left.step == PREPARING:
            left.step = PREPARING
            mending.mend(left)
        raise
    return Restored(checked, put, missing, None if is_empty else left.kept, key_stays)


def attachments_of(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as rows:
        return {sha256 for [sha256] in rows.execute("SELECT DISTINCT sha256 FROM files_attachment")}


def put_attachments(file: Path, named: set[str], progress: Progress) -> tuple[int, list[str]]:
    """Into the storage, where they are not: they do no harm there before rows name them."""
    put, missing = 0, set(named)
    size = file.stat().st_size
    with file.open("rb") as opened, progress(size, "Restoring attachments") as advance:
        reader = Reader(opened, size)
        for member in reader.members():
            if member.kind == "attachments":
                put += put_one(member.name, reader.parts())
                missing.discard(member.name.rpartition("/")[2])
            advance(member.size)
    return put, sorted(sha256 for sha256 in missing if not default_storage.exists(name_of(sha256)))


def put_one(name: str, parts: Iterator[bytes]) -> bool:
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as whole:
        for part in parts:
            whole.write(part)
        if fetch(name) == name.rpartition("/")[2]:
            return False
        whole.seek(0)
        default_storage.save(name, File(whole, name=name))
    return True


def stage_key(checked: Checked) -> bool:
    """Ready beside the one in use; returns whether the environment gives another, which then stays."""
    if checked.secret_key is None:
        return False
    if env.text("SUPPORTFLOW_SECRET_KEY"):
        return settings.SECRET_KEY.encode() != checked.secret_key
    staged = mending.staged_key()
    staged.unlink(missing_ok=True)
    staged.touch(mode=0o600)
    staged.write_bytes(checked.secret_key)
    return False
