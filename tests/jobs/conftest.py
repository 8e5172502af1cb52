"""A database that several processes share, and real workers on it."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import load_backend
from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).parents[2]


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    """Nothing here counts; the cache of the suite may stand in a database that these tests do not have."""


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The file that tasks write to."""
    return tmp_path / "trace"


@pytest.fixture
def shared_database(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """A database with the jobs' tables alone, as `default` of this thread. Yields its settings."""
    with django_db_blocker.unblock():
        own = connections["default"]
        settings = _sqlite(own, tmp_path) if own.vendor == "sqlite" else _postgresql(own)
        shared: BaseDatabaseWrapper = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
        connections["default"] = shared
        try:
            executor = MigrationExecutor(shared)
            executor.migrate(executor.loader.graph.leaf_nodes("jobs"))
            yield settings
        finally:
            shared.close()
            connections["default"] = own
            if own.vendor == "postgresql":
                with own._nodb_cursor() as cursor:
                    cursor.execute(f'DROP DATABASE "{settings["NAME"]}" WITH (FORCE)')


def _sqlite(own: BaseDatabaseWrapper, folder: Path) -> dict[str, Any]:
    return {**own.settings_dict, "NAME": str(folder / "jobs.sqlite3")}


def _postgresql(own: BaseDatabaseWrapper) -> dict[str, Any]:
    name = f"jobs_{uuid.uuid4().hex[:12]}"
    with own._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    return {**own.settings_dict, "NAME": name}


class StartWorker(Protocol):
    def __call__(self, *, lease: float = 30, tick: float | None = None) -> "subprocess.Popen[str]": ...


@pytest.fixture
def start_worker(shared_database: dict[str, Any], trace: Path) -> Iterator[StartWorker]:
    """Starts real worker processes and ends those that still run."""
    started: list[subprocess.Popen[str]] = []

    def start(*, lease: float = 30, tick: float | None = None) -> subprocess.Popen[str]:
        settings = json.dumps({key: value for key, value in shared_database.items() if key != "TEST"})
        arguments = [settings, str(lease), str(tick or "")]
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.process", *arguments],
            cwd=ROOT,
            env={"PATH": "", "TICKS": str(trace)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(worker)
        assert worker.stdout
        assert worker.stdout.readline(), "the worker did not start"
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()
