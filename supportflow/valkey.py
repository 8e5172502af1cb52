"""The optional Valkey (or Redis) server: quick where it answers, done without where it does not.

Nobody waits for a server that is gone: after a failure this process leaves it alone for some seconds. That is logged
when it begins and when it ends, not for each request.
"""

import threading
import time
from typing import Any

import structlog

PATIENCE = 0.5  # seconds for one answer; over a local network it takes a thousandth of that
LEFT_ALONE = 5.0  # seconds after a failure

log = structlog.get_logger("supportflow.valkey")


# The library is imported where it is used: most installations have no such server, and it costs 0.3 s at the start.
def gone() -> tuple[type[Exception], ...]:
    """What a client raises when the server is gone, hung, loading or refuses us: `except valkey.gone() as error`."""
    from redis import RedisError

    return RedisError, OSError


def options() -> dict[str, Any]:
    """For a client or a pool of connections."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_connect_timeout": PATIENCE,
        "socket_timeout": PATIENCE,
        "socket_keepalive": True,
        # Once more at once: a restarted server has closed the connections that were kept.
        "retry": Retry(NoBackoff(), 1),
    }


def redis_url(url: str) -> str:
    """The same address as the client knows it."""
    return url.replace("valkey", "redis", 1) if url.startswith("valkey") else url


class Fuse:
    """Whether to ask the server at all. One for each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blown = False
        self._until = 0.0

    def holds(self) -> bool:
        return not self._blown or time.monotonic() >= self._until

    def blow(self, error: Exception) -> None:
        with self._lock:
            self._until = time.monotonic() + LEFT_ALONE
            was, self._blown = self._blown, True
        if not was:
            log.warning("valkey.gone", error=type(error).__name__, instead="this process's memory, and polling")

    def mend(self) -> None:
        if not self._blown:
            return
        with self._lock:
            was, self._blown = self._blown, False
        if was:
            log.info("valkey.back")


fuse = Fuse()
