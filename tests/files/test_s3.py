"""Attachments in a bucket: the same as in a folder, and nothing lost or half there when the bucket refuses."""

import base64
import hashlib
from collections.abc import Iterator
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import LazyObject

from supportflow import checks
from supportflow.core import clock
from supportflow.core.errors import Unavailable
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import note_on_ticket
from supportflow.files import s3
from supportflow.files.address import storage
from supportflow.files.models import Attachment
from supportflow.files.operations import LOOSE_FOR, drop_loose_files, drop_stray_bytes, keep_file, store_bytes
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.models import InboundMail
from supportflow.mail.receiving import receive
from tests.conftest import World
from tests.files.buckets import BROKEN, DENIED, bad_server, make_bucket, s3_server

PNG = b"\x89PNG" + bytes(range(256)) * 4096  # a megabyte


def bucket_of(url: str) -> str:
    name: str = storage(url)["OPTIONS"]["bucket_name"]
    return name


def use(url: str, settings: Any) -> None:
    settings.STORAGES = settings.STORAGES | {"default": storage(url)}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(server: str, settings: Any) -> str:
    url = make_bucket(server, f"files-{uuid4().hex[:12]}")
    use(url, settings)
    return url


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "CONNECT", 0.3)
    monkeypatch.setattr(s3, "ANSWER", 0.3)


def stored() -> list[str]:
    folders = default_storage.listdir("attachments")[0]
    return sorted(name for folder in folders for name in default_storage.listdir(f"attachments/{folder}")[1])


def upload(world: World, content: bytes = PNG, name: str = "chart.png") -> Attachment:
    file = keep_file(name, *store_bytes(BytesIO(content)), by=world.john)
    note_on_ticket(world.ticket, Content.from_markdown("See file"), attachments=[file], by=world.john)
    return file


def test_a_file_goes_up_once_and_comes_down_with_the_same_headers(
    bucket: str, world: World, browser: Client, sign_in: Any
) -> None:
    file, _same = upload(world), upload(world, name="again.png")
    assert stored() == [hashlib.sha256(PNG).hexdigest()]
    answer = browser.get(reverse("attachment", args=[file.pk]))
    assert b"".join(answer.streaming_content) == PNG  # type: ignore[attr-defined]
    assert answer["Content-Length"] == str(len(PNG))
    assert answer["Content-Disposition"] == 'attachment; filename="chart.png"'
    assert "sandbox" in answer["Content-Security-Policy"]
    world.ticket.refresh_from_db()
    Ticket.objects.filter(pk=world.ticket.pk).update(team=world.secret)
    assert browser.get(reverse("attachment", args=[file.pk])).status_code == 404


def test_what_nobody_holds_goes_and_what_is_gone_is_not_found(bucket: str, world: World, browser: Client) -> None:
    kept = upload(world)
    loose, size = store_bytes(BytesIO(b"nobody attached this"))
    keep_file("loose.txt", loose, size, by=world.john)
    with clock.at(timezone.now() + 2 * LOOSE_FOR):
        assert (drop_loose_files(), drop_stray_bytes()) == (1, 1)
    assert stored() == [kept.sha256]
    default_storage.delete(kept.storage_name)
    default_storage.delete(kept.storage_name)  # as with a folder that another clean-up emptied first
    assert browser.get(reverse("attachment", args=[kept.pk])).status_code == 404


def test_a_prefix_keeps_ours_apart(bucket: str, settings: Any) -> None:
    use(f"{bucket}&prefix=a/b", settings)
    store_bytes(BytesIO(b"inside"))
    assert len(stored()) == 1
    use(bucket, settings)
    assert stored() == []
    assert default_storage.listdir("a")[0] == ["b"]


