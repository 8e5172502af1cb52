"""Whether the storage works: a probe is written, read and deleted."""

import contextlib
import secrets

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage


def probe() -> str | None:
    """What is wrong with the storage, in a few words; None when it works. Takes 30 seconds at most."""
    name, content = f"probe/{secrets.token_hex(8)}", secrets.token_bytes(64)
    try:
        default_storage.save(name, ContentFile(content))
        try:
            with default_storage.open(name) as file:
                if file.read() != content:
                    return "it gives back other bytes than it took"
        finally:
            with contextlib.suppress(FileNotFoundError):
                default_storage.delete(name)
    except OSError as error:
        return str(error)
    return None
