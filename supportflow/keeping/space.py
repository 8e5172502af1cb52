"""Room on the disks and a place for what is only needed meanwhile."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from supportflow.keeping import CannotKeep

SPARE = 50 << 20  # bytes that stay free


def database_bytes() -> int:
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        return sum(Path(f"{file}{end}").stat().st_size for end in ("", "-wal") if Path(f"{file}{end}").exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def refuse_lack(needed: dict[Path, int]) -> None:
    """Folders on the same disk share what is free there."""
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in needed.items():
        disk = folder.stat().st_dev
        disks[disk] = (folder, disks.get(disk, (folder, 0))[1] + size)
    for folder, size in disks.values():
        free = shutil.disk_usage(folder).free
        if free < size + SPARE:
            raise CannotKeep(
                f"About {size >> 20:,} MB are needed at {folder}, and {free >> 20:,} MB are free. Make room first."
            )


@contextmanager
def scratch(task: str) -> Iterator[Path]:
    """An empty folder on the disk of the data; what a killed run left there goes first. Under the task's lock."""
    folder = Path(settings.DATA) / f"scratch-{task}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
