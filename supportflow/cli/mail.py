"""Raw e-mail messages, from a file or standard input."""

import json
from typing import IO

import click

from supportflow.cli.group import cli, with_django

RAW_MESSAGE = click.argument("file", type=click.File("rb"), default="-", metavar="[FILE]")


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
