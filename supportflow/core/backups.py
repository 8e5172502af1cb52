"""What is known of the last backup: for the operators' page, `check` and the metrics. Stands in a small file."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from supportflow.core import clock

OLD = timedelta(days=2)
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class LastBackup:
    """The last one that succeeded (`at` is None before the first), and the problem of a later one that did not."""

    at: datetime | None = None
    file: str = ""
    bytes: int = 0
    rows: int = 0
    attachments: int = 0
    verified: bool = False
    problem: str = ""
    problem_at: datetime | None = None

    @property
    def is_old(self) -> bool:
        return self.at is None or clock.now() - self.at > OLD

    @property
    def told_at(self) -> datetime:
        return max(filter(None, (self.at, self.problem_at)), default=BEGINNING)


def last_backup() -> LastBackup | None:
    """None where none was ever tried."""
    return max(filter(None, map(_read, _files())), key=lambda told: told.told_at, default=None)


def note_success(made: LastBackup) -> None:
    _write(replace(made, at=clock.now()))


def note_failure(problem: str) -> None:
    """As well as it can be: where the backup failed, a note of it may fail too, and the log has it."""
    with suppress(OSError):
        _write(replace(last_backup() or LastBackup(), problem=problem, problem_at=clock.now()))


def _files() -> list[Path]:
    """Beside the backups, where all hosts may see it; or, while that place takes nothing, in the data folder."""
    folders = [settings.BACKUPS, settings.DATA] if settings.BACKUPS else [settings.DATA]
    return [Path(folder) / "last-backup.json" for folder in folders]


def _read(file: Path) -> LastBackup | None:
    try:
        told = json.loads(file.read_text("utf-8"))
        times = {name: datetime.fromisoformat(told[name]) if told[name] else None for name in ("at", "problem_at")}
        return LastBackup(**(told | times))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(told: LastBackup) -> None:
    *others, last = _files()
    for file in others:
        with suppress(OSError):
            return _write_to(file, told)
    return _write_to(last, told)


def _write_to(file: Path, told: LastBackup) -> None:
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        aside.write_text(json.dumps(asdict(told), default=datetime.isoformat), "utf-8")
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
