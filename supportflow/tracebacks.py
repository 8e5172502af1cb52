"""Errors as they may stand in a log: where and of which kind, without what a customer wrote. Imports no Django.

A message may hold anything: a row's values, a line of a mail. It is told where its kind is known to hold none.
"""

import re
import traceback
from collections.abc import Iterator

LONGEST = 8000  # characters of one report; its end names the cause
LONGEST_MESSAGE = 300
DEEPEST = 8  # errors that caused one another, or stand together in a group

_TELLING = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    MemoryError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    Warning,
)
_TELLING_MODULES = ("jinja2.", "supportflow.", "django.core.exceptions", "django.urls", "granian", "asyncio")
_DATABASES = ("django.db.utils", "psycopg.", "sqlite3")
# "invalid input syntax for type integer: "what somebody typed"", and the like
_VALUE = re.compile(r':\s*".*$|(?<==)\(.*$', re.DOTALL)


def report(error: BaseException) -> str:
    """All of the stack, cause before effect, as Python tells it, but for messages that may hold data."""
    return "".join(_parts(error, 0))[-LONGEST:].rstrip("\n")


def message_of(error: BaseException) -> str:
    """Empty when it may hold what is nobody's business."""
    module = f"{type(error).__module__}."
    if any(module.startswith(name) for name in _DATABASES):
        # PostgreSQL names the row in further lines (DETAIL, CONTEXT), SQLite names columns alone.
        return _VALUE.sub(": …", str(error).strip().partition("\n")[0])[:LONGEST_MESSAGE]
    if isinstance(error, _TELLING) or any(module.startswith(name) for name in _TELLING_MODULES):
        return str(error).strip().partition("\n")[0][:LONGEST_MESSAGE]
    return ""


def _parts(error: BaseException, depth: int) -> Iterator[str]:
    before, words = error.__cause__, "caused"
    if before is None and not error.__suppress_context__:
        before, words = error.__context__, "was being handled when this happened"
    if before is not None and depth < DEEPEST:
        yield from _parts(before, depth + 1)
        yield f"\n({words}:)\n\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    message = message_of(error)
    yield f"{type(error).__module__}.{type(error).__qualname__}{': ' if message else ''}{message}\n".removeprefix(
        "builtins."
    )
    if isinstance(error, BaseExceptionGroup) and depth < DEEPEST:
        for number, part in enumerate(error.exceptions[:DEEPEST], 1):
            yield f"--- {number} of {len(error.exceptions)} ---\n"
            yield from _parts(part, depth + 1)
