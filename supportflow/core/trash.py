"""In and out of the trash, the same for every trashable row. Operations check the permission and call these."""

from typing import TypeVar

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, record
from supportflow.core.models import Trashable

T = TypeVar("T", bound=Trashable)


def put_in(row: T, *, version: int | None = None, by: Actor) -> T:
    """Writes one `….trashed`; quiet for what lies there already."""
    row = lock(row, version=version)
    if not row.is_trashed:
        record(f"{row._meta.model_name}.trashed", row, by=by, **change(row, deleted_at=clock.now()))
    return row


def take_out(row: T, *, by: Actor) -> T:
    """Writes one `….restored`; quiet for what does not lie there."""
    row = lock(row)
    if row.is_trashed:
        record(f"{row._meta.model_name}.restored", row, by=by, **change(row, deleted_at=None))
    return row
