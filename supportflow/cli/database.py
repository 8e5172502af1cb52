"""The database: bring it up to date, fill it, examine it."""

import sys

import click

from supportflow.cli.group import cli, with_django


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
