"""The command line: `supportflow COMMAND`. Exit 0 done, 1 refused or failed with one line on stderr, 2 wrong usage.

Django is imported inside the commands that need it, so that `serve` and `--help` stay light.
"""

import gc
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

import click

from supportflow import __version__, supervisor

P = ParamSpec("P")
R = TypeVar("R")

ROLES = ["ADMIN", "SUPERVISOR", "AGENT"]
RAW_MESSAGE = click.argument("file", type=click.File("rb"), default="-", metavar="[FILE]")


class Lines(click.Group):
    """A group whose commands fail with one line instead of a traceback, where the cause is known."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if line := explain(error):
                raise click.ClickException(line) from error
            raise


def explain(error: Exception) -> str | None:
    """The one line for a failure that an operator can do something about; None for a mistake of ours."""
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
            set_django_up()
        return command(*args, **kwargs)

    return run


def set_django_up() -> None:
    supervisor.end_with_supervisor()
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
        gc.enable()


@click.group(cls=Lines, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="supportflow")
def cli() -> None:
    """SupportFlow: a helpdesk and a CRM in one."""


def main() -> None:
    cli(prog_name="supportflow")


# --- running it ------------------------------------------------------------------------------------------------------


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free port.")
@click.option(
    "--data",
    envvar="SUPPORTFLOW_DATA",
    default="var",
    show_default=True,
    type=click.Path(path_type=Path, resolve_path=True),
    help="Folder for database, attachments and secret key.",
)
@click.option("--empty", is_flag=True, help="Load no demo data into a new data folder.")
def serve(host: str, port: int, data: Path, empty: bool) -> None:
    """Run everything in the foreground: web, worker, schedule and mail listener."""
    supervisor.end_with_supervisor()  # of whoever started this one, such as a test run
    sys.exit(supervisor.serve(host, port, data, empty=empty))


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes; else WEB_WORKERS, else what suits the database."
)
@click.option("--prepare", type=int, hidden=True, help="Migrate and fill first; tell this pipe the demo logins.")
@click.option("--empty", is_flag=True, hidden=True)
def web(host: str, port: int, workers: int | None, prepare: int | None, empty: bool) -> None:
    """Run the web server alone."""
    with importing(stays=True):
        set_django_up()
        if prepare is not None:
            tell_logins(prepare, with_demo=not empty)
        import_module("supportflow.urls")
    from supportflow.web import run

    run(host, port, workers)


def tell_logins(pipe: int, *, with_demo: bool) -> None:
    from django.db import connections

    from supportflow.preparing import prepare

    answer = json.dumps({"logins": prepare(with_demo=with_demo)})
    connections.close_all()  # the server may fork
    with os.fdopen(pipe, "w") as told:
        told.write(answer)


@cli.command()
@click.option("--wait", type=int, hidden=True, help="Begin when this pipe closes: then the database is up to date.")
def worker(wait: int | None) -> None:
    """Run background jobs, the schedule and the mail listener alone."""
    try:
        with importing(stays=True):
            set_django_up()
            from supportflow.worker import run
    finally:
        # In case of a wrong setting too: the web server says it, once, and then this process is ended.
        if wait is not None:
            with os.fdopen(wait, "rb") as pipe:
                pipe.read()
    run()


# --- the database ----------------------------------------------------------------------------------------------------


@cli.command()
@with_django
def migrate() -> None:
    """Bring the database up to date."""
    from supportflow.preparing import migrate

    done = migrate()
    click.echo("\n".join(done) if done else "Nothing to do: the database is up to date.")


@cli.command()
@with_django
def demo() -> None:
    """Load the demo data into an empty database."""
    from supportflow import demo as data

    data.load()
    for email, password in data.logins():
        click.echo(f"Sign in: {email}  password: {password}")


@cli.command()
@with_django
def check() -> None:
    """Tell what is wrong with configuration, database, mail and disk, and how to mend it."""
    from supportflow.checks import examine

    findings = examine()
    for finding in findings:
        click.echo(str(finding))
    sys.exit(any(finding.is_wrong for finding in findings))


# --- people and tokens -----------------------------------------------------------------------------------------------


@cli.group()
def user() -> None:
    """Users who sign in to work."""


@user.command("create")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES, case_sensitive=False))
@click.option("--name", help="The person's name; the part of the address before the @ if not given.")
@with_django
def user_create(email: str, role: str, name: str | None) -> None:
    """Create a user and print the password to begin with."""
    from supportflow.accounts.operations import create_user
    from supportflow.core.actors import System

    password = secrets.token_urlsafe(12)
    name = name if name is not None else email.partition("@")[0]
    made = create_user(email, name, role.upper(), password=password, by=System("command line"))
    click.echo(f"Sign in: {made.email}  password: {password}")


@cli.group()
def token() -> None:
    """Tokens for the API."""


@token.command("create")
@click.option("--user", "email", required=True, help="E-mail address of the user who acts through it.")
@click.option("--name", required=True, help="What the token is for.")
@with_django
def token_create(email: str, name: str) -> None:
    """Create a token and print it alone; it cannot be shown again."""
    from supportflow.accounts.models import User
    from supportflow.accounts.operations import create_token
    from supportflow.core import text
    from supportflow.core.actors import System

    owner = User.objects.people().filter(email__iexact=text.line("user", email, most=254)).first()
    if owner is None:
        raise click.ClickException(f"There is no user with the address {email}. Create one: supportflow user create")
    _, secret = create_token(owner, name, by=System("command line"))
    click.echo(secret)


@token.command("list")
@click.option("--user", "email", help="Only this user's, by e-mail address.")
@with_django
def token_list(email: str | None) -> None:
    """List tokens: number, first characters, user, name, last use, state. Their text cannot be shown again."""
    from supportflow.accounts.models import ApiToken

    tokens = ApiToken.objects.select_related("user").order_by("pk")
    for one in tokens.filter(user__email__iexact=email) if email else tokens:
        used = f"last used {one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never used"
        state = "live" if one.is_live else "dead"
        click.echo(f"{one.pk}  {one.hint}…  {one.user.email}  {one.name}  {used}  {state}")


@token.command("revoke")
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@with_django
def token_revoke(number: int) -> None:
    """End a token at once, by its number in `token list`."""
    from supportflow.accounts.models import ApiToken
    from supportflow.accounts.operations import revoke_token
    from supportflow.core.actors import System

    found = ApiToken.objects.filter(pk=number).first()
    if found is None:
        raise click.ClickException(f"There is no token {number}. See: supportflow token list")
    revoke_token(found, by=System("command line"))
    click.echo(f"Token {number} ({found.name}) is revoked.")


# --- mail ------------------------------------------------------------------------------------------------------------


@cli.group()
def mail() -> None:
    """Raw e-mail messages, from a file or standard input."""


@mail.command("parse")
@RAW_MESSAGE
def mail_parse(file: IO[bytes]) -> None:
    """Print what SupportFlow reads in a message as one JSON object; store nothing."""
    from supportflow.mail.parsing import MAX_MAIL, as_json, parse

    # One byte more than is taken tells that a message is too large.
    click.echo(json.dumps(as_json(parse(file.read(MAX_MAIL + 1)))))


@mail.command("ingest")
@RAW_MESSAGE
@with_django
def mail_ingest(file: IO[bytes]) -> None:
    """Take a message in as the mail listener would, and print what became of it as one JSON object."""
    from supportflow.mail.parsing import MAX_MAIL
    from supportflow.mail.receiving import ingest

    click.echo(json.dumps(ingest(file.read(MAX_MAIL + 1))))
