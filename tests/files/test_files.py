"""Attachments: whole or not there, named harmlessly, taken once, and gone when nobody holds them."""

import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.errors import Forbidden, Invalid, Refused
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import answer_ticket, note_on_ticket, purge_ticket, reply_to_ticket, trash_ticket
from supportflow.files.models import Attachment
from supportflow.files.operations import (
    MAX_ON_ONE_COMMENT,
    drop_loose_files,
    drop_stray_bytes,
    keep_file,
    loose_files,
    safe_name,
    store_bytes,
)
from tests.conftest import World
from tests.together import together

TEXT = Content.from_markdown("See the file.")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def upload(by: Actor, content: bytes = b"hello", name: str = "hello.txt") -> Attachment:
    return keep_file(name, *store_bytes(BytesIO(content)), by=by)


def later(days: float = 2) -> Any:
    return clock.at(timezone.now() + timedelta(days=days))


def test_the_bytes_stand_under_their_hash_for_their_owner_alone(world: World, files: Path) -> None:
    attachment = upload(world.john)
    path = files / attachment.storage_name
    assert (attachment.sha256, attachment.size) == (hashlib.sha256(b"hello").hexdigest(), 5)
    assert path.read_bytes() == b"hello"
    assert path.stat().st_mode & 0o077 == 0
    [activity] = world.trail()
    assert (activity.action, activity.actor_id, activity.metadata["name"]) == (
        "attachment.uploaded",
        world.john.pk,
        "hello.txt",
    )


def test_the_same_bytes_twice_are_two_rows_and_one_file(world: World, files: Path) -> None:
    first, second = upload(world.john), upload(world.emma, name="other.txt")
    assert first.pk != second.pk
    assert stored(files) == [first.sha256] == [second.sha256]


def test_the_same_bytes_at_the_same_moment_are_one_whole_file(files: Path) -> None:
    content = b"x" * 3_000_000
    together(*[lambda: store_bytes(BytesIO(content))] * 4)
    assert stored(files) == [hashlib.sha256(content).hexdigest()]
    assert [path.stat().st_size for path in files.rglob("*") if path.is_file()] == [3_000_000]


def test_an_upload_that_breaks_off_leaves_nothing_that_claims_to_be_whole(files: Path) -> None:
    class Broken(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"half of"
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        default_storage.save("attachments/ab/abcd", Broken(b""))
    assert stored(files) == []


def test_a_half_written_file_of_old_is_made_whole(world: World, files: Path) -> None:
    path = files / upload(world.john).storage_name
    path.write_bytes(b"he")
    upload(world.emma)
    assert path.read_bytes() == b"hello"


def test_a_file_over_the_limit_is_refused_and_not_stored(settings: Any, files: Path) -> None:
    settings.MAX_FILE_BYTES = 3 * 1024 * 1024
    assert store_bytes(BytesIO(b"x" * 3 * 1024 * 1024))[1] == 3 * 1024 * 1024
    with pytest.raises(Invalid, match="larger than 3 MB"):
        store_bytes(BytesIO(b"y" * (3 * 1024 * 1024 + 1)))
    assert len(stored(files)) == 1


def test_an_empty_file_is_a_file(world: World) -> None:
    assert upload(world.john, b"").size == 0


@given(st.text(st.characters(codec=None), max_size=300) | st.text("a./\\ \n\u202e\x00é🙂", max_size=300))
@example("")
@example("../../etc/passwd")
@example("C:\\Users\\me\\scan.pdf")
@example(".htaccess")
@example("...")
@example("a" * 300 + ".pdf")
@example("🙂" * 300 + ".jpeg")
@example("x." + "🙂" * 10)
def test_a_name_is_short_harmless_and_never_empty(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode("utf-8")) <= 200
    assert not set(safe) & set("/\\\x00\r\n\u202e\u202d")
    assert safe == safe.strip() != "."
    assert not safe.startswith(".")
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\page 1.tiff", "page 1.tiff"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\r\nSet-Cookie: x.txt", "a Set-Cookie: x.txt"),
        ("Übersicht – März.xlsx", "Übersicht – März.xlsx"),
        ("///", "file"),
    ],
)
def test_names_people_give(given_name: str, shown: str) -> None:
    assert safe_name(given_name) == shown


def test_a_name_of_a_megabyte_takes_no_time() -> None:
    assert safe_name("é" * 1_000_000 + ".pdf").endswith("é.pdf")


@pytest.mark.parametrize(
    ("claimed", "name", "kept"),
    [
        ("text/plain; charset=utf-8", "a.txt", "text/plain"),
        ("IMAGE/PNG", "a.png", "image/png"),
        ("", "a.png", "image/png"),
        ("text/html\r\nX-Evil: 1", "a.png", "image/png"),
        ("nonsense", "a.unknown-kind", "application/octet-stream"),
        ("x" * 10_000 + "/y", "a", "application/octet-stream"),
    ],
)
def test_a_claimed_type_is_kept_only_if_it_is_one(world: World, claimed: str, name: str, kept: str) -> None:
    sha256, size = store_bytes(BytesIO(b"x"))
    assert keep_file(name, sha256, size, content_type=claimed, by=world.john).content_type == kept


