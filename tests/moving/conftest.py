"""A source with values of every kind, and empty targets of both kinds."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts import postgres
from tests.processes import ROOT

Move = Callable[..., subprocess.CompletedProcess[str]]


def supportflow(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "supportflow", *arguments],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that was migrated and holds nothing else; made once, as it takes seconds."""
    folder = tmp_path_factory.mktemp("migrated")
    file = folder / "empty.sqlite3"
    done = supportflow("migrate", DATABASE_URL=f"sqlite:///{file}", SUPPORTFLOW_DATA=str(folder))
    assert done.returncode == 0, done.stderr
    return file


@pytest.fixture
def empty(migrated: Path, tmp_path: Path) -> Path:
    file = tmp_path / "target.sqlite3"
    shutil.copyfile(migrated, file)
    return file


@contextmanager
def postgres_database() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(autouse=True)
def folder_of_its_own(settings: Any, tmp_path: Path) -> None:
    """A move needs the data folder for itself, and servers of earlier tests may be about to leave that of the run."""
    settings.DATA = tmp_path / "data"
    settings.DATA.mkdir()


@pytest.fixture
def without_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests themselves have the source open."""
    monkeypatch.setattr("supportflow.moving.ends.others_on_source", lambda: 0)


@pytest.fixture
def run(without_others: None) -> Any:
    """`supportflow move …` in this process, on the database of the tests."""
    from click.testing import CliRunner

    from supportflow.cli import cli

    def move(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["move", *arguments])

    return move
