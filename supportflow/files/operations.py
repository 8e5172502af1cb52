"""Files in: the bytes first, outside any transaction, then the row that names them."""

import contextlib
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import IO

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from supportflow.core import clock, text
from supportflow.core.actors import Actor
from supportflow.core.door import operation, record
from supportflow.core.errors import Invalid, Refused
from supportflow.files.holding import are_held
from supportflow.files.models import Attachment
from supportflow.files.queries import storage_down

LOOSE_FOR = timedelta(hours=24)
MAX_ON_ONE_COMMENT = 50


class TooLarge(Invalid):
    """More bytes than are taken (413)."""


def store_bytes(content: IO[bytes], *, most: int | None = None) -> tuple[str, int]:
    """Write the content under its SHA-256; returns (sha256, size). Raises TooLarge over `most` bytes (25 MB), and
    Unavailable when the storage does not take it.

    Called before the transaction that makes the row: a crash between leaves bytes that the clean-up finds.
    """
    most = most or settings.MAX_FILE_BYTES
    digest, size = hashlib.sha256(), 0
    content.seek(0)
    while chunk := content.read(1 << 20):
        digest.update(chunk)
        size += len(chunk)
        if size > most:
            megabytes = most // 1024 // 1024
            raise TooLarge(
                {"file": _("This file is larger than %(most)s MB. Send a smaller one.") % {"most": megabytes}}
            )
    sha256 = digest.hexdigest()
    content.seek(0)
    # Also when they are there: it makes them young again, and the clean-up leaves young bytes alone.
    try:
        default_storage.save(Attachment(sha256=sha256).storage_name, File(content))
    except OSError as error:
        raise storage_down(error) from error
    return sha256, size


@operation
def keep_file(
    name: str, sha256: str, size: int, *, content_type: str = "", content_id: str = "", inline: bool = False, by: Actor
) -> Attachment:
    """The row of stored bytes; loose until a comment takes it."""
    by.must("attachment.upload")
    name = safe_name(name)
    attachment = Attachment(
        name=name,
        content_type=_content_type(content_type, name),
        size=size,
        sha256=sha256,
        content_id=text.tidy_line(content_id)[:255],
        is_inline=inline,
        uploader_type=by.actor_type,
        uploader_id=by.actor_id,
        created_at=clock.now(),
    )
    attachment.save(force_insert=True)
    record("attachment.uploaded", attachment, by=by, meta={"name": attachment.name, "size": size, "sha256": sha256})
    return attachment


def loose_files(ids: Iterable[int], *, by: Actor) -> list[Attachment]:
    """The actor's own uploads with these ids that no comment holds yet; raises Invalid for any other."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MAX_ON_ONE_COMMENT:
        raise Invalid(
            {"attachment_ids": _("At most %(most)s files fit on one comment.") % {"most": MAX_ON_ONE_COMMENT}}
        )
    mine = Attachment.objects.filter(is_attached=False, uploader_type=by.actor_type, uploader_id=by.actor_id)
    found = {row.pk: row for row in mine.filter(pk__in=[i for i in wanted if 0 < i < 2**63])}
    if missing := [i for i in wanted if i not in found]:
        message = _("There is no file %(id)s of yours waiting to be attached. Upload it again.") % {"id": missing[0]}
        raise Invalid({"attachment_ids": message})
    return [found[i] for i in wanted]


def mark_attached(files: list[Attachment]) -> None:
    """Inside the operation that puts them on a comment. Raises Refused when another took one meanwhile."""
    loose = Attachment.objects.filter(pk__in=[file.pk for file in files], is_attached=False)
    if loose.update(is_attached=True) != len(files):
        raise Refused("file_taken", _("One of these files was attached elsewhere or removed. Upload it again."))


def release_files(files: list[Attachment]) -> None:
    """Nobody holds these any more (their comments are purged); the clean-up takes rows and bytes."""
    held = Attachment.objects.filter(pk__in=[file.pk for file in files], comments__isnull=False).values("pk")
    gone = Attachment.objects.filter(pk__in=[file.pk for file in files]).exclude(pk__in=held)
    gone.update(is_attached=False, created_at=clock.now() - LOOSE_FOR)


@transaction.atomic
def drop_loose_files() -> int:
    """Rows of uploads that nobody attached within a day and no draft holds. One that a comment takes right now is
    locked and stays.
    """
    held = Attachment.objects.filter(is_attached=False, drafts__isnull=False).values("pk")
    loose = Attachment.objects.filter(is_attached=False, created_at__lt=clock.now() - LOOSE_FOR).exclude(pk__in=held)
    old = [row.pk for row in loose.select_for_update(skip_locked=True)[:1000]]
    return Attachment.objects.filter(pk__in=old).delete()[0]


def drop_stray_bytes() -> int:
    """Bytes that no row names and nobody wrote within a day: of unfinished uploads, and of rows that are gone."""
    dropped = 0
    for folder in _listed("attachments")[0]:
        names = _listed(f"attachments/{folder}")[1]
        # After the listing: bytes of a row that comes later are too young to be dropped.
        rows = Attachment.objects.filter(sha256__gte=folder, sha256__lt=f"{folder}g")  # g follows the last hex digit
        held = set(rows.values_list("sha256", flat=True))
        # After the rows: what a backup that begins later needs is among them.
        if are_held():
            break
        dropped += sum(_drop_if_old(f"attachments/{folder}/{name}") for name in names if name not in held)
    return dropped


def _listed(path: str) -> tuple[list[str], list[str]]:
    """Folders and files there; nothing where no file was stored yet."""
    with contextlib.suppress(FileNotFoundError):
        return default_storage.listdir(path)
    return [], []


def _drop_if_old(path: str) -> bool:
    with contextlib.suppress(FileNotFoundError):  # an upload was renamed meanwhile
        if default_storage.get_modified_time(path) < clock.now() - LOOSE_FOR:
            default_storage.delete(path)
            return True
    return False


def safe_name(name: str) -> str:
    """A file name for people to see and browsers to save: no folders, no control characters, at most 200 bytes."""
    name = text.tidy_line(re.split(r"[/\\]", name.replace("\x00", ""))[-1]).strip(". ") or "file"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        stem, dot, extension = name, "", ""
    stem = stem[:200]
    while len(f"{stem}{dot}{extension}".encode()) > 200:
        stem = stem[:-1]
    return f"{stem}{dot}{extension}"


def _content_type(claimed: str, name: str) -> str:
    claimed = claimed.split(";", maxsplit=1)[0].strip().lower()
    if re.fullmatch(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}", claimed):
        return claimed
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