def test_only_the_own_loose_uploads_can_be_attached(world: World) -> None:
    mine, emmas, sarahs = upload(world.john), upload(world.emma), upload(world.sarah)
    assert loose_files([mine.pk, mine.pk], by=world.john) == [mine]
    reply_to_ticket(world.ticket, TEXT, attachments=[mine], by=world.john)
    for pk in (mine.pk, emmas.pk, sarahs.pk, 0, -1, 10**30, 999_999):
        with pytest.raises(Invalid) as refusal:
            loose_files([pk], by=world.john)
        assert list(refusal.value.fields) == ["attachment_ids"]
    with pytest.raises(Invalid, match="At most"):
        loose_files(range(MAX_ON_ONE_COMMENT + 1), by=world.john)


@pytest.mark.django_db(transaction=True)
def test_uploads_are_found_outside_a_transaction_too(world: World) -> None:
    mine = upload(world.john)
    assert loose_files([mine.pk], by=world.john) == [mine]


@pytest.mark.django_db(transaction=True)
def test_one_upload_goes_to_one_comment_when_two_take_it_at_once(world: World) -> None:
    files = [upload(world.john)]
    outcomes = together(*[lambda: note_on_ticket(world.ticket, TEXT, attachments=files, by=world.john)] * 3)
    assert sorted(getattr(outcome, "code", "done") for outcome in outcomes) == ["done", "file_taken", "file_taken"]
    assert files[0].comments.count() == 1
    assert world.actions() == ["attachment.uploaded", "ticket.noted"]


def test_customers_send_files_and_strangers_do_not(world: World) -> None:
    comment = answer_ticket(world.ticket, TEXT, attachments=[upload(world.sarah)], by=world.sarah)
    assert comment.attachments.count() == 1
    world.john.is_active = False
    with pytest.raises(Forbidden):
        upload(world.john)


def test_what_nobody_attached_within_a_day_goes_bytes_and_all(world: World, files: Path) -> None:
    kept, _loose = upload(world.john, b"kept"), upload(world.john, b"loose")
    reply_to_ticket(world.ticket, TEXT, attachments=[kept], by=world.john)
    assert (drop_loose_files(), drop_stray_bytes()) == (0, 0)
    with later():
        assert (drop_loose_files(), drop_stray_bytes()) == (1, 1)
        assert (drop_loose_files(), drop_stray_bytes()) == (0, 0)
    assert list(Attachment.objects.all()) == [kept]
    assert stored(files) == [kept.sha256]


def test_bytes_that_another_row_holds_stay(world: World, files: Path) -> None:
    kept, _loose = upload(world.john), upload(world.emma)
    reply_to_ticket(world.ticket, TEXT, attachments=[kept], by=world.john)
    with later():
        assert (drop_loose_files(), drop_stray_bytes()) == (1, 0)
    assert stored(files) == [kept.sha256]


def test_bytes_of_a_killed_upload_go_after_a_day(db: None, files: Path) -> None:
    assert drop_stray_bytes() == 0
    store_bytes(BytesIO(b"no row came after this"))
    half = files / "attachments" / "ab" / "tmpx1y2"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    assert drop_stray_bytes() == 0
    with later():
        assert drop_stray_bytes() == 2
    assert stored(files) == []


def test_an_upload_makes_old_bytes_young_before_the_clean_up_looks(world: World, files: Path) -> None:
    """The row comes after the bytes: between them the clean-up must not take what was there before."""
    sha256, size = store_bytes(BytesIO(b"again"))
    path = next(path for path in files.rglob("*") if path.is_file())
    os.utime(path, (0, 0))
    store_bytes(BytesIO(b"again"))
    assert drop_stray_bytes() == 0
    keep_file("again.txt", sha256, size, by=world.john)
    assert path.read_bytes() == b"again"


def test_files_of_a_purged_ticket_are_released_unless_held_elsewhere(world: World, files: Path) -> None:
    alone, shared = upload(world.john, b"alone"), upload(world.john, b"shared")
    reply_to_ticket(world.ticket, TEXT, attachments=[alone, shared], by=world.john)
    note_on_ticket(world.hidden, TEXT, by=world.priya).attachments.add(shared)
    trash_ticket(world.ticket, by=world.john)
    purge_ticket(Ticket.objects.get(pk=world.ticket.pk), by=world.olivia)
    assert drop_loose_files() == 1
    assert list(Attachment.objects.all()) == [shared]
    with later():
        drop_stray_bytes()
    assert stored(files) == [shared.sha256]


def test_a_refused_reply_leaves_the_upload_loose(world: World) -> None:
    mine = upload(world.john)
    with pytest.raises(Refused):
        reply_to_ticket(world.ticket, TEXT, attachments=[mine], then="CLOSED", by=world.john)
    assert loose_files([mine.pk], by=world.john) == [mine]
