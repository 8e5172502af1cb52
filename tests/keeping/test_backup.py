"""What is written down under load is whole, and comes back elsewhere."""

import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

from supportflow.keeping.checking import KEY_FORM
from tests.house.processes import ROOT
from tests.keeping.houses import House

WRITERS = 3
APPENDED = ("desk_ticket", "desk_comment", "core_activity", "files_attachment")  # nothing here changes its rows


def test_a_backup_under_load_restores_elsewhere_row_by_row(lived_in: House, empty: House, tmp_path: Path) -> None:
    writers = [lived_in.start("tests.keeping.writer", "0") for _ in range(WRITERS)]
    try:
        before = [line for writer in writers if writer.stdout for line in [next(writer.stdout) for _ in range(3)]]
        told = lived_in.must("backup", tmp_path / "load.tar")
        assert all(writer.poll() is None for writer in writers), "they wrote until the end"
    finally:
        after = [writer.communicate("stop\n")[0] for writer in writers]
    assert "Verified: restored into" in told
    empty.must("restore", tmp_path / "load.tar")

    ids = {ticket for [ticket] in empty.ask("SELECT id FROM desk_ticket")}
    assert {int(line.split()[0]) for line in before} <= ids
    assert len(ids) < lived_in.ask("SELECT count(*) FROM desk_ticket")[0][0], after
    for table in APPENDED:
        there = set(empty.rows()[table])
        assert there <= set(lived_in.rows()[table]), table
    named = {sha256 for [sha256] in empty.ask("SELECT sha256 FROM files_attachment")}
    assert named
    assert empty.files() == {sha256: sha256 for sha256 in named}, "every row has its file, every file its bytes"


def test_a_restored_house_is_the_same_to_the_last_row(template: House, archive: Path, empty: House) -> None:
    assert archive.stat().st_mode & 0o777 == stat.S_IRUSR | stat.S_IWUSR, "it holds the secret key"
    empty.must("restore", archive)
    assert empty.rows() == template.rows()
    assert empty.files() == template.files()
    assert (empty.folder / "secret_key").read_text() == (template.folder / "secret_key").read_text()
    assert empty.run("migrate").out == "Nothing to do: the database is up to date.\n"


