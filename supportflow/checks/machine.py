"""This machine: its disk, the rights on the data folder, its clock."""

import ctypes
import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

import supportflow
from supportflow.checks.data import is_missing
from supportflow.checks.findings import Finding
from supportflow.core import clock
from supportflow.core.models import Activity
from supportflow.files.probing import probe
from supportflow.jobs.models import WorkerSign

LEAST_FREE = 500 * 1024**2  # bytes: attachments and SQLite's log need room
LEAST_FREE_FILES = 1000
TOLERATED = timedelta(seconds=5)  # between the clocks of two machines
AHEAD = timedelta(seconds=60)  # of what was written a moment ago
SYNCHRONISE = "Keep it by NTP: timedatectl set-ntp true. Then restart, so that waiting work is booked anew"
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


def disk() -> Iterator[Finding]:
    for name in ("SUPPORTFLOW_DATA", "STORAGE_URL"):
        place = Path(settings.DATA if name == "SUPPORTFLOW_DATA" else getattr(settings, "MEDIA_ROOT", "") or "")
        if str(place) not in {"", "."}:
            yield room_in(place, name)
    if problem := unwritable(Path(settings.DATA)):
        text = f"{settings.DATA} cannot be written to: {problem}. Give it to this user (chown), mount it read-write"
        yield Finding("data folder", text, is_wrong=True)
    else:
        yield Finding("data folder", f"{settings.DATA} can be written to")


def room_in(place: Path, name: str) -> Finding:
    try:
        free, files = shutil.disk_usage(place).free, os.statvfs(place)
    except OSError as error:
        return Finding("disk", f"{place} cannot be looked at: {error.strerror}. Is {name} right?", is_wrong=True)
    if free < LEAST_FREE:
        text = f"only {free // 1024**2} MB are free for {place}. Make room, or move the folder: {name}"
        return Finding("disk", text, is_wrong=True)
    if files.f_files and files.f_favail < LEAST_FREE_FILES:
        text = f"only {files.f_favail} more files fit into {place} (inodes). Delete some, or move the folder: {name}"
        return Finding("disk", text, is_wrong=True)
    return Finding("disk", f"{free / 1024**3:.1f} GB are free for {place}")


def unwritable(folder: Path) -> str:
    """Why; by trying, as rights do not tell of a disk that is mounted read-only or has failed."""
    probe = folder / f".check.{os.getpid()}"
    try:
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def files() -> Finding:
    """Writes, reads and deletes a probe where the attachments lie."""
    bucket = settings.STORAGES["default"].get("OPTIONS", {})
    place = f"{bucket['bucket_name']} at {host_of(bucket)}" if bucket.get("bucket_name") else settings.MEDIA_ROOT
    if problem := probe():
        return Finding(
            "attachments", f"{place} cannot be used: {problem.rstrip('.')}. Is STORAGE_URL right?", is_wrong=True
        )
    return Finding("attachments", f"{place} takes, gives and forgets files")


def host_of(bucket: dict[str, Any]) -> str:
    return urlsplit(bucket.get("endpoint_url") or "").netloc or "Amazon"


def clocks() -> Iterator[Finding]:
    """What can be known of the clock without asking the network."""
    problems = [
        problem for problem in (against_the_database(), against_what_was_written(), against_the_program()) if problem
    ]
    for problem in problems:
        yield Finding("clock", f"{problem}. {SYNCHRONISE}", is_wrong=True)
    if problems:
        return
    if unsynchronised():
        yield Finding("clock", f"the system says that nothing keeps it right. {SYNCHRONISE}", is_notable=True)
    else:
        yield Finding("clock", f"{clock.now():%Y-%m-%d %H:%M:%S} UTC")


def against_the_database() -> str:
    if connection.vendor != "postgresql":
        return ""
    try:
        with connection.cursor() as cursor:
            before = time.time()
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
            there = float(cursor.fetchone()[0])
    except DatabaseError:
        return ""
    apart = timedelta(seconds=there - (before + time.time()) / 2)
    if abs(apart) <= TOLERATED:
        return ""
    where = "behind" if apart > timedelta(0) else "ahead of"
    return f"the clock of this machine is {in_words(apart)} {where} the database server's"


def against_what_was_written() -> str:
    if is_missing():
        return ""
    try:
        newest = [
            Activity.objects.order_by("-pk").values_list("created_at", flat=True).first(),
            WorkerSign.objects.order_by("-seen_at").values_list("seen_at", flat=True).first(),
        ]
    except DatabaseError:
        return ""
    latest = max((moment for moment in newest if moment), default=None)
    if latest is None or latest - clock.now() <= AHEAD:
        return ""
    ahead = in_words(latest - clock.now())
    return f"the latest change is stamped {ahead} in the future: this clock is behind, or one was ahead"


def against_the_program() -> str:
    written = datetime.fromtimestamp(Path(supportflow.__file__).stat().st_mtime, tz=clock.now().tzinfo)
    return (
        f"it shows a time before this program was installed ({written:%Y-%m-%d})"
        if clock.now() < written - AHEAD
        else ""
    )


def unsynchronised() -> bool:
    """By the kernel's own word; False where it says nothing."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))) == TIME_ERROR
    except (OSError, AttributeError):
        return False


def in_words(apart: timedelta) -> str:
    seconds = abs(apart.total_seconds())
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds:.0f} seconds"
