"""The attachments: copied from storage to storage by their SHA-256, each read back and compared.

May be run while people work, and again: what is there and whole is left alone.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from supportflow.files import address
from supportflow.files.models import Attachment
from supportflow.moving import CannotMove

PART = 1 << 20  # bytes
IN_MEMORY = 8 << 20  # bytes of one file
TOLD = 20  # names of lost files


@dataclass
class Copied:
    copied: int = 0
    there_already: int = 0
    lost: int = 0  # whose bytes the source has not, or has changed
    names_of_lost: list[str] = field(default_factory=list)  # of the first


def storage_at(url: str) -> Storage:
    """The storage of a STORAGE_URL; raises CannotMove for what is none."""
    try:
        made: Storage = storages.create_storage(address.storage(url))
    except ValueError as error:
        raise CannotMove(f"--files {error}.") from None
    return made


def count() -> int:
    return Attachment.objects.values("sha256").distinct().count()


def move_files(source: Storage, target: Storage, advance: Callable[[int], None]) -> Copied:
    """Raises OSError when a storage fails; run again, it goes on where it was."""
    done = Copied()
    for file in _files():
        if _is_whole(target, file):
            done.there_already += 1
        elif _copy(source, target, file):
            done.copied += 1
        else:
            done.lost += 1
            if done.lost <= TOLD:
                done.names_of_lost.append(f"{file.name} (attachment {file.pk}, {file.sha256})")
        advance(1)
    return done


def _files() -> Iterator[Attachment]:
    """One row for each content, in bites that hold no cursor open."""
    last = ""
    while rows := list(Attachment.objects.filter(sha256__gt=last).order_by("sha256", "pk")[:500]):
        for row in rows:
            if row.sha256 != last:
                last = row.sha256
                yield row


def _copy(source: Storage, target: Storage, file: Attachment) -> bool:
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as whole:
        try:
            with source.open(file.storage_name) as content:
                if _digest(content, whole) != file.sha256:
                    return False
        except FileNotFoundError:
            return False
        whole.seek(0)
        target.save(file.storage_name, File(whole, name=file.sha256))
    if not _is_whole(target, file):
        raise CannotMove(f"The target gives back other bytes than it took for {file.storage_name}.")
    return True


def _is_whole(storage: Storage, file: Attachment) -> bool:
    try:
        with storage.open(file.storage_name) as content:
            return _digest(content) == file.sha256
    except FileNotFoundError:
        return False


def _digest(content: IO[Any] | File[Any], copy: IO[bytes] | None = None) -> str:
    digest = hashlib.sha256()
    while part := content.read(PART):
        digest.update(part)
        if copy:
            copy.write(part)
    return digest.hexdigest()
