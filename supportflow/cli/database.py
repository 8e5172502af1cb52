"""The database: bring it up to date, fill it, examine it."""

import json
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
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option("--thorough", is_flag=True, help="Read all of an SQLite database, however large it is.")
@with_django
def check(as_json: bool, thorough: bool) -> None:
    """Tell what is wrong with configuration, database, work, disk, clock and mail, and how to mend it."""
    from supportflow.checks import examine

    findings = examine(thorough=thorough)
    is_well = not any(finding.is_wrong for finding in findings)
    if as_json:
        told = [{"subject": one.subject, "state": one.state, "text": one.text} for one in findings]
        click.echo(json.dumps({"ok": is_well, "findings": told}, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            click.echo(str(finding))
    sys.exit(not is_well)
