"""What is wrong with the database is told by what would mend it."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from supportflow.checks import data
from tests.house.test_cli import command


def told(folder: Path, **values: str) -> str:
    code, out, err = command(folder, "check", **values)
    assert (code, err) == (1, "")
    return next(line for line in out.splitlines() if line.startswith("WRONG  database"))


def test_an_empty_data_folder_stays_without_a_database(tmp_path: Path) -> None:
    assert told(tmp_path).endswith(f"there is none at {tmp_path}/supportflow.sqlite3 yet. Run: supportflow migrate")
    assert not list(tmp_path.glob("supportflow.sqlite3*"))


def test_a_file_in_no_folder_is_named_with_it(tmp_path: Path) -> None:
    line = told(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/no/such/it.sqlite3")
    assert line == f"WRONG  database: there is no folder {tmp_path}/no/such. Make it, or mend DATABASE_URL"


def own(monkeypatch: pytest.MonkeyPatch, vendor: str, **settings: object) -> None:
    monkeypatch.setattr(data, "connection", SimpleNamespace(vendor=vendor, settings_dict=settings))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_told_with_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "it.sqlite3"
    file.touch()
    os.chown(file, 1, 1)
    own(monkeypatch, "sqlite", NAME=str(file))
    says = data.advice("unable to open database file")
    assert (
        says == f"{file} is daemon's, and this is root. Run it as daemon, or give the file to root: chown root {file}"
    )


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ('FATAL:  database "sf" does not exist', "createdb --owner ada --encoding UTF8 sf"),
        ('FATAL:  role "ada" does not exist', "createuser --pwprompt ada"),
        ('FATAL:  password authentication failed for user "ada"', "Is the password in DATABASE_URL right"),
        ("connection refused", "Is the server running"),
    ],
)
def test_a_server_that_lets_nobody_in_is_told_by_its_reason(
    reason: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(monkeypatch, "postgresql", USER="ada", NAME="sf")
    assert says in data.advice(reason)