def test_common_tools_unpack_it(archive: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xf", archive, "-C", tmp_path], check=True)
    subprocess.run("cat database/*.gz | gunzip > it.sqlite3", shell=True, check=True, cwd=tmp_path)
    assert (tmp_path / "it.sqlite3").read_bytes()[:15] == b"SQLite format 3"
    assert len(list((tmp_path / "attachments").glob("*/*"))) == 6


def test_into_a_folder_by_the_time_of_day_and_only_so_many(lived_in: House, tmp_path: Path) -> None:
    for name in ("supportflow-20200101-000000.tar", "supportflow-20200102-000000.tar", "mine.tar"):
        (tmp_path / name).touch()
    lived_in.must("backup", tmp_path, "--without-secrets", "--no-verify", "--keep", "2")
    left = sorted(file.name for file in tmp_path.glob("*.tar"))
    assert left[:2] == ["mine.tar", "supportflow-20200102-000000.tar"]
    assert len(left) == 3
    listed = subprocess.check_output(["tar", "-tf", tmp_path / left[2]], text=True)
    assert "secret_key" not in listed


def test_what_was_just_made_is_never_the_one_to_go(lived_in: House, tmp_path: Path) -> None:
    """However others are named, and though the clock is behind."""
    for name in ("supportflow-before-move.tar", "supportflow-29990101-000000.tar", "supportflow-20200101-000000.tar"):
        (tmp_path / name).touch()
    told = lived_in.must("backup", tmp_path, "--no-verify", "--keep", "2")
    made = Path(told.split(":")[0])
    assert made.exists()
    left = {file.name for file in tmp_path.glob("*.tar")}
    assert left == {made.name, "supportflow-before-move.tar", "supportflow-29990101-000000.tar"}


def test_an_archive_without_all_attachments_makes_no_whole_one_go(lived_in: House, tmp_path: Path) -> None:
    whole = tmp_path / "supportflow-20200101-000000.tar"
    whole.touch()
    (tmp_path / "supportflow-20200102-000000.incomplete.tar").touch()
    next((lived_in.folder / "files" / "attachments").glob("*/*")).unlink()
    done = lived_in.run("backup", tmp_path, "--no-verify", "--keep", "1")
    assert "lost 1 attachments" in done.error
    [incomplete] = tmp_path.glob("*.incomplete.tar")
    assert incomplete.name > "supportflow-2021"
    assert whole.exists()


def test_the_old_one_stays_until_the_new_one_is_proven(lived_in: House, tmp_path: Path) -> None:
    file = tmp_path / "mine.tar"
    file.write_text("the good one of yesterday")
    killed = lived_in.run("backup:check", "backup", file, "--force", module="tests.keeping.killed")
    assert (killed.code, file.read_text()) == (-9, "the good one of yesterday")
    spoiled = lived_in.run("backup", file, "--force", module="tests.keeping.spoiled")
    assert spoiled.code == 1
    assert f"What was written is kept: {file}.damaged." in spoiled.error
    assert file.read_text() == "the good one of yesterday"
    assert Path(f"{file}.damaged").exists()
    lived_in.must("backup", file, "--force")
    lived_in.must("backup", file, "--check")
    assert not list(tmp_path.glob(".*partial"))


def test_what_was_left_out_by_wish_does_not_count_as_the_backup(lived_in: House, tmp_path: Path) -> None:
    (lived_in.folder / "last-backup.json").unlink(missing_ok=True)
    lived_in.must("backup", tmp_path / "rows.tar", "--without-attachments", "--no-verify")
    assert not (lived_in.folder / "last-backup.json").exists()


def test_what_is_there_is_not_overwritten(lived_in: House, tmp_path: Path) -> None:
    file = tmp_path / "mine.tar"
    file.write_text("mine")
    done = lived_in.run("backup", file)
    assert (done.code, file.read_text()) == (1, "mine")
    assert "--force" in done.error


def test_a_full_disk_leaves_nothing_and_says_so(lived_in: House, tmp_path: Path) -> None:
    """A file may grow to 300 kB in that process: the copy of the database does not fit."""
    done = subprocess.run(
        [sys.executable, "-m", "supportflow", "backup", tmp_path / "full.tar"],
        cwd=ROOT,
        env=lived_in.environment(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["lived-in"]
    assert not list(lived_in.folder.glob("scratch*"))


def test_lost_bytes_are_told_and_the_rest_is_kept(lived_in: House, empty: House, tmp_path: Path) -> None:
    lost = next((lived_in.folder / "files" / "attachments").glob("*/*"))
    lost.write_bytes(b"other bytes")
    done = lived_in.run("backup", tmp_path / "some.tar")
    assert done.code == 1
    assert "lost 1 attachments" in done.error
    restored = empty.run("restore", tmp_path / "some.tar")
    assert restored.code == 1
    assert lost.name in restored.error
    assert len(empty.files()) == 5


def test_the_clean_up_takes_no_bytes_while_a_backup_reads(settings: object, db: None) -> None:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from supportflow.files import holding
    from supportflow.files.operations import drop_stray_bytes

    name = f"attachments/ab/ab{'0' * 62}"
    default_storage.save(name, ContentFile(b"bytes"))
    os.utime(default_storage.path(name), (1, 1))
    with holding.all_files():
        assert drop_stray_bytes() == 0
    assert default_storage.exists(name)
    assert drop_stray_bytes() >= 1


def test_a_place_that_is_none_is_named(template: House) -> None:
    done = template.run("backup", "/no/such/folder/x.tar")
    assert (done.code, done.error) == (1, "Error: There is no folder /no/such/folder. Make it first.")


def test_a_key_of_several_words_is_one() -> None:
    """The settings take it, so its backup must not be called damaged."""
    assert KEY_FORM.fullmatch(b"a phrase of several words that is long enough")
    for none in (b"short", b"x" * 40 + b"\n", b"x" * 40 + b"\x00"):
        assert not KEY_FORM.fullmatch(none)
