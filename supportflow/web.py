"""The web server: granian in this one process, or in several that share one listening socket (`prefork`)."""

import asyncio
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from django.db import connection
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server as EmbeddedServer

from supportflow import env, ports, prefork, traffic

log = structlog.get_logger("supportflow.server")

DRAIN_FOR = 1.0  # seconds in which a busy server tells its clients to connect anew before it closes their connections
ARRIVE_WITHIN = 0.1  # seconds for the request of a connection that was accepted last
FINISH_WITHIN = 15.0  # seconds that running requests have at a stop
CLOSE_WITHIN = 1  # seconds for connections that were opened and have not asked for anything yet
SHOWN_EVERY = 5.0  # seconds until other processes of this server know our figures
SETTLED_AFTER = 20.0  # seconds after which what the first pages load is loaded
CONNECTIONS = 4096  # open at once; each browser tab keeps one for its live stream
OPTIONS: dict[str, Any] = {
    "interface": Interfaces.ASGI,
    "http": HTTPModes.http1,
    "websockets": False,
    # A slow client has 20 s for all headers of a request, which may have 64 kB.
    "http1_settings": HTTP1Settings(header_read_timeout=20_000, max_buffer_size=64 * 1024),
    "log_level": LogLevels.error,
    # Into our log, in our format.
    "log_dictconfig": {"handlers": {}, "formatters": {}, "loggers": {"_granian": {}, "granian.access": {}}},
    "log_access": False,
}


def run(host: str, port: int, workers: int | None = None, *, fd: int | None = None, ready: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then exit: 0 when asked to, 1 when it cannot start or broke.

    workers -- processes; if not given WEB_WORKERS, else one on SQLite and as many as cores on PostgreSQL
    fd      -- a listening socket that was handed over, in place of host and port
    ready   -- a pipe to write to when requests are served
    """
    workers = workers or env.number("WEB_WORKERS", _default_workers(), least=1, most=64)
    listening = handed_over(fd) or ports.listen(host, port)
    from supportflow.asgi import application  # noqa: F401  loaded once, before there are several

    _give_memory_back()
    log.info("web.starting", host=host, port=port, workers=workers)

    def told() -> None:
        ports.notify_systemd("READY=1")
        if ready is not None:
            with suppress(OSError), os.fdopen(ready, "wb") as pipe:
                pipe.write(b"ready")

    if workers == 1:
        _leave(asyncio.run(serve_here(listening, told)))
    traffic.board.share(workers)
    _leave(prefork.run(workers, lambda started: asyncio.run(serve_here(listening, started)), told))


def handed_over(fd: int | None) -> socket.socket | None:
    """By our supervisor, or by systemd (sd_listen_fds(3)): such a socket outlives a restart, and nobody is refused."""
    if fd is None and os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS", "0") != "0":
        fd = 3
    if fd is None:
        return None
    listening = socket.socket(fileno=fd)
    listening.set_inheritable(False)
    listening.setblocking(False)
    return listening


class OnSocket(EmbeddedServer):
    """Granian without its main process, which would cost as much memory as half a worker, on a socket of ours."""

    def __init__(self, application: Any, listening: socket.socket) -> None:
        super().__init__(application, **OPTIONS, backpressure=_connections())
        self._listening = listening
        self.workers_kill_timeout = CLOSE_WITHIN

    def _init_shared_socket(self) -> None:
        # Granian closes what it is given; the socket itself stays open for who takes over.
        self._shd = SocketHolder(os.dup(self._listening.fileno()), False, ports.BACKLOG)  # type: ignore[assignment, call-arg]


async def serve_here(listening: socket.socket, started: Callable[[], None]) -> int:
    """Serve in this process. Returns the exit status."""
    from supportflow.asgi import application

    server = OnSocket(application, listening)
    application.started = started
    asyncio.get_running_loop().call_later(SETTLED_AFTER, _keep_what_is_loaded)
    asked = 0
    stopping: asyncio.Task[None] | None = None

    def stop() -> None:
        nonlocal asked, stopping
        asked += 1
        if asked > 1:
            server.stop()  # type: ignore[no-untyped-call]
        else:
            ports.notify_systemd("STOPPING=1")
            stop_accepting(listening)
            stopping = asyncio.create_task(_finish(application.bridge, server))

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    shown = asyncio.create_task(_show_figures()) if traffic.board.is_shared else None
    with suppress(TimeoutError):  # some connection did not end in time
        await server.serve()
    del shown
    log.info("web.stopped", unfinished=application.bridge.running)
    return 0 if asked else 1


def stop_accepting(listening: socket.socket) -> None:
    """Leave new connections to the others that listen on the same socket, or to whoever comes after us.

    Granian stops to accept only when it closes the connections that are idle, and one accepted in that moment, whose
    request is still on its way, is idle too: its client would lose it. So its descriptors of the socket (which it
    duplicates for itself) are replaced by those of a socket that nobody can connect to. Linux alone.
    """
    inode = os.fstat(listening.fileno()).st_ino
    with suppress(OSError), socket.socket(socket.AF_UNIX) as deaf:
        deaf.setblocking(False)
        deaf.bind("")  # a name that the kernel makes up (unix(7), autobind)
        deaf.listen()
        for fd in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208
            with suppress(OSError):
                if fd != listening.fileno() and os.fstat(fd).st_ino == inode:
                    os.dup2(deaf.fileno(), fd, inheritable=False)


async def _finish(bridge: Any, server: OnSocket) -> None:
    """Let running requests end, and clients learn to connect anew, before connections are closed.

    A connection that is kept alive may carry a request at the very moment in which it is closed: that would be lost.
    """
    loop = asyncio.get_running_loop()
    bridge.drain()
    end, least = loop.time() + FINISH_WITHIN, loop.time() + (DRAIN_FOR if bridge.is_busy else ARRIVE_WITHIN)
    while (bridge.running and loop.time() < end) or loop.time() < least:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    server.stop()  # type: ignore[no-untyped-call]


async def _show_figures() -> None:
    while True:
        traffic.board.write()
        await asyncio.sleep(SHOWN_EVERY)


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


def _keep_what_is_loaded() -> None:
    """To look through all that was loaded takes 100 ms, now and then, of somebody's page: once is enough."""
    gc.collect()
    gc.freeze()


def _connections() -> int:
    """As many as the limit of open files allows, which is raised as far as we may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * 2 if hard == resource.RLIM_INFINITY else min(hard, CONNECTIONS * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(CONNECTIONS, wanted // 2)
