"""The one source of the present for domain rows, so that demo data and imports can write their past."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """Aware, in UTC."""
    return _moment.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Inside, `now()` is `moment`."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
