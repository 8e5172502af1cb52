"""The worker process: background jobs, the schedule, and the mail listener."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from supportflow import env
from supportflow.jobs.worker import Worker

log = structlog.get_logger("supportflow.worker")

LISTEN_AGAIN = 10.0  # seconds until a taken port is tried again


def run() -> None:
    """Work until SIGTERM or SIGINT, then exit: 0 when all running jobs finished in time, else 1 (they run again)."""
    autodiscover_modules("tasks", "reactions")
    worker = Worker(threads=env.number("WORKER_THREADS", 4, least=1, most=64))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    with listening_for_mail():
        finished = worker.run()
    logging.shutdown()
    sys.stdout.flush()
    # Not sys.exit: that would wait for the threads of jobs whose time is over.
    os._exit(0 if finished else 1)


@contextmanager
def listening_for_mail() -> Iterator[None]:
    """With SMTP_LISTEN. A taken port is tried again and again; the jobs, sending mail among them, go on meanwhile."""
    if settings.SMTP_LISTEN is None:
        yield
        return
    stopping = threading.Event()
    thread = threading.Thread(target=_listen, args=(stopping,), name="smtp", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _listen(stopping: threading.Event) -> None:
    from supportflow.mail import listener

    while not stopping.is_set():
        try:
            server = listener.start()
        except OSError as error:
            log.error("smtp.cannot_listen", address=settings.SMTP_LISTEN, problem=error.strerror or str(error))
            stopping.wait(LISTEN_AGAIN)
        else:
            stopping.wait()
            server.stop()
