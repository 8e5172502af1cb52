from typing import Any

from supportflow.accounts.models import User
from supportflow.desk.content import Content
from supportflow.desk.draft_models import Draft
from supportflow.desk.operations import hold_reply
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World


def sent(world: World, **values: Any) -> dict[str, Any]:
    return {"ticket": world.ticket.number, "visibility": "PUBLIC", "body": "Dear Sarah,", **values}


def test_a_draft_is_kept_read_and_discarded(api: Caller, world: World) -> None:
    answer = api.post("drafts", sent(world, cc="it@acme.example"))
    draft = answer.json()
    assert answer.status_code == 201
    assert (draft["body"], draft["cc"], draft["send_at"], draft["problem"]) == (
        "Dear Sarah,",
        "it@acme.example",
        None,
        None,
    )
    assert api.get(f"drafts/{draft['id']}").json() == draft
    assert api.items("drafts") == [draft]
    assert api.delete(f"drafts/{draft['id']}").status_code == 204
    assert api.items("drafts") == []
    assert world.actions() == []


def test_it_is_the_one_of_the_page(api: Caller, browser: Any, world: World) -> None:
    api.post("drafts", sent(world, visibility="INTERNAL", body="From elsewhere"))
    assert b"From elsewhere" in browser.get(world.ticket.get_absolute_url()).content


def test_another_state_than_the_one_seen_is_not_overwritten(api: Caller, world: World) -> None:
    first = api.post("drafts", sent(world)).json()
    assert api.post("drafts", sent(world, body="Blind")).json()["code"] == "draft_changed"
    second = api.post("drafts", sent(world, body="Dear Sarah, hello", seen=first["seen"])).json()
    assert second["id"] == first["id"]
    assert api.post("drafts", sent(world, body="Late", seen=first["seen"])).status_code == 409


def test_nobody_else_finds_it(api: Caller, api_of: Any, world: World) -> None:
    draft = api.post("drafts", sent(world)).json()
    other = api_of(world.olivia)
    assert other.items("drafts") == []
    for answer in (
        other.get(f"drafts/{draft['id']}"),
        other.delete(f"drafts/{draft['id']}"),
        other.post(f"drafts/{draft['id']}/undo"),
    ):
        assert answer.status_code == 404
    assert api.post("drafts", sent(world, ticket=world.hidden.number)).status_code == 404


def test_nonsense_is_named(api: Caller, world: World) -> None:
    assert wrong_fields(api.post("drafts", sent(world, body=""))) == ["body"]
    assert wrong_fields(api.post("drafts", sent(world, visibility="INTERNAL", bcc="a@b.example"))) == ["bcc"]
    assert wrong_fields(api.post("drafts", sent(world, attachment_ids=[999]))) == ["attachment_ids"]
    assert api.get("drafts/999").status_code == 404


def test_a_held_reply_is_taken_back_once(api: Caller, world: World) -> None:
    john = User.objects.get(pk=world.john.pk)
    held = hold_reply(world.ticket, Content.from_markdown("Wait"), by=john)
    assert api.items("drafts")[0]["send_at"]
    answer = api.post(f"drafts/{held.pk}/undo")
    assert (answer.status_code, answer.json()["send_at"]) == (200, None)
    assert api.post(f"drafts/{held.pk}/undo").json()["code"] == "already_sent"
    assert Draft.objects.begun().count() == 1


def test_a_mention_by_the_api_counts(api: Caller, world: World) -> None:
    note = {"ticket": world.ticket.number, "visibility": "INTERNAL", "body": "@Emma Clarke and @Nobody"}
    assert api.post("comments", note).json()["mentions"] == [world.emma.pk]


def test_a_reply_that_waits_to_go_out_is_not_discarded(api: Caller, world: World) -> None:
    held = hold_reply(world.ticket, Content.from_markdown("Dear Sarah"), by=world.john)
    assert api.delete(f"drafts/{held.pk}").json()["code"] == "reply_waits"
    assert api.items("drafts")[0]["send_at"] is not None
    assert api.post(f"drafts/{held.pk}/undo").status_code == 200
    assert api.delete(f"drafts/{held.pk}").status_code == 204
