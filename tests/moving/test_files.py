"""Attachments from storage to storage: each compared, a second run copies the rest, lost ones are named."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from supportflow.files.models import Attachment
from supportflow.files.operations import keep_file, store_bytes
from tests.conftest import World
from tests.files.buckets import bad_server, make_bucket, s3_server


@pytest.fixture
def files(world: World, tmp_path: Path, settings: Any) -> list[Attachment]:
    settings.MEDIA_ROOT = tmp_path / "here"
    contents = [b"one", b"two", b"one", bytes(3_000_000)]
    return [keep_file(f"{n}.bin", *store_bytes(BytesIO(c)), by=world.john) for n, c in enumerate(contents)]


def stored(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_each_content_is_copied_once_and_a_second_run_copies_the_rest(
    files: list[Attachment], world: World, run: Any, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    assert "3 files copied and compared, 0 were there already" in run("--files", str(there)).output
    assert stored(there) == {file.sha256 for file in files}
    torn = there / files[0].storage_name
    torn.write_bytes(b"on")
    keep_file("new.bin", *store_bytes(BytesIO(b"new")), by=world.john)
    done = run("--files", str(there))
    assert (done.exit_code, "2 files copied and compared, 2 were" in done.output) == (0, True)
    assert torn.read_bytes() == b"one"


def test_lost_and_changed_files_are_named_and_the_others_copied(
    files: list[Attachment], run: Any, tmp_path: Path
) -> None:
    default_storage.delete(files[0].storage_name)
    Path(default_storage.path(files[1].storage_name)).write_bytes(b"changed")
    done = run("--files", str(tmp_path / "there"))
    assert done.exit_code == 1
    assert "2 files are lost or changed" in done.output
    assert f"1.bin (attachment {files[1].pk}, {files[1].sha256})" in done.output
    assert stored(tmp_path / "there") == {files[3].sha256}


def test_into_a_bucket_and_back(files: list[Attachment], run: Any, tmp_path: Path, settings: Any) -> None:
    from supportflow.files.address import storage

    with s3_server() as server:
        url = make_bucket(server, "moved")
        assert "3 files copied" in run("--files", url).output
        settings.STORAGES = settings.STORAGES | {"default": storage(url)}
        assert "3 files copied" in run("--files", str(tmp_path / "back")).output
    assert stored(tmp_path / "back") == {file.sha256 for file in files}


def test_a_bucket_that_refuses_stops_with_one_line(files: list[Attachment], run: Any) -> None:
    with bad_server(403, b"<Error><Code>AccessDenied</Code></Error>") as bad:
        done = run("--files", bad.url)
        assert done.exit_code == 1
        [line] = done.output.splitlines()
        assert "AccessDenied" in line
    assert "Error: --files begins with gs://" in run("--files", "gs://x").output
