"""Learns of commits by other processes, and tells others of one's own.

SQLite: `PRAGMA data_version`. PostgreSQL: NOTIFY, by a connection of our own or by that of DATABASE_DIRECT_URL. Where
that is one out of a pool (PgBouncer in transaction mode), LISTEN is in vain: there Valkey tells, if VALKEY_URL is set.
A hint, never a promise: whoever waits also looks by itself about once a second.
"""

import hashlib
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction

from supportflow import valkey

if TYPE_CHECKING:
    from redis import Redis

Wake = Callable[[list[str]], None]  # the payloads of the notifications; none on SQLite

log = structlog.get_logger("supportflow.jobs")

DIRECT = "direct"  # the alias of DATABASE_DIRECT_URL
LOOK_EVERY = 0.1  # seconds between two reads of data_version, about 20 µs each
PAUSE_AFTER_ERROR = 2.0
PING_EVERY = 15  # seconds: a Valkey server that went without a word is noticed


def announce(channel: str, payloads: Sequence[str] = ("",)) -> None:
    """Wake those who watch the channel, when the current transaction commits. A payload is one word."""
    if connection.vendor != "postgresql":
        return  # a commit is seen by itself
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, word) FROM unnest(%s::text[]) AS word", [channel, list(payloads)])
    if settings.VALKEY_URL:
        transaction.on_commit(lambda: _publish(channel, payloads))


def _publish(channel: str, payloads: Sequence[str]) -> None:
    if not valkey.fuse.holds():
        return
    try:
        _publisher().publish(_shared_name(channel), " ".join(payloads))
    except valkey.gone() as error:
        valkey.fuse.blow(error)
    else:
        valkey.fuse.mend()


@cache
def _publisher() -> "Redis":
    return _client()


def _client(**more: Any) -> "Redis":
    from redis import Redis

    return Redis.from_url(valkey.redis_url(settings.VALKEY_URL), **valkey.options(), **more)


def _shared_name(channel: str) -> str:
    """Channels are common to all databases of a Valkey server, so to all installations that share it."""
    return f"{channel}:{hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()[:16]}"


class CommitWatch:
    """A thread that calls `wake` after commits, until `stop`."""

    def __init__(self, channel: str, wake: Wake) -> None:
        self._channel, self._wake = channel, wake
        self._is_pooled = False
        self._interrupted = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch-{channel}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch()
            except Exception as error:  # noqa: BLE001  whatever it was: it is tried again
                self._note(error)
                self._stopping.wait(PAUSE_AFTER_ERROR)
            finally:
                connections.close_all()

    def _note(self, error: Exception) -> None:
        if not isinstance(error, (DatabaseError, *valkey.gone())):
            log.error("watch.failed", channel=self._channel, exc_info=error)
        elif not self._interrupted:  # not again for each try
            log.warning("watch.interrupted", channel=self._channel, error=type(error).__name__)
        self._interrupted = True

    def _watch(self) -> None:
        if connection.vendor == "sqlite":
            self._look()
        elif not self._is_pooled:
            self._listen(DIRECT if DIRECT in settings.DATABASES else DEFAULT_DB_ALIAS)
        elif settings.VALKEY_URL:
            self._subscribe()
        else:
            self._stopping.wait()

    def _began(self, by: str) -> None:
        log.info("watch.began", channel=self._channel, by=by)
        self._interrupted = False
        # What was committed before it took effect.
        self._wake([])

    def _look(self) -> None:
        """data_version changes when another connection commits. This one never writes."""
        seen = None
        with connection.cursor() as cursor:
            while not self._stopping.wait(LOOK_EVERY):
                version = cursor.execute("PRAGMA data_version").fetchone()
                if version != seen:
                    seen = version
                    self._wake([])

    def _listen(self, alias: str) -> None:
        wrapper = connections[alias]
        wrapper.ensure_connection()
        raw: Any = wrapper.connection
        with wrapper.wrap_database_errors:
            if self._belongs_to_a_pool(raw):
                return
            raw.execute(f"LISTEN {self._channel}")
            self._began("NOTIFY")
            while not self._stopping.is_set():
                # stop_after: at least one; psycopg gives all that came with it.
                if payloads := [notice.payload for notice in raw.notifies(timeout=1.0, stop_after=1)]:
                    self._wake(payloads)

    def _belongs_to_a_pool(self, raw: Any) -> bool:
        """The pooler made up the process id that it gave us. To try LISTEN instead would leave it in the pool."""
        (process,) = raw.execute("SELECT pg_backend_pid()").fetchone()
        self._is_pooled = process != raw.info.backend_pid
        if self._is_pooled:
            log.info("watch.pooled", channel=self._channel, instead="Valkey" if settings.VALKEY_URL else "polling")
        return self._is_pooled

    def _subscribe(self) -> None:
        with (
            _client(health_check_interval=PING_EVERY) as client,
            client.pubsub(ignore_subscribe_messages=True) as subscription,
        ):
            subscription.subscribe(_shared_name(self._channel))
            valkey.fuse.mend()
            self._began("Valkey")
            while not self._stopping.is_set():
                if (message := subscription.get_message(timeout=1.0)) and message["type"] == "message":
                    self._wake(message["data"].decode("ascii", "replace").split())
