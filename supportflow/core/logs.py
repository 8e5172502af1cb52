"""Structured logs with the request's id, without bodies and secrets. One handler on stderr for everything."""

import logging
import logging.config
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from supportflow.core.masking import MASK, without_secrets
from supportflow.tracebacks import report

LONGEST = 2000  # characters of one value
_OURS = {"level", "logger", "timestamp"}
_SECRET_NAMES = ("password", "secret", "token", "cookie", "authorization")

Event = MutableMapping[str, Any]


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG. `format` -- "json": one object a line, always; "console": for people"""
    as_json = config["format"] == "json"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_error,
        hide_secrets,
        *([] if as_json else [keep_to_one_line]),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {
                # RequestLog tells of every request already.
                "django.request": {"level": "ERROR"},
                "django.server": {"level": "WARNING"},
                "mail.log": {"level": "WARNING"},
            },
        }
    )


def tell_error(_logger: Any, _method: str, event: Event) -> Event:
    """In place of structlog's own, which tells every message."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = report(error)
    return event


def hide_secrets(_logger: Any, _method: str, event: Event) -> Event:
    for name, value in event.items():
        if name in _OURS or isinstance(value, int | float | None):
            continue
        if any(part in name.lower() for part in _SECRET_NAMES):
            event[name] = MASK
        elif name == "exception":
            event[name] = without_secrets(value)
        else:
            event[name] = _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_hidden(part) for part in value[:100]]
    if isinstance(value, int | float | None):
        return value
    return without_secrets(str(value)[:LONGEST])


def keep_to_one_line(_logger: Any, _method: str, event: Event) -> Event:
    """Who sends a line break must not be able to write a line of our log. JSON escapes it by itself."""
    for name, value in event.items():
        if name != "exception" and isinstance(value, str) and not value.isprintable():
            event[name] = "".join(
                mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in value
            )
    return event
