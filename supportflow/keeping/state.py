"""What stands half-done, and who is at it. A file in the data folder tells the next process what was killed, and on
PostgreSQL a mark in the database tells the other hosts.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseError

from supportflow import folderlock
from supportflow.keeping import CannotKeep, server

KEEPER = "SUPPORTFLOW_KEEPER"  # set for the processes that a restore or an upgrade starts itself
HARMLESS = {"upgrade", "restore", "check", "backup", "waiting"}  # commands that may run beside what is half-done
PREPARING, SWAPPING, MIGRATING = "preparing", "swapping", "migrating"


@dataclass
class Unfinished:
    task: str  # "restore" or "upgrade"
    step: str
    stamp: str  # names what is set aside: 20261123-013100
    process: int = 0
    host: str = field(default_factory=socket.gethostname)

    @property
    def kept(self) -> str:
        """Names what was replaced."""
        return f"{self.stamp}-upgrade" if self.task == "upgrade" else self.stamp

    def write(self, step: str) -> None:
        """Durable before it returns: what follows may be killed at any moment."""
        self.step, self.process = step, os.getpid()
        if step != PREPARING:
            server.mark(json.dumps(asdict(self)))
        aside = state_file().with_suffix(".new")
        with aside.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(state_file())
        sync(settings.DATA)

    def done(self) -> None:
        server.mark(None)
        state_file().unlink(missing_ok=True)
        sync(settings.DATA)


def state_file() -> Path:
    return Path(settings.DATA) / "unfinished.json"


def unfinished() -> Unfinished | None:
    """What was begun and not ended, on this host or another; None nearly always."""
    try:
        text = server.marked() or state_file().read_text("utf-8")
    except FileNotFoundError:
        return None
    try:
        return Unfinished(**json.loads(text))
    except (ValueError, TypeError):
        raise CannotKeep(
            f"{state_file()} cannot be read. Restore a backup, or ask for help before you remove it."
        ) from None


@contextmanager
def sole(task: str) -> Iterator[None]:
    """One process at a time for this data folder; the kernel frees it however we end."""
    with (Path(settings.DATA) / f"{task}.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            process = file.read().strip() or "unknown"
            raise CannotKeep(f"Another {task} is under way (process {process}). Wait for its end.") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextmanager
def changing() -> Iterator[None]:
    """One process at a time changes this data, on whatever host."""
    with sole("change"), server.held():
        yield


def is_under_way() -> bool:
    try:
        with changing():
            return False
    except CannotKeep:
        return True


@contextmanager
def nobody_serves() -> Iterator[None]:
    """The data folder for us alone: nothing serves it, and nothing starts meanwhile."""
    with folderlock.alone(settings.DATA), changing():
        yield


def has_keeper() -> bool:
    """Whether a restore or an upgrade, which has the folder for itself, started this process."""
    return KEEPER in os.environ


def look(command: str) -> None:
    """Before any command: what was killed is ended where that needs no decision, else the command does not run."""
    if has_keeper() or command in HARMLESS or not is_anything():
        return
    from supportflow.keeping import mending

    mending.before(command)


def is_anything() -> bool:
    """Whether something is half-done or under way. A database that is away is told by the command itself."""
    try:
        return state_file().exists() or server.shows_anything()
    except DatabaseError:
        return False


def sync(folder: Path) -> None:
    """Names outlive a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
