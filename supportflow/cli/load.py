"""A believable past of any size, and how fast the product is with it."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from supportflow.cli.group import cli, with_django
from supportflow.ports import claim


@cli.command()
@click.option("--tickets", required=True, type=click.IntRange(1, 10_000_000), help="How many to add.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same rows.")
@click.option("--yes", is_flag=True, help="Add to a database that has real data in it.")
@with_django
def loadgen(tickets: int, seed: int, yes: bool) -> None:
    """Fill the database with invented tickets, customers and a year of history."""
    from supportflow.loadgen import has_real_data, load

    make_ready()
    if not yes and has_real_data():
        confirm("This database holds real data.", f"Add {tickets:,} invented tickets to it?")
    with click.progressbar(length=tickets, label="Tickets") as bar:
        for written in load(tickets, seed=seed):
            bar.update(written)


@cli.command()
@click.option("--tickets", default=10_000, show_default=True, type=click.IntRange(100, 10_000_000), help="At least.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.05, 3600),
    help="For each figure, or that agents work.  [default: 2, or 180 with --agents]",
)
@click.option("--only", default="", help="Measure what has this in its name.")
@click.option(
    "--agents",
    type=click.IntRange(1, 500),
    help="Instead, so many agents at work at the pace of people, with browsers, drafts and live hints.",
)
@click.option("--pace", default=1.0, show_default=True, type=click.FloatRange(0.1, 100), help="Times that of people.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Of the server that is measured.  [default: any]"
)
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the figures there.")
@click.option(
    "--against", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Figures of an earlier run."
)
@click.option("--yes", is_flag=True, help="Measure with a database that has real data in it.")
@with_django
def bench(
    tickets: int,
    seconds: float | None,
    only: str,
    agents: int | None,
    pace: float,
    port: int,
    file: Path | None,
    against: Path | None,
    yes: bool,
) -> None:
    """Measure how fast pages and API are, with this much data; tickets that are missing are invented.

    Exit status 1 when a page asks the database too often, or for all of a table, or when hints do not come.
    """
    from supportflow.bench import office, report
    from supportflow.bench.browser import Failed
    from supportflow.bench.running import SECONDS, Wish, run
    from supportflow.loadgen import has_real_data

    if agents and only:
        raise click.UsageError("--only does not go with --agents.")
    before = _read(against) if against else None
    if port:
        claim("127.0.0.1", port)  # to invent tickets may take an hour
    make_ready()
    if has_real_data():
        if not yes:
            confirm("This database holds real data.", "Measure with it? A few tickets are added.")
    else:
        add_missing(tickets)
    try:
        if agents:
            done = office.run(agents, seconds or office.SECONDS, pace, port, _say)
        else:
            done = run(Wish(seconds or SECONDS, port, only), _say)
    except Failed as error:
        raise click.ClickException(str(error)) from error
    found = done.as_json()
    click.echo(report.table(found, before))
    if file:
        file.write_text(json.dumps(found, indent=1))
    if found["broken"]:
        raise click.ClickException("Not all is as it should be; see above.")


def _say(what: str) -> None:
    click.echo(f"Measuring {what}", err=True)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("figures"), dict):
        raise click.ClickException(f"{file} has no figures of an earlier run. Write them with --json.")
    return found


def add_missing(tickets: int) -> None:
    from supportflow.desk.models import Ticket
    from supportflow.loadgen import load

    missing = tickets - Ticket.objects.count()
    if missing <= 0:
        return
    with click.progressbar(length=missing, label="Tickets", file=sys.stderr) as bar:
        for written in load(missing, seed=1):
            bar.update(written)


def make_ready() -> None:
    """An empty database gets its tables; one that lags behind is left to its operator."""
    from django.db import connection

    from supportflow.preparing import pending_migrations, prepare

    if not connection.introspection.table_names():
        prepare(with_demo=False)
    elif pending_migrations():
        raise click.ClickException("This database is not up to date. Run `supportflow migrate` first.")


def confirm(fact: str, question: str) -> None:
    """Ask on a terminal; elsewhere refuse."""
    if not sys.stdin.isatty():
        raise click.ClickException(f"{fact} To go on all the same, add --yes.")
    click.confirm(f"{fact} {question}", abort=True)
