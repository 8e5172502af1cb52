"""The bytes of a file, from wherever they lie."""

from typing import Any

import structlog
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from supportflow.core.errors import NotFound, Unavailable
from supportflow.files.models import Attachment

log = structlog.get_logger("supportflow.files")


def content_of(row: Attachment) -> File[Any]:
    """Open the bytes of a file. Raises NotFound when they are gone, Unavailable when the storage does not give them."""
    try:
        return default_storage.open(row.storage_name)
    except FileNotFoundError:
        log.error("storage.lacks_file", attachment=row.pk, sha256=row.sha256)
        raise NotFound from None
    except OSError as error:
        raise storage_down(error) from error


def storage_down(error: OSError) -> Unavailable:
    """What people are told; the reason is for the log."""
    log.error("storage.down", problem=str(error))
    return Unavailable("storage_down", _("Files cannot be stored or read right now. Try again in a moment."))