def test_the_bucket_is_told_the_sum_that_the_bytes_must_have(bucket: str) -> None:
    sha256, _size = store_bytes(BytesIO(PNG))
    assert isinstance(default_storage, LazyObject)
    key = Attachment(sha256=sha256).storage_name
    head = default_storage.client.head_object(Bucket=bucket_of(bucket), Key=key, ChecksumMode="ENABLED")
    assert base64.b64decode(head["ChecksumSHA256"]).hex() == sha256


def test_check_tells_whether_the_bucket_works(bucket: str, settings: Any) -> None:
    assert not checks.files().is_wrong
    assert default_storage.listdir("")[0] == []  # the probe is gone
    use(bucket.replace("/files-", "/missing-"), settings)
    finding = checks.files()
    assert finding.is_wrong
    assert "NoSuchBucket" in finding.text
    assert "sec" not in finding.text


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [(403, DENIED, "AccessDenied"), (500, BROKEN, "InternalError"), (None, b"", "timeout"), (404, b"", "")],
)
def test_a_bucket_that_refuses_takes_nothing_and_says_so(
    world: World, browser: Client, settings: Any, short_patience: None, status: int | None, body: bytes, reason: str
) -> None:
    """404 without a word is a bucket that is not there: for an upload, the same."""
    with bad_server(status, body) as bad:
        use(bad.url, settings)
        form = {"kind": "reply", "body": "My answer", "uploads": SimpleUploadedFile("a.txt", b"a")}
        answer = browser.post(f"/tickets/{world.ticket.number}/comments", form)
        assert answer.status_code == 503
        assert "My answer" in answer.text
        assert "Try again in a moment" in answer.text
        finding = checks.files()
        assert finding.is_wrong
        assert reason in finding.text or "a moment ago" in finding.text
    assert world.trail() == []
    assert not Attachment.objects.exists()


def test_a_download_of_a_bucket_that_refuses_is_503(world: World, browser: Client, settings: Any, bucket: str) -> None:
    file = upload(world)
    with bad_server(403, DENIED) as bad:
        use(bad.url, settings)
        answer = browser.get(reverse("attachment", args=[file.pk]))
        assert (answer.status_code, "Try again in a moment" in answer.text) == (503, True)
    use(bucket, settings)
    answer = browser.get(reverse("attachment", args=[file.pk]))
    assert b"".join(answer.streaming_content) == PNG  # type: ignore[attr-defined]


def test_a_download_that_breaks_off_is_no_early_end(settings: Any) -> None:
    with bad_server(200, b"half", promised=8) as bad:
        use(bad.url, settings)
        with default_storage.open("attachments/aa/whatever") as file, pytest.raises(OSError, match="4 read"):
            file.read()


def test_a_bucket_that_hangs_is_left_alone_for_a_while(settings: Any, short_patience: None) -> None:
    with bad_server(None) as bad:
        use(bad.url, settings)
        for _ in range(5):
            with pytest.raises(Unavailable):
                store_bytes(BytesIO(b"x"))
        assert bad.asked <= s3.TRIES


def test_a_mail_waits_for_the_bucket_and_loses_nothing(world: World, settings: Any, bucket: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "sarah@acme.example", "support@supportflow.example", "Report"
    message.set_content("See the file.")
    message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="report.csv")
    with bad_server(500, BROKEN) as bad:
        use(bad.url, settings)
        mail, _new = receive(message.as_bytes(), "sarah@acme.example", [], source="smtp")
        run_due_jobs(delayed=True)
        mail.refresh_from_db()
        assert (mail.state, mail.attempts) == ("RECEIVED", 0)
    use(bucket, settings)
    with clock.at(timezone.now() + LOOSE_FOR):
        from supportflow.mail.tasks import sweep

        sweep.enqueue()
        run_due_jobs(delayed=True)
    assert InboundMail.objects.get().state == "DONE"
    [file] = Comment.objects.get(ticket__subject="Report").attachments.all()
    with default_storage.open(file.storage_name) as content:
        assert content.read() == b"a,b\n1,2\n"
