"""The declared purge: the only time the database's triggers let old Activities be touched."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from supportflow.core.models import PurgePermit


@contextmanager
def declared_purge(reason: str) -> Iterator[None]:
    """Inside, in one transaction, activities may be changed and deleted."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('supportflow.purge', %s, true)", [reason])
            yield
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('supportflow.purge', '', true)")
            return
        permit = PurgePermit(reason=reason)
        permit.save(force_insert=True)
        yield
        permit.delete()
