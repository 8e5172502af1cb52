from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from supportflow.desk.content import Content
from supportflow.desk.operations import move_ticket, note_on_ticket
from supportflow.files.models import Attachment
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World


@pytest.fixture(autouse=True)
def files_of_their_own(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def send(caller: Caller, fields: Any, headers: dict[str, str] | None = None) -> Any:
    sent = {"Authorization": f"Bearer {caller.secret}", **(headers or {})}
    return caller.client.post("/api/attachments", fields, headers=sent)


def file(
    name: str = "Rechnung März.pdf", content: bytes = b"%PDF-1", kind: str = "application/pdf"
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_file_goes_up_and_comes_down_as_it_was(api: Caller, world: World) -> None:
    answer = send(api, {"file": file()})
    assert answer.status_code == 201
    row = answer.json()
    assert answer["Location"] == f"/api/attachments/{row['id']}"
    assert (row["name"], row["size"], row["type"]) == ("Rechnung März.pdf", 6, "application/pdf")
    assert row["url"].endswith(f"/api/attachments/{row['id']}/content")
    assert api.get(f"attachments/{row['id']}").json() == row
    download = api.get(f"attachments/{row['id']}/content")
    assert body_of(download) == b"%PDF-1"
    assert download["Content-Disposition"] == "attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf"
    assert download["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in download["Content-Security-Policy"]
    assert world.actions() == ["attachment.uploaded"]


def test_a_page_among_the_files_is_never_shown_as_one(api: Caller) -> None:
    row = send(api, {"file": file("x.html", b"<script>alert(1)</script>", "text/html")}).json()
    download = api.get(f"attachments/{row['id']}/content")
    assert download["Content-Disposition"].startswith("attachment")
    assert body_of(download).startswith(b"<script>")


def test_each_download_asks_for_todays_rights(api: Caller, api_of: Any, world: World) -> None:
    emma = api_of(world.emma)
    row = send(api, {"file": file()}).json()
    path = f"attachments/{row['id']}/content"
    assert emma.get(path).status_code == 404, "loose: the uploader's alone"
    held = list(Attachment.objects.filter(pk=row["id"]))
    note_on_ticket(world.ticket, Content.from_markdown("x"), attachments=held, by=world.john)
    assert body_of(emma.get(path)) == b"%PDF-1"
    move_ticket(world.ticket, world.secret, by=world.olivia)
    for caller in (emma, api):
        assert caller.get(path).status_code == 404
        assert caller.get(f"attachments/{row['id']}").status_code == 404
    assert body_of(api_of(world.priya).get(path)) == b"%PDF-1"


def test_a_head_request_has_the_headers_alone(api: Caller) -> None:
    row = send(api, {"file": file()}).json()
    answer = api.call("head", f"attachments/{row['id']}/content")
    assert (answer.status_code, answer.content, answer["Content-Length"]) == (200, b"", "6")


def test_too_large_a_file_is_413_and_leaves_nothing(api: Caller, world: World, settings: Any) -> None:
    settings.MAX_FILE_BYTES = 1000
    assert send(api, {"file": file(content=b"x" * 1000)}).status_code == 201
    for size in (1001, 200_000):
        answer = send(api, {"file": file(content=b"x" * size)})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert Attachment.objects.count() == 1


def test_what_is_no_upload_is_told_so(api: Caller, world: World) -> None:
    assert wrong_fields(send(api, {})) == ["file"]
    assert wrong_fields(send(api, {"file": "a text"})) == ["file"]
    assert wrong_fields(send(api, {"file": [file(), file()]})) == ["file"]
    assert wrong_fields(send(api, {"file": file(), "comment": "x"})) == ["comment"]
    assert api.post("attachments", {"file": "x"}).status_code == 415
    broken = api.client.post(
        "/api/attachments", b"nonsense", "multipart/form-data", headers={"Authorization": f"Bearer {api.secret}"}
    )
    assert (broken.status_code, broken.json()["code"]) == (400, "malformed")
    assert world.actions() == []


def test_a_name_with_folders_and_controls_is_tamed(api: Caller) -> None:
    for name in ("../../etc/passwd", "..\\..\\evil.exe", "a\x07b\u202etxt.exe", "." * 50, "x" * 5000):
        row = send(api, {"file": file(name)}).json()
        assert not set("/\\\x07\u202e") & set(row["name"])
        assert 0 < len(row["name"].encode()) <= 200


def test_a_repeated_upload_with_a_key_makes_one_file(api: Caller) -> None:
    key = {"Idempotency-Key": "upload-1"}
    first, again = send(api, {"file": file()}, key), send(api, {"file": file()}, key)
    assert (again.status_code, again.content) == (201, first.content)
    assert Attachment.objects.count() == 1
    other = send(api, {"file": file(content=b"other")}, key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
