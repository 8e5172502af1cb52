"""A failed upgrade rolls back by itself; a killed one is taken back by the next."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LONG
from tests.house.processes import ROOT, wait_until
from tests.keeping.houses import House

NEXT_VERSION = {"DJANGO_SETTINGS_MODULE": "tests.keeping.next_version"}


def pages(house: House) -> bytes:
    """The SQLite file without the counters in its header, which each copy changes; on PostgreSQL nothing."""
    if house.url:
        return b""
    with closing(sqlite3.connect(house.file)) as file:
        file.execute("PRAGMA journal_mode=DELETE")  # as the last process that has it open may leave it
    content = house.file.read_bytes()
    return content[:24] + content[28:40] + content[44:92] + content[100:]


@pytest.fixture
def before(lived_in: House) -> tuple[dict[str, Any], bytes]:
    return lived_in.rows(), pages(lived_in)


FAILURES = [("fail", "no_such_table"), ("list", "/tickets answers"), ("other", "though no migration of crm was")]


@pytest.mark.parametrize(("spoil", "told"), FAILURES if LONG else FAILURES[:2])
def test_a_failed_upgrade_rolls_back_by_itself(
    spoil: str, told: str, lived_in: House, before: tuple[dict[str, Any], bytes]
) -> None:
    done = lived_in.run("upgrade", **NEXT_VERSION, SPOIL=spoil)
    assert done.code == 1, done
    assert told in done.error
    assert "The data of before is back" in done.error
    assert lived_in.rows() == before[0]
    assert pages(lived_in) == before[1], "byte by byte"
    assert not (lived_in.folder / "unfinished.json").exists()
    assert lived_in.run("migrate").out == "Nothing to do: the database is up to date.\n"


def test_an_upgrade_backs_up_migrates_compares_and_tries(lived_in: House) -> None:
    plan = lived_in.must("upgrade", "--plan", **NEXT_VERSION)
    assert "desk.9998_changes_much: desk_ticket (11 rows)" in plan
    told = lived_in.must("upgrade", **NEXT_VERSION)
    assert "Applied: desk.9999_fails" in told
    assert "changed: " in told
    assert "desk_ticket (11 rows)" in told
    assert "the list shows 11 tickets" in told
    [archive] = (lived_in.folder / "backups").glob("before-upgrade-*.tar")
    assert lived_in.ask("SELECT DISTINCT remark FROM desk_ticket") == [("by a migration",)]
    assert "Nothing to do" in lived_in.must("upgrade", **NEXT_VERSION)

    newer = lived_in.run("upgrade")  # the older version meets the data of the newer
    assert newer.code == 1
    assert "newer version (desk.999" in newer.error
    lived_in.must("restore", archive, "--yes")
    assert lived_in.ask("SELECT count(*) FROM desk_ticket WHERE subject = 'Spoiled'") == [(0,)]
    assert len(lived_in.files()) == 6


def test_killed_while_it_migrates(lived_in: House, before: tuple[dict[str, Any], bytes], tmp_path: Path) -> None:
    own = lived_in.environment(**NEXT_VERSION, SPOIL="wait", SPOIL_FILE=str(tmp_path / "there"))
    with subprocess.Popen([sys.executable, "-m", "supportflow", "upgrade"], cwd=ROOT, env=own) as upgrade:
        wait_until(lambda: (tmp_path / "there").exists() or upgrade.poll() is not None, "the last migration")
        under_way = lived_in.run("migrate", **NEXT_VERSION)
        assert (under_way.code, "under way" in under_way.error) == (1, True)
        upgrade.send_signal(signal.SIGKILL)
    for command in ("migrate", "web"):
        refused = lived_in.run(command, **NEXT_VERSION)
        assert refused.code == 1
        assert "Run `supportflow upgrade`" in refused.error
    tried = [lived_in.run("backup", tmp_path / "mixed.tar"), lived_in.run("upgrade", "--plan", **NEXT_VERSION)]
    assert {(done.code, "Run `supportflow upgrade`" in done.error) for done in tried} == {(1, True)}
    assert "WRONG  upgrade: An upgrade was killed on" in lived_in.run("check").out
    told = lived_in.must("upgrade")  # the version of before: takes back, and that is all
    assert "the data of before is back" in told
    assert lived_in.rows() == before[0]
    kept = told.split("is kept: ")[1].split(".\n")[0]
    if not lived_in.url:
        assert House(Path(kept)).ask("SELECT count(*) FROM desk_ticket") == [(11,)]
    check = lived_in.run("check").out
    assert "upgrade was killed" not in check


def test_a_check_tells_to_upgrade_what_holds_data(lived_in: House) -> None:
    assert "are not applied. Run: supportflow upgrade" in lived_in.run("check", **NEXT_VERSION).out


def test_killed_while_it_prepared_it_leaves_no_scratch(lived_in: House) -> None:
    assert lived_in.run("upgrade:read", "upgrade", module="tests.keeping.killed", **NEXT_VERSION).code == -9
    assert (lived_in.folder / "scratch-upgrade").exists()
    lived_in.must("migrate")
    assert not (lived_in.folder / "scratch-upgrade").exists()


STEPS = ["upgrade:save", "upgrade:migrate", "upgrade:compare", "smoke:test", "aside:SqliteAside.swap"]
STEPS += ["state:Unfinished.done", "upgrade:proof"]


@pytest.mark.long_form
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step(step: str, lived_in: House, before: tuple[dict[str, Any], bytes]) -> None:
    if lived_in.url:
        step = step.replace("Sqlite", "Postgres")
    fails = {"SPOIL": "fail"} if step == "upgrade:proof" or "swap" in step else {}
    killed = lived_in.run(step, "upgrade", module="tests.keeping.killed", **NEXT_VERSION, **fails)
    assert killed.code == -signal.SIGKILL
    assert lived_in.run("upgrade").code in {0, 1}  # the version of before
    if step != "state:Unfinished.done":
        assert lived_in.rows() == before[0]
    assert "The upgrade is done" in lived_in.must("upgrade", **NEXT_VERSION)


def test_serve_takes_a_way_back_too(lived_in: House, before: tuple[dict[str, Any], bytes]) -> None:
    """On SQLite, where the copy is cheap; on PostgreSQL the failed migration alone is taken back."""
    line = [sys.executable, "-m", "supportflow", "serve", "--port", "0", "--data", str(lived_in.folder)]
    own = lived_in.environment(**NEXT_VERSION, SPOIL="fail")
    done = subprocess.run(line, cwd=ROOT, env=own, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "no_such_table" in done.stderr
    if not lived_in.url:
        assert "The data of before is back" in done.stderr
        assert lived_in.rows() == before[0]


def test_serve_refuses_the_data_of_a_newer_version(lived_in: House) -> None:
    lived_in.must("migrate", **NEXT_VERSION)
    line = [sys.executable, "-m", "supportflow", "serve", "--port", "0", "--data", str(lived_in.folder)]
    own = lived_in.environment()
    done = subprocess.run(line, cwd=ROOT, env=own, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    [told] = done.stderr.splitlines()
    assert "The database is of a newer version of SupportFlow (desk.999" in told
    for command in ("migrate", "web", "worker"):
        refused = lived_in.run(command)
        assert (refused.code, "The database is of a newer version" in refused.error) == (1, True)
