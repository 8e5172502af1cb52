"""Users, invitations, teams and the own settings by API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from supportflow.accounts.models import Team
from supportflow.accounts.operations import create_team, deactivate_user
from supportflow.desk.models import Ticket
from supportflow.desk.operations import create_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World
from tests.pictures import png


@pytest.fixture
def olivia(world: World, api_of: Any) -> Caller:
    caller: Caller = api_of(world.olivia)
    return caller


def test_somebody_is_invited_reminded_and_forgotten(olivia: Caller, world: World) -> None:
    answer = olivia.post("invitations", {"email": "ann@supportflow.example", "role": "SUPERVISOR"})
    made = answer.json()
    assert (answer.status_code, made["role"], made["invited_by"]) == (201, "SUPERVISOR", "Olivia Brown")
    assert "nonce" not in answer.content.decode()
    path = f"invitations/{made['id']}"
    assert [row["email"] for row in olivia.items("invitations")] == ["ann@supportflow.example"]
    assert olivia.get(path).json() == made
    assert olivia.post(f"{path}/sending").status_code == 200
    assert olivia.delete(path, {"If-Match": answer["ETag"]}).status_code == 412
    assert olivia.delete(path).status_code == 204
    assert olivia.get(path).status_code == 404
    assert world.actions() == ["invitation.created", "invitation.sent", "invitation.withdrawn"]
    assert wrong_fields(olivia.post("invitations", {"email": "nobody"})) == ["email"]


def test_an_agent_sets_up_nobody(api: Caller, world: World) -> None:
    path = f"users/{world.emma.pk}"
    for answer in (
        api.get("invitations"),
        api.post("invitations", {"email": "ann@supportflow.example"}),
        api.patch(path, {"role": "ADMIN"}),
        api.post(f"{path}/deactivation", {}),
        api.post(f"{path}/reactivation"),
        api.post("teams", {"name": "x"}),
        api.patch(f"teams/{world.secret.pk}", {"name": "x"}),
    ):
        assert answer.status_code == 403
    assert world.actions() == []


def test_a_user_is_changed_and_leaves_and_returns(olivia: Caller, world: World) -> None:
    row = create_ticket("Order", world.sarah, assignee_id=world.john.pk, by=BY)
    path = f"users/{world.john.pk}"
    answer = olivia.patch(path, {"name": "John R.", "role": "SUPERVISOR"})
    assert (answer.json()["name"], answer.json()["role"], answer["ETag"]) == ("John R.", "SUPERVISOR", '"v2"')
    assert olivia.patch(path, {"name": "x"}, {"If-Match": '"v1"'}).status_code == 412
    assert wrong_fields(olivia.post(f"{path}/deactivation", {"successor_id": 999_999})) == ["successor_id"]
    left = olivia.post(f"{path}/deactivation", {"successor_id": world.emma.pk})
    assert (left.status_code, left.json()["is_active"]) == (200, False)
    run_due_jobs()
    assert Ticket.objects.get(pk=row.pk).assignee == world.emma
    assert olivia.post(f"{path}/reactivation").json()["is_active"] is True
    answer = olivia.post(f"users/{world.olivia.pk}/deactivation", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert olivia.patch(f"users/{world.olivia.pk}", {"role": "AGENT"}).json()["code"] == "last_admin"


def test_a_team_is_made_changed_replaced_and_dissolved(olivia: Caller, world: World) -> None:
    answer = olivia.post("teams", {"name": "First line", "member_ids": [world.john.pk]})
    path = f"teams/{answer.json()['id']}"
    assert [member["name"] for member in answer.json()["members"]] == ["John Reyes"]
    changed = olivia.patch(path, {"is_private": True}).json()
    assert (changed["is_private"], len(changed["members"])) == (True, 1)
    assert olivia.put(path, {"name": "Second line"}).json()["members"] == []
    assert wrong_fields(olivia.patch(path, {"member_ids": [999_999]})) == ["member_ids"]
    assert wrong_fields(olivia.post("teams", {"name": "SECOND line"})) == ["name"]
    world.ticket.refresh_from_db()
    olivia.patch(f"tickets/{world.ticket.number}", {"team_id": answer.json()["id"]})
    assert wrong_fields(olivia.post(f"{path}/dissolution", {"successor_id": 999_999})) == ["successor_id"]
    ended = olivia.post(f"{path}/dissolution", {"successor_id": world.secret.pk})
    assert (ended.status_code, ended.json()) == (202, {"done": False, "tickets": 1})
    run_due_jobs()
    assert olivia.get(path).status_code == 404
    assert Ticket.objects.get(pk=world.ticket.pk).team == world.secret
    empty = Team.objects.create(name="Empty")
    assert olivia.post(f"teams/{empty.pk}/dissolution", {}).json() == {"done": True, "tickets": 0}


def test_what_is_got_of_a_team_can_be_put_though_somebody_left(olivia: Caller, world: World) -> None:
    path = f"teams/{create_team('First line', members=[world.john, world.emma], by=world.olivia).pk}"
    deactivate_user(world.john, by=world.olivia)
    got = olivia.get(path).json()
    sent = {"name": got["name"], "is_private": got["is_private"], "member_ids": [row["id"] for row in got["members"]]}
    assert olivia.put(path, sent).json() == got
    assert wrong_fields(olivia.post("teams", sent | {"name": "Other"})) == ["member_ids"]


def test_the_own_settings(api: Caller, world: World) -> None:
    answer = api.patch("me", {"time_zone": "Europe/Berlin", "signature": "*J*", "has_shortcuts": False})
    told = answer.json()
    assert (told["time_zone"], told["signature"], told["has_shortcuts"]) == ("Europe/Berlin", "*J*", False)
    assert wrong_fields(api.patch("me", {"time_zone": "Mars/Base"})) == ["time_zone"]
    assert wrong_fields(api.patch("me", {"role": "ADMIN"})) == ["role"]
    assert world.actions() == ["user.updated"]


def test_the_own_picture(api: Caller, world: World) -> None:
    def upload(content: bytes) -> Any:
        sent = {"file": SimpleUploadedFile("me.png", content)}
        return Client().post("/api/me/picture", sent, headers={"Authorization": f"Bearer {api.secret}"})

    assert f"/users/{world.john.pk}/picture/" in upload(png()).json()["picture_url"]
    assert wrong_fields(upload(b"no picture")) == ["file"]
    assert api.post("me/picture", {}).status_code == 415
    assert api.delete("me/picture").status_code == 204
    assert api.get("me").json()["picture_url"] is None


def test_tags_are_merged(world: World, api: Caller, api_of: Any) -> None:
    old, new = create_tag("bugs", by=BY), create_tag("bug", by=BY)
    create_ticket("Order", world.sarah, tags=["bugs"], by=BY)
    assert api.post(f"tags/{old.pk}/merging", {"into_id": new.pk}).status_code == 403
    omar = api_of(world.omar)
    answer = omar.post(f"tags/{old.pk}/merging", {"into_id": new.pk})
    assert (answer.status_code, answer.json()["tickets"], answer.json()["contacts"]) == (202, 1, 0)
    for into in (999_999, old.pk):
        assert wrong_fields(omar.post(f"tags/{old.pk}/merging", {"into_id": into})) == ["into_id"]
    run_due_jobs()
    assert list(Tag.objects.values_list("name", flat=True)) == ["bug"]
    assert Ticket.objects.filter(tags=new).count() == 1
