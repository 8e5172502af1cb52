"""The command line: `supportflow COMMAND`. Exit 0 done, 1 refused or failed with one line on stderr, 2 wrong usage.

Django is imported inside the commands that need it, so that `serve` and `--help` stay light.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from supportflow import __version__, folderlock, uncaught
from supportflow.children import end_with_supervisor
from supportflow.ports import CannotStart, say

P = ParamSpec("P")
R = TypeVar("R")


class Lines(click.Group):
    """A group whose commands fail with one line instead of a traceback, where the cause is known."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if line := explain(error):
                raise OneLine(line) from error
            raise


class OneLine(click.ClickException):
    """Told in the log's format, for whoever collects what servers say."""

    def show(self, file: object = None) -> None:
        say(f"Error: {self.format_message()}", to_stderr=True, level="error")


def explain(error: Exception) -> str | None:
    """The one line for a failure that an operator can do something about; None for a mistake of ours."""
    if isinstance(error, CannotStart):
        return str(error)
    if "django" not in sys.modules:
        return None
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error as DatabaseError

    if isinstance(error, ImproperlyConfigured):
        return str(error)
    if isinstance(error, DatabaseError):
        return f"The database cannot be used: {first_line(error)} Run `supportflow check`."
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be used: {error.strerror}."
    return explain_refusal(error)


def explain_refusal(error: Exception) -> str | None:
    from supportflow.core.errors import DomainError, Invalid

    if isinstance(error, Invalid):
        return " ".join(f"{name}: {problem}" for name, problem in error.fields.items()) or str(error)
    return str(error) if isinstance(error, DomainError) else None


def first_line(error: Exception) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text if text.endswith(".") else f"{text}."


def with_django(command: Callable[P, R]) -> Callable[P, R]:
    """Sets Django up before the command runs; a wrong setting stops it here."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with importing():
            set_django_up(leaves_files=command.__name__ != "check")
        look_for_unfinished(command.__name__)
        return command(*args, **kwargs)

    return run


def look_for_unfinished(command: str) -> None:
    from supportflow.keeping import state

    state.look(command)


def set_django_up(*, leaves_files: bool = True) -> None:
    end_with_supervisor()
    if leaves_files:
        folderlock.refuse_root(Path(os.environ.get("SUPPORTFLOW_DATA") or "var").absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportflow.settings")
    import django

    django.setup()


@contextmanager
def importing(*, stays: bool = False) -> Iterator[None]:
    """To look for garbage among what is imported, again and again, would be a tenth of the start.

    `stays`: this process runs on, and need never look there.
    """
    gc.disable()
    try:
        yield
    finally:
        if stays:
            gc.freeze()
            # A request makes some ten thousand objects, and nearly all die with it: look less often.
            gc.set_threshold(50_000, 20, 100)
        gc.enable()


@click.group(cls=Lines, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="supportflow")
def cli() -> None:
    """SupportFlow: a helpdesk and a CRM in one."""


def main() -> None:
    uncaught.install()
    cli(prog_name="supportflow")
