from typing import Any

from supportflow.accounts.operations import create_team, deactivate_user
from supportflow.crm.operations import create_company, trash_contact
from supportflow.desk.operations import create_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.search.operations import build_all
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World


def test_users_are_listed_without_the_built_in_one(api: Caller, world: World) -> None:
    create_team("First line", members=[world.emma], by=world.olivia)
    deactivate_user(world.priya, by=world.olivia)
    names = [user["name"] for user in api.items("users")]
    assert names == ["Emma Clarke", "John Reyes", "Olivia Brown", "Omar Haddad", "Priya Nair"]
    assert [user["name"] for user in api.items("users?is_active=false")] == ["Priya Nair"]
    assert [user["name"] for user in api.items("users?role=ADMIN&role=SUPERVISOR")] == ["Olivia Brown", "Omar Haddad"]
    assert [user["name"] for user in api.items("users?q=EMMA@supportflow.example")] == ["Emma Clarke"]
    emma = api.get(f"users/{world.emma.pk}").json()
    assert set(emma) == {
        "id", "name", "email", "role", "is_active", "time_zone", "picture_url", "teams", "created_at", "updated_at",
    }  # fmt: skip
    assert [team["name"] for team in emma["teams"]] == ["First line"]
    assert wrong_fields(api.get("users?role=SYSTEM")) == ["role"]
    assert wrong_fields(api.get("users?password=x")) == ["password"]
    assert api.get("users/999999").status_code == 404
    assert api.post("users", {"name": "x"}).status_code == 405


def test_a_private_team_is_seen_from_inside_and_above_alone(api: Caller, api_of: Any, world: World) -> None:
    path = f"teams/{world.secret.pk}"
    assert (api.items("teams"), api.get(path).status_code) == ([], 404)
    assert api.get(f"users/{world.priya.pk}").json()["teams"] == []
    for insider in (world.priya, world.omar, world.olivia):
        caller = api_of(insider)
        assert caller.get(path).json()["members"] == [{"id": world.priya.pk, "name": "Priya Nair"}]
        assert caller.get(f"users/{world.priya.pk}").json()["teams"] == [{"id": world.secret.pk, "name": "Secret"}]


def test_search_finds_tickets_contacts_and_companies(api: Caller, world: World) -> None:
    """More of it in tests/search."""

    def found(q: str) -> list[tuple[str, int]]:
        run_due_jobs()
        answer = api.client.get("/api/search", {"q": q}, headers={"Authorization": f"Bearer {api.secret}"})
        return [(item["type"], item["id"]) for item in answer.json()["items"]]

    build_all()
    labs = create_company(name="Johnson Labs", by=BY).pk
    about = create_ticket(f"About {world.ticket.number} and Johnson", world.lisa, by=BY).pk
    assert found("johnson") == [
        ("company", labs), ("contact", world.sarah.pk), ("ticket", about), ("ticket", world.ticket.pk),
    ]  # fmt: skip
    assert found(world.ticket.number) == [("ticket", world.ticket.pk), ("ticket", about)]
    assert set(found("Sarah@acme.example")) == {("ticket", world.ticket.pk), ("contact", world.sarah.pk)}
    assert found("acme.example in:companies") == [("company", world.acme.pk)]
    assert found("A secret") == []
    assert found("%") == found("' OR 1=1") == []
    trash_contact(world.sarah, by=BY)
    assert ("contact", world.sarah.pk) not in found("johnson")
    item = api.get("search?q=johnson&type=ticket").json()["items"][0]
    assert item == {
        "type": "ticket",
        "id": about,
        "number": f"T-{about:04d}",
        "name": f"About {world.ticket.number} and Johnson",
        "url": f"http://127.0.0.1:8000/tickets/T-{about:04d}",
        "snippet": "",
        "score": item["score"],
    }
    assert wrong_fields(api.get("search")) == wrong_fields(api.get("search?q=")) == ["q"]
    assert wrong_fields(api.get("search?q=x&limit=5")) == ["limit"]
