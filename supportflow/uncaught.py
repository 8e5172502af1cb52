"""Errors that nobody caught, and warnings: into the log, in its format, from the first line of the program on."""

import logging
import sys
import threading
from types import TracebackType

from supportflow.ports import say
from supportflow.tracebacks import report

EVENT = "uncaught"


def install() -> None:
    """For this process and what it forks."""
    logging.captureWarnings(True)
    sys.excepthook, threading.excepthook, sys.unraisablehook = _at_the_end, _in_thread, _unraisable


def _at_the_end(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    _tell(error, "main")


def _in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and told.exc_type is not SystemExit:
        _tell(told.exc_value, told.thread.name if told.thread else "a thread")


def _unraisable(told: "sys.UnraisableHookArgs") -> None:
    if told.exc_value is not None:
        _tell(told.exc_value, str(getattr(told.object, "__qualname__", type(told.object).__qualname__)))


def _tell(error: BaseException, where: str) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    structlog = sys.modules.get("structlog")
    if structlog is not None and structlog.is_configured():
        structlog.get_logger("supportflow").critical(EVENT, where=where, exc_info=error)
    else:
        say(EVENT, to_stderr=True, level="critical", where=where, exception=report(error))
