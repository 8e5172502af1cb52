"""While a backup reads the files, nobody deletes any: a mark in the storage itself, which all hosts see."""

import contextlib
import secrets
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from supportflow.core import clock

FOLDER = "holds"
LASTS = timedelta(hours=24)  # the mark of a backup that was killed counts no longer


@contextlib.contextmanager
def all_files() -> Iterator[None]:
    """Bytes that a row names when this begins are there until it ends. Raises OSError when the storage fails."""
    name = f"{FOLDER}/{secrets.token_hex(8)}"
    default_storage.save(name, ContentFile(b"A backup is being made.\n"))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            default_storage.delete(name)


def are_held() -> bool:
    try:
        marks = default_storage.listdir(FOLDER)[1]
        return any(default_storage.get_modified_time(f"{FOLDER}/{mark}") > clock.now() - LASTS for mark in marks)
    except FileNotFoundError:  # no backup was ever made, or one ended right now
        return False
