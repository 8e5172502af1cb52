"""The index of the search: make it anew, compare it with the truth."""

import sys

import click

from supportflow.cli.group import cli, with_django

TOLD = 20  # rows that differ


@cli.group()
def search() -> None:
    """The index of the search."""


@search.command("rebuild")
@click.option("--anew", is_flag=True, help="Begin at the first row, also where an earlier rebuild was stopped.")
@with_django
def search_rebuild(anew: bool) -> None:
    """Make every document what it should be, while people work. Stopped, it goes on where it was."""
    from supportflow.cli.load import make_ready
    from supportflow.search import documents, operations

    make_ready()
    if anew or not operations.unfinished():
        operations.begin_rebuild()
        if not operations.engine_is_whole():
            click.echo("The index itself is damaged and is made anew first.", err=True)
            operations.mend_engine()
    kinds = operations.unfinished()
    rows = sum(documents.MODELS[kind]._base_manager.count() for kind in kinds)
    with click.progressbar(length=rows, label="Rows", file=sys.stderr) as bar:
        for kind in kinds:
            while made := operations.build_next(kind):
                bar.update(made)
    operations.gather_statistics()
    click.echo("The index is complete.")


@search.command("check")
@with_django
def search_check() -> None:
    """Compare the index with the rows that it is made of; exit status 1 where they differ."""
    from supportflow.search import checking, models, operations

    wrong = [] if operations.engine_is_whole() else ["The index itself is damaged."]
    for kind in models.Kind:
        for looked in checking.look(kind):
            name = kind.name.lower()
            wrong += [f"{name} {pk}: its document is missing or not up to date." for pk in looked.wrong]
            wrong += [f"{name} {pk}: there is a document, and should be none." for pk in looked.stray]
    if unfinished := operations.unfinished():
        click.echo(f"Not complete yet: {', '.join(kind.name.lower() for kind in unfinished)}. The worker goes on.")
    for line in wrong[:TOLD]:
        click.echo(line)
    if wrong:
        more = f" ({len(wrong) - TOLD} more)" if len(wrong) > TOLD else ""
        raise click.ClickException(f"{len(wrong)} differences{more}. Run: supportflow search rebuild --anew")
    click.echo("The index tells what is there.")
