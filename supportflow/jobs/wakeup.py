"""Learns of commits by other processes: NOTIFY on PostgreSQL, `PRAGMA data_version` on SQLite.

A hint, never a promise: behind PgBouncer in transaction mode no NOTIFY arrives, so whoever waits also looks by itself
about once a second.
"""

import threading
from collections.abc import Callable
from typing import Any

import structlog
from django.db import DatabaseError, connection, connections

Wake = Callable[[list[str]], None]  # the payloads of the notifications; none on SQLite

log = structlog.get_logger("supportflow.jobs")

LOOK_EVERY = 0.1  # seconds between two reads of data_version, about 20 µs each
PAUSE_AFTER_ERROR = 2.0


class CommitWatch:
    """A thread that calls `wake` after commits, until `stop`."""

    def __init__(self, channel: str, wake: Wake) -> None:
        self._channel, self._wake = channel, wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch-{channel}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        watch = self._listen if connection.vendor == "postgresql" else self._look
        while not self._stopping.is_set():
            try:
                watch()
            except DatabaseError as error:
                log.warning("watch.interrupted", channel=self._channel, error=type(error).__name__)
                self._stopping.wait(PAUSE_AFTER_ERROR)
            except Exception:
                log.exception("watch.failed", channel=self._channel)
                self._stopping.wait(PAUSE_AFTER_ERROR)
            finally:
                connections.close_all()

    def _look(self) -> None:
        """data_version changes when another connection commits. This one never writes."""
        seen = None
        with connection.cursor() as cursor:
            while not self._stopping.wait(LOOK_EVERY):
                version = cursor.execute("PRAGMA data_version").fetchone()
                if version != seen:
                    seen = version
                    self._wake([])

    def _listen(self) -> None:
        connection.ensure_connection()
        raw: Any = connection.connection
        with connection.wrap_database_errors:
            raw.execute(f"LISTEN {self._channel}")
            # What was committed before LISTEN took effect.
            self._wake([])
            while not self._stopping.is_set():
                # stop_after: at least one; psycopg gives all that came with it.
                if payloads := [notice.payload for notice in raw.notifies(timeout=1.0, stop_after=1)]:
                    self._wake(payloads)
