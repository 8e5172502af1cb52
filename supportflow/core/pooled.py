"""Prepared statements, where the connection keeps them.

psycopg prepares what one connection asks for the fifth time: PostgreSQL then plans it once and not again for each page.
Behind PgBouncer in transaction mode each transaction may meet another server process, which knows nothing of it.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def watch_connections() -> None:
    connection_created.connect(_prepare_nothing_where_pooled, dispatch_uid="pooled")


def _prepare_nothing_where_pooled(connection: BaseDatabaseWrapper, **_more: Any) -> None:
    if connection.vendor != "postgresql":
        return
    link: Any = connection.connection
    # A pooler names a process of its own when somebody connects: its key to cancel what runs.
    if link.execute("SELECT pg_backend_pid()").fetchone()[0] != link.info.backend_pid:
        link.prepare_threshold = None
