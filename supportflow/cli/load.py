"""A believable past of any size, and how fast the product is with it."""

import sys

import click

from supportflow.cli.group import cli, with_django


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
