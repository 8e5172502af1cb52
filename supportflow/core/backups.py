"""What is known of the last backup: for the operators' page, `check` and the metrics. Stands in a small file."""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from supportflow.core import clock

OLD = timedelta(days=2)


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


def last_backup() -> LastBackup | None:
    """None where none was ever tried."""
    try:
        told = json.loads(_file().read_text("utf-8"))
        times = {name: datetime.fromisoformat(told[name]) if told[name] else None for name in ("at", "problem_at")}
        return LastBackup(**(told | times))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def note_success(made: LastBackup) -> None:
    _write(replace(made, at=clock.now()))


def note_failure(problem: str) -> None:
    _write(replace(last_backup() or LastBackup(), problem=problem, problem_at=clock.now()))


def _write(told: LastBackup) -> None:
    file = _file()
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    aside.write_text(json.dumps(asdict(told), default=datetime.isoformat), "utf-8")
    aside.replace(file)


def _file() -> Path:
    """Beside the backups, where all hosts may see it."""
    return (settings.BACKUPS or settings.DATA) / "last-backup.json"
