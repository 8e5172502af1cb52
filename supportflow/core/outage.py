"""Errors that are nobody's fault and over soon: the database is gone, full up, or busy with somebody else's lock."""

import sqlite3

from django.db import Error
from django.db.utils import InterfaceError, OperationalError

RETRY_AFTER = 5  # seconds
# sqlite3 calls a missing table an OperationalError too, which is a bug of ours and not over soon.
_SQLITE = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
}
# PostgreSQL's class of what is too large or too complex for it: the same again would fail again.
_TOO_MUCH = "54"


def is_outage(error: BaseException | None) -> bool:
    """Whether the same request may well work in a moment: then the answer is 503, not 500."""
    while error is not None and not isinstance(error, Error):
        error = error.__cause__  # a template or a library may have wrapped it
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(cause := error.__cause__, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    return not (getattr(cause, "sqlstate", None) or "").startswith(_TOO_MUCH)
