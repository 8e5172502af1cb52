"""The old data, or the new: whatever fails or is killed, never a mixture, and never under somebody's feet."""

import resource
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import LONG
from tests.house.processes import ROOT
from tests.keeping.houses import House
from tests.processes import free_port
from tests.waiting import until


@pytest.fixture
def changed(lived_in: House) -> House:
    """Moved on since the backup."""
    lived_in.must("1", module="tests.keeping.writer")
    (lived_in.folder / "secret_key").write_text("k" * 40)
    return lived_in


def test_over_live_data_only_when_told_and_the_old_is_kept(changed: House, template: House, archive: Path) -> None:
    before = changed.rows()
    done = changed.run("restore", archive)
    assert (done.code, changed.rows() == before) == (1, True)
    assert "--yes" in done.error
    told = changed.must("restore", archive, "--yes")
    assert changed.rows() == template.rows()
    assert (changed.folder / "secret_key").read_text() != "k" * 40
    kept = next(line for line in told.splitlines() if line.startswith("The old data: "))
    if changed.url:
        name = kept.split("schema ")[1].split(" ")[0]
        assert changed.ask(f"SELECT count(*) FROM {name}.desk_ticket") == [(12,)]
    else:
        old = House(Path(kept.removeprefix("The old data: ").removesuffix(".")))
        assert old.rows() == before
        assert (old.folder / "secret_key").read_text() == "k" * 40


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_not_while_somebody_serves(changed: House, archive: Path) -> None:
    port = free_port()
    line = [sys.executable, "-m", "supportflow", "web", "--port", str(port), "--workers", "1"]
    before = changed.rows()
    with subprocess.Popen(line, cwd=ROOT, env=changed.environment(), stderr=subprocess.DEVNULL) as web:
        try:
            # Before it holds the folder, a restore would go ahead, and the server be the one that is refused.
            until(lambda: answers(port) or web.poll() is not None, "the web server")
            refused = changed.run("restore", archive, "--yes")
            assert (refused.code, "Stop" in refused.error) == (1, True)
            refused = changed.run("upgrade")
            assert refused.code == 1
            assert "Stop it first" in refused.error
            if changed.url:
                # As from another host: no lock in a folder tells of it.
                (changed.folder / "in-use.lock").rename(changed.folder / "moved.lock")
                until(lambda: changed.run("restore", archive, "--yes").error.find("in use") >= 0, "its connections")
        finally:
            web.terminate()
    assert changed.rows() == before


STEPS = ["restore:put_in_place", "restore:put_attachments", "restore:stage_key", "aside:SqliteAside.swap"]
STEPS += ["mending:swap_key", "state:Unfinished.done"]


@pytest.mark.parametrize("step", STEPS if LONG else ["mending:swap_key"])
def test_killed_at_any_step_it_is_the_old_or_the_new(step: str, changed: House, template: House, archive: Path) -> None:
    before, key = changed.rows(), (changed.folder / "secret_key").read_text()
    place = step.replace("Sqlite", "Postgres") if changed.url else step
    killed = changed.run(place, "restore", archive, "--yes", module="tests.keeping.killed")
    assert killed.code == -signal.SIGKILL
    told = changed.run("migrate")  # any command
    assert told.code == 0
    is_new = STEPS.index(step) > 2
    assert changed.rows() == (template.rows() if is_new else before)
    assert ((changed.folder / "secret_key").read_text() == key) is not is_new
    assert not [file for file in changed.folder.iterdir() if ".aside" in file.name]
    changed.must("restore", archive, "--yes")
    assert changed.rows() == template.rows()


def test_a_full_disk_leaves_the_old_data(changed: House, archive: Path) -> None:
    before = changed.rows()
    done = subprocess.run(
        [sys.executable, "-m", "supportflow", "restore", archive, "--yes"],
        cwd=ROOT,
        env=changed.environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert changed.rows() == before
    assert not (changed.folder / "unfinished.json").exists()


def test_a_copy_onto_another_disk_is_whole_or_has_no_name(tmp_path: Path) -> None:
    from supportflow.keeping.aside import copy_whole

    (tmp_path / "old").write_text("the old data")
    (tmp_path / "kept.partial").write_text("the old")  # of one that was killed
    copy_whole(tmp_path / "old", tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "the old data"
    assert not (tmp_path / "kept.partial").exists()


def test_a_damaged_archive_touches_nothing(changed: House, archive: Path, tmp_path: Path) -> None:
    before = changed.rows(), changed.files()
    bad = tmp_path / "bad.tar"
    bad.write_bytes(archive.read_bytes()[:-2048])
    done = changed.run("restore", bad, "--yes")
    assert done.code == 1
    assert "cut short" in done.error or "ends before" in done.error
    assert (changed.rows(), changed.files()) == before


def test_a_damaged_database_is_replaced(changed: House, template: House, archive: Path) -> None:
    """Which may be why one restores."""
    if changed.url:
        changed_by_hand = "DROP TABLE desk_ticket CASCADE"
        import psycopg

        with psycopg.connect(changed.url) as server:
            server.execute(changed_by_hand)
    else:
        changed.file.write_bytes(b"no database at all" * 1000)
    changed.must("restore", archive, "--yes")
    assert changed.rows() == template.rows()


@pytest.mark.postgres
def test_from_one_database_into_the_other(template: House, archive: Path, tmp_path: Path) -> None:
    sqlite = House(tmp_path / "sqlite")
    sqlite.folder.mkdir()
    sqlite.must("restore", archive)
    assert sqlite.ask("SELECT id, subject FROM desk_ticket ORDER BY id") == template.ask(
        "SELECT id, subject FROM desk_ticket ORDER BY id"
    )
    sqlite.must("backup", tmp_path / "back.tar")
    from tests.keeping.houses import house

    with house(tmp_path / "postgres") as again:
        again.must("restore", tmp_path / "back.tar")
        assert again.rows() == template.rows()
