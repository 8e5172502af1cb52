from collections.abc import Callable
from io import BytesIO

import pytest
from django.test import Client

from supportflow.accounts.models import User
from supportflow.desk.content import Content
from supportflow.desk.operations import move_ticket, note_on_ticket
from supportflow.files.models import Attachment
from supportflow.files.operations import keep_file, store_bytes
from tests.conftest import World


def upload(world: World, name: str, content: bytes, content_type: str) -> Attachment:
    sha256, size = store_bytes(BytesIO(content))
    return keep_file(name, sha256, size, content_type=content_type, by=world.john)


def taken(client: Client, file: Attachment, path: str = "") -> str:
    """The content type, once the whole file was read (which closes it)."""
    answer = client.get(f"/attachments/{file.pk}{path}")
    assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return answer["Content-Type"]


@pytest.fixture
def page_in_disguise(world: World) -> Attachment:
    file = upload(world, "ä “page”.html", b"<script>alert(1)</script>", "text/html")
    note_on_ticket(world.ticket, Content.from_markdown("See file"), attachments=[file], by=world.john)
    return file


def test_a_file_comes_as_a_download_that_cannot_run(browser: Client, page_in_disguise: Attachment) -> None:
    answer = browser.get(f"/attachments/{page_in_disguise.pk}")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%C3%A4")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert browser.get(f"/attachments/{page_in_disguise.pk}/picture").status_code == 404


def test_rights_are_asked_at_each_download(
    world: World, browser: Client, page_in_disguise: Attachment, sign_in: Callable[[User], Client]
) -> None:
    move_ticket(world.ticket, world.secret, by=world.omar)
    assert browser.get(f"/attachments/{page_in_disguise.pk}").status_code == 404
    assert taken(sign_in(world.priya), page_in_disguise)


def test_what_is_not_sent_yet_is_its_uploaders_alone(
    world: World, browser: Client, sign_in: Callable[[User], Client]
) -> None:
    loose = upload(world, "draft.png", b"\x89PNG", "image/png")
    assert sign_in(world.emma).get(f"/attachments/{loose.pk}").status_code == 404
    assert taken(browser, loose, "/picture") == "image/png"


def test_lost_bytes_are_a_missing_page(browser: Client, world: World) -> None:
    row = keep_file("gone.txt", "0" * 64, 5, by=world.john)
    assert browser.get(f"/attachments/{row.pk}").status_code == 404
