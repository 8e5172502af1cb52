"""A database as of any state of its migrations: the rows of an older one are read before it is brought up to date."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable

from django.apps.registry import Apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from supportflow.children import LIFELINE, lifeline
from supportflow.keeping import CannotKeep
from supportflow.keeping.state import KEEPER
from supportflow.moving.ends import NOT_PASSED_ON, End
from supportflow.moving.tables import Table, all_tables


def applied(end: End) -> list[str]:
    """The names of the migrations, in the order in which they were applied; none in an empty database."""
    if "django_migrations" not in end.django.introspection.table_names():
        return []
    return [f"{app}.{name}" for app, name in end.run("SELECT app, name FROM django_migrations ORDER BY id")]


def newer_than_ours(names: Iterable[str]) -> list[str]:
    """Those that this version cannot know: in an app that it has not, or behind the last that it has."""
    last = dict(sorted(MigrationLoader(None).disk_migrations))  # of each app the one that sorts last
    parted = (name.partition(".") for name in names)
    return [f"{app}.{name}" for app, _, name in parted if app not in last or name > last[app]]


def tables_of(names: list[str]) -> list[Table]:
    """The tables as these migrations left them."""
    loader = MigrationLoader(None)
    state = loader.project_state(_nodes(loader, names))
    found: Apps = state.apps
    return all_tables(found)


def apply(names: list[str]) -> None:
    """Bring the configured, empty database to exactly these migrations, without the rows that Django adds after."""
    if connection.introspection.table_names():
        raise CannotKeep("it is not empty.")
    executor = MigrationExecutor(connection)
    executor.migrate(_nodes(executor.loader, names))


def _nodes(loader: MigrationLoader, names: Iterable[str]) -> list[tuple[str, str]]:
    parted = (name.partition(".") for name in names)
    return [(app, name) for app, _, name in parted if (app, name) in loader.graph.nodes]


def build(names: list[str], environment: dict[str, str]) -> None:
    """An empty database with these migrations, where `environment` says; Django migrates the configured one alone."""
    done = run(["build-schema"], json.dumps(names), **environment)
    if done.returncode:
        raise CannotKeep(f"The tables for the copy cannot be made: {_last_line(done.stderr)}")


def run(arguments: list[str], given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of ours as a process of its own."""
    elsewhere = {"DATABASE_URL", "DATABASE_URL_FILE"} & environment.keys()
    kept = {name: value for name, value in os.environ.items() if not (elsewhere and name in NOT_PASSED_ON)}
    own = {"SUPPORTFLOW_DATA": str(settings.DATA), KEEPER: str(os.getpid()), "LOG_FORMAT": "console"}
    with lifeline() as line:  # it ends when we are killed
        return subprocess.run(
            [sys.executable, "-m", "supportflow", *arguments],
            env=kept | own | environment | {LIFELINE: line[LIFELINE]},
            pass_fds=[int(line[LIFELINE])],
            start_new_session=True,
            input=given,
            check=False,
            capture_output=True,
            text=True,
        )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it gave no reason."])[-1].removeprefix("Error: ")
