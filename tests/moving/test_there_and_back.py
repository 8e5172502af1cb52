"""`supportflow move`: every row and every file arrives, or nothing does."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest


def run(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "supportflow", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**environment, "SUPPORTFLOW_DATA": str(data)},
    )


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    database = sqlite3.connect(file)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    ours = [name for name in tables if name.startswith(("accounts_", "core_", "crm_", "desk_", "files_", "mail_"))]
    return {name: database.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall() for name in ours}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("desk")
    for command in ("migrate", "demo"):
        assert run(data, command).returncode == 0
    return data


def test_every_row_arrives_and_a_second_move_is_refused(desk: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.sqlite3"
    done = run(desk, "move", f"sqlite:///{target}")
    assert done.returncode == 0, done.stderr
    assert "All rows are the same." in done.stdout
    assert rows(target) == rows(desk / "supportflow.sqlite3")
    again = run(desk, "move", f"sqlite:///{target}")
    assert again.returncode == 1
    assert len(again.stderr.strip().splitlines()) == 1


def test_attachments_are_copied_once(desk: Path, tmp_path: Path) -> None:
    first, second = (run(desk, "move", "--files", str(tmp_path / "files")) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "0 were there already" in first.stdout
    assert second.stdout.startswith("0 files copied")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [((), 2), (("mysql://somewhere/desk",), 1), (("postgres://u:top-secret@127.0.0.1:1/desk",), 1)],
)
def test_a_target_that_cannot_be_is_refused_in_one_line(desk: Path, arguments: tuple[str, ...], status: int) -> None:
    refused = run(desk, "move", *arguments)
    assert refused.returncode == status
    assert "Traceback" not in refused.stderr
    assert "top-secret" not in refused.stderr
