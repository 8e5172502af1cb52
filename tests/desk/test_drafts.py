"""Drafts on the server: one a person, ticket and kind, whatever device they are written on."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from supportflow.accounts.operations import deactivate_user
from supportflow.core import clock
from supportflow.core.errors import NotFound
from supportflow.desk.draft_models import Draft
from supportflow.desk.models import Comment
from supportflow.desk.operations import keep_draft, trash_ticket
from supportflow.desk.operations.drafts import KEPT_FOR, drop_old_drafts
from supportflow.files.models import Attachment
from supportflow.files.operations import LOOSE_FOR, drop_loose_files
from tests.conftest import World
from tests.together import together


def save(client: Client, world: World, status: int = 200, **data: Any) -> dict[str, Any]:
    answer = client.post(f"/tickets/{world.ticket.number}/drafts", {"kind": "reply", **data})
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def upload(client: Client, world: World, status: int = 201, **data: Any) -> dict[str, Any]:
    file = data.pop("file", SimpleUploadedFile("log.txt", b"hello", "text/plain"))
    answer = client.post(f"/tickets/{world.ticket.number}/uploads", {"kind": "reply", "uploads": file, **data})
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def page(client: Client, world: World) -> str:
    return client.get(world.ticket.get_absolute_url()).content.decode()


def test_what_is_typed_is_there_on_another_device(browser: Client, world: World, sign_in: Any) -> None:
    save(browser, world, body="Dear **Sarah**", cc="it@acme.example", bcc="boss@acme.example")
    save(browser, world, kind="note", body="She called")
    html = page(sign_in(world.john), world)
    for text in ("Dear **Sarah**", "it@acme.example", "boss@acme.example", "She called"):
        assert text in html
    assert world.actions() == []  # what somebody types is nobody else's business


def test_nobody_else_sees_it(browser: Client, world: World, sign_in: Any) -> None:
    save(browser, world, body="Mine alone")
    assert "Mine alone" not in page(sign_in(world.olivia), world)
    assert b"Mine alone" not in sign_in(world.olivia).get("/drafts").content
    draft = Draft.objects.get()
    assert sign_in(world.olivia).post(f"/drafts/{draft.pk}/discard").status_code == 404
    assert Draft.objects.count() == 1


def test_each_save_stands_on_the_one_before(browser: Client, world: World) -> None:
    first = save(browser, world, body="One", seen="")
    second = save(browser, world, body="One two", seen=first["seen"])
    assert int(second["seen"]) > int(first["seen"])
    clash = save(browser, world, 409, body="One three", seen=first["seen"])
    assert (clash["code"], clash["body"], clash["seen"]) == ("draft_changed", "One two", second["seen"])
    assert Draft.objects.get().body == "One two"


def test_an_empty_one_is_gone(browser: Client, world: World) -> None:
    kept = save(browser, world, body="One")
    assert save(browser, world, body=" \n", seen=kept["seen"]) == {"seen": ""}
    assert not Draft.objects.exists()


def test_a_save_that_is_late_does_not_bring_it_back(browser: Client, world: World) -> None:
    kept = save(browser, world, body="One")
    Draft.objects.all().delete()
    assert save(browser, world, 409, body="One", seen=kept["seen"])["body"] == ""
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"kind": "shout", "body": "x"}, 422),
        ({"body": "a\x00b"}, 422),
        ({"body": "x" * 1_000_001}, 422),
        ({"body": "x", "cc": "x" * 10_001}, 422),
    ],
)
def test_nonsense_is_refused_with_the_reason(browser: Client, world: World, data: dict[str, str], status: int) -> None:
    assert save(browser, world, status, **data)["message"]
    assert not Draft.objects.exists()


def test_two_hundred_thousand_characters_are_kept(browser: Client, world: World) -> None:
    save(browser, world, body="lorem ipsum " * 17_000)
    assert len(Draft.objects.get().body) > 200_000


def test_a_hidden_ticket_has_no_drafts(browser: Client, world: World) -> None:
    for path, data in (("drafts", {"kind": "reply", "body": "x"}), ("preview", {"body": "x"}), ("uploads", {})):
        assert browser.post(f"/tickets/{world.hidden.number}/{path}", data).status_code == 404
    for path in ("recipients", "colleagues"):
        assert browser.get(f"/tickets/{world.hidden.number}/{path}").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_devices_that_begin_at_once_make_one() -> None:
    from tests.conftest import make_world

    world = make_world()
    outcomes = together(*[lambda: keep_draft(world.ticket, "reply", body="Hello", seen="", by=world.john)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Draft", "Refused"]
    assert Draft.objects.count() == 1


def test_sending_ends_the_draft_of_its_kind(browser: Client, world: World) -> None:
    save(browser, world, body="To the customer")
    save(browser, world, kind="note", body="Inside")
    browser.post(f"/tickets/{world.ticket.number}/comments", {"kind": "note", "body": "Inside"})
    assert [draft.kind for draft in Draft.objects.all()] == ["reply"]


def test_a_file_joins_the_draft_and_goes_out_with_it(browser: Client, world: World) -> None:
    answer = upload(browser, world)
    assert "log.txt" in answer["html"]
    file = Attachment.objects.get()
    assert list(Draft.objects.get().attachments.all()) == [file]
    assert "log.txt" in page(browser, world)
    form = {"kind": "reply", "body": "See there", "kept_reply": [str(file.pk)]}
    assert browser.post(f"/tickets/{world.ticket.number}/comments", form).status_code == 302
    assert list(Comment.objects.latest("pk").attachments.all()) == [file]
    assert not Draft.objects.exists()


def test_a_file_of_the_note_does_not_go_out_with_the_reply(browser: Client, world: World) -> None:
    upload(browser, world, kind="note")
    form = {"kind": "reply", "body": "Hello", "kept_note": [str(Attachment.objects.get().pk)]}
    browser.post(f"/tickets/{world.ticket.number}/comments", form)
    assert not Comment.objects.latest("pk").attachments.exists()
    assert Draft.objects.get(kind="note").attachments.count() == 1


def test_a_file_taken_off_leaves_the_draft(browser: Client, world: World) -> None:
    answer = upload(browser, world)
    save(browser, world, body="Hello", seen=answer["seen"])
    assert not Draft.objects.get().attachments.exists()


def test_files_are_bounded_by_size_number_and_sum(
    browser: Client, world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportflow.desk.operations.drafts.MAX_ON_ONE_COMMENT", 2)
    settings.MAX_FILE_BYTES = 5
    big = SimpleUploadedFile("big.txt", b"123456")
    assert "big.txt" in upload(browser, world, 413, file=big)["message"]
    upload(browser, world)
    upload(browser, world, file=SimpleUploadedFile("b.txt", b"b"))
    assert "At most 2 files" in upload(browser, world, 422)["message"]
    monkeypatch.setattr("supportflow.desk.operations.drafts.MAX_BYTES", 7)
    monkeypatch.setattr("supportflow.desk.operations.drafts.MAX_ON_ONE_COMMENT", 9)
    assert "at most" in upload(browser, world, 422)["message"]
    assert upload(browser, world, 422, file="")["message"]


def test_the_clean_up_spares_what_a_draft_holds(browser: Client, world: World) -> None:
    upload(browser, world)
    Attachment.objects.update(created_at=clock.now() - 2 * LOOSE_FOR)
    assert drop_loose_files() == 0
    Draft.objects.update(updated_at=clock.now() - KEPT_FOR - timedelta(days=1))
    assert drop_old_drafts() >= 1
    assert drop_loose_files() == 1
    assert not Attachment.objects.exists()


def test_the_page_of_drafts_lists_them_even_where_the_ticket_is_hidden_now(browser: Client, world: World) -> None:
    save(browser, world, body="Half a sentence")
    html = browser.get("/drafts").content.decode()
    assert "Half a sentence" in html
    assert world.ticket.subject in html
    world.ticket.team = world.secret
    world.ticket.save(update_fields=["team"])
    html = browser.get("/drafts").content.decode()
    assert "Half a sentence" in html
    assert world.ticket.subject not in html
    assert browser.post(f"/drafts/{Draft.objects.get().pk}/discard").status_code == 302
    assert not Draft.objects.exists()


def test_a_session_that_ended_leads_to_sign_in(world: World) -> None:
    answer = Client().post(f"/tickets/{world.ticket.number}/drafts", {"kind": "reply", "body": "x"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login")


def test_who_is_deactivated_writes_nothing_more(world: World) -> None:
    deactivate_user(world.john, by=world.olivia)
    world.john.refresh_from_db()
    with pytest.raises(NotFound):
        keep_draft(world.ticket, "reply", body="x", by=world.john)


def test_the_preview_is_what_will_be_stored(browser: Client, world: World) -> None:
    address = f"/tickets/{world.ticket.number}/preview"
    html = browser.post(address, {"body": "**Bold** <script>alert(1)</script> @Emma Clarke"}).content.decode()
    assert "<strong>Bold</strong>" in html
    assert "<script>" not in html
    assert '<span class="mention">@Emma Clarke</span>' in html
    assert "Write something first" in browser.post(address, {"body": " "}).content.decode()


def test_a_reply_refused_by_its_ticket_keeps_the_draft(browser: Client, world: World) -> None:
    save(browser, world, body="Hello")
    trash_ticket(world.ticket, by=world.omar)
    answer = browser.post(f"{world.ticket.get_absolute_url()}/comments", {"kind": "reply", "body": "Hello"})
    assert answer.status_code == 409
    assert Draft.objects.get().body == "Hello"
