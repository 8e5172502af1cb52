"""The parts that run: all of it, the web server, the worker."""

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from supportflow import folderlock, supervisor
from supportflow.children import end_with_supervisor
from supportflow.cli.group import cli, importing, set_django_up


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
    end_with_supervisor()  # of whoever started this one, such as a test run
    sys.exit(supervisor.serve(host, port, data, empty=empty))


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes; else WEB_WORKERS, else what suits the database."
)
@click.option("--prepare", type=int, hidden=True, help="Migrate and fill first; tell this pipe the demo logins.")
@click.option("--empty", is_flag=True, hidden=True)
@click.option("--fd", type=int, hidden=True, help="A listening socket, in place of host and port.")
@click.option("--ready", type=int, hidden=True, help="Tell this pipe when requests are served.")
def web(
    host: str,
    port: int,
    workers: int | None,
    prepare: int | None,
    empty: bool,
    fd: int | None,
    ready: int | None,
) -> None:
    """Run the web server alone."""
    with importing(stays=True):
        set_django_up()
        keep_folder("web" if prepare is None else "prepare")
        if prepare is not None:
            tell_logins(prepare, with_demo=not empty)
        import_module("supportflow.urls")
    from supportflow.web import run

    run(host, port, workers, fd=fd, ready=ready)


def keep_folder(command: str) -> None:
    from django.conf import settings

    from supportflow.keeping import state

    if not state.has_keeper():
        folderlock.keep_in_use(settings.DATA)
        state.look(command)
        if command in {"web", "worker"}:
            refuse_newer()


def refuse_newer() -> None:
    """A database that is away is waited for. Nothing stays open, as the server may fork."""
    from django.db import Error, connections

    from supportflow import preparing

    with suppress(Error):
        preparing.refuse_newer()
    connections.close_all()


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
            keep_folder("worker" if wait is None else "waiting")
            from supportflow.worker import run
    finally:
        # In case of a wrong setting too: the web server says it, once, and then this process is ended.
        if wait is not None:
            with os.fdopen(wait, "rb") as pipe:
                pipe.read()
    run()
