"""What the database is asked: counted and timed for each request and job; slow statements stand in the log."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from supportflow import traffic

SHOWN = 1500  # characters of a statement; it holds places for values, never the values
PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep  # noqa: PTH120  compared with the names in frames
PASSED_OVER = (__file__,)

log = structlog.get_logger("supportflow.database")


@dataclass
class Tally:
    statements: int = 0
    seconds: float = 0.0


_tally: ContextVar[Tally | None] = ContextVar("statements", default=None)


@contextmanager
def tallied() -> Iterator[Tally]:
    """What this thread asks meanwhile."""
    tally = Tally()
    token = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(token)


def watch_connections() -> None:
    """Each connection from now on. A new one of the same thread keeps its wrappers."""
    connection_created.connect(_watch, dispatch_uid="statements")


def _watch(connection: BaseDatabaseWrapper, **_more: Any) -> None:
    if timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(timed)


def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = time.perf_counter() - began
        if (tally := _tally.get()) is not None:
            tally.statements += 1
            tally.seconds += took
        if took * 1000 >= settings.SLOW_QUERY_MS > 0:
            _tell(sql, took, context["connection"].alias)


def _tell(sql: str, took: float, alias: str) -> None:
    traffic.slow_statement()
    log.warning("query.slow", ms=round(took * 1000, 1), sql=str(sql)[:SHOWN], database=alias, caller=caller())


def caller() -> str:
    """The line of ours that asked: "desk/queries.py:42 open_tickets"."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(PACKAGE) and code.co_filename not in PASSED_OVER:
            return f"{code.co_filename.removeprefix(PACKAGE)}:{frame.f_lineno} {code.co_name}"
        frame = frame.f_back
    return ""
