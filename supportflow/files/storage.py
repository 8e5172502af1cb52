import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class Files(FileSystemStorage):
    """A folder whose files are whole or not there: written aside, synced, then renamed over what has the name."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[Any]) -> str:
        whole = Path(self.path(name))
        whole.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=whole.parent, delete=False) as aside:  # readable by its owner alone
            try:
                for chunk in content.chunks():
                    aside.write(chunk)
                aside.flush()
                os.fsync(aside.fileno())
                Path(aside.name).replace(whole)
            except BaseException:
                Path(aside.name).unlink()
                raise
        for folder in (whole.parent, whole.parent.parent):
            _sync(folder)
        return name


def _sync(folder: Path) -> None:
    """The new name outlives a power cut too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
