"""The web server: granian, in this one process when a single worker is enough."""

import asyncio
import ctypes
import errno
import gc
import logging
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from granian.server.embed import Server as EmbeddedServer

from supportflow import env

log = structlog.get_logger("supportflow.server")

KILL_AFTER = 3  # seconds that open requests have at a stop
CONNECTIONS = 4096  # open at once; each browser tab keeps one for its live stream
OPTIONS: dict[str, Any] = {
    "interface": Interfaces.ASGI,
    "http": HTTPModes.http1,
    "websockets": False,
    "backlog": 1024,
    "http1_settings": HTTP1Settings(header_read_timeout=20_000),
    "log_level": LogLevels.error,
    # Into our log, in our format.
    "log_dictconfig": {"handlers": {}, "formatters": {}, "loggers": {"_granian": {}, "granian.access": {}}},
    "log_access": False,
}


def run(host: str, port: int, workers: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then exit: 0 when asked to, 1 when it cannot start or broke.

    workers -- processes; if not given WEB_WORKERS, else one on SQLite and as many as cores on PostgreSQL
    """
    workers = workers or env.number("WEB_WORKERS", _default_workers(), least=1, most=64)
    _refuse_taken_port(host, port)
    _give_memory_back()
    options = {**OPTIONS, "address": host, "port": port, "backpressure": _connections()}
    log.info("web.starting", host=host, port=port, workers=workers)
    if workers == 1:
        _leave(asyncio.run(_serve_here(options)))
    Server(
        "supportflow.asgi:application",
        workers=workers,
        workers_kill_timeout=KILL_AFTER,
        respawn_failed_workers=True,
        **options,
    ).serve()


async def _serve_here(options: dict[str, Any]) -> int:
    """Granian without its main process: that alone would cost as much memory as half a worker."""
    from supportflow.asgi import application

    server = EmbeddedServer(application, **options)
    server.workers_kill_timeout = KILL_AFTER
    asked = False

    def stop() -> None:
        nonlocal asked
        asked = True
        application.bridge.end_streams()
        server.stop()  # type: ignore[no-untyped-call]

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with suppress(TimeoutError):  # some connection did not end in time
        await server.serve()
    log.info("web.stopped")
    return 0 if asked else 1


def _leave(status: int) -> None:
    """Exit without waiting for a thread that hangs in a request: its time is over."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _default_workers() -> int:
    # SQLite has one writer at a time, and one process has one cache of it.
    return 1 if connection.vendor == "sqlite" else os.cpu_count() or 1


def _give_memory_back() -> None:
    """What a first start took for migrations and the stylesheet is not needed again: some 50 MB."""
    gc.collect()
    with suppress(OSError, AttributeError):  # not every C library has it
        ctypes.CDLL(None).malloc_trim(0)


def _refuse_taken_port(host: str, port: int) -> None:
    """Granian shares a port that is taken (SO_REUSEPORT) without a word; two servers on one port is a mistake."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = (
            "is in use; stop what uses it, or choose another" if error.errno == errno.EADDRINUSE else error.strerror
        )
        raise ImproperlyConfigured(f"Port {port} on {host}: {reason}.") from None


def _connections() -> int:
    """As many as the limit of open files allows, which is raised as far as we may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * 2 if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(CONNECTIONS, wanted // 2)
