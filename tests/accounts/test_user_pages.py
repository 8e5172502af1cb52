from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import create_team, create_user, deactivate_user
from tests.conftest import World

SignIn = Callable[[User], Client]


@pytest.fixture
def olivia(world: World, sign_in: SignIn) -> Client:
    return sign_in(world.olivia)


def test_the_list_finds_people(olivia: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    page = olivia.get("/settings/users").content.decode()
    assert page.count('id="user-') == 5
    found = olivia.get("/settings/users?q=emma").content.decode()
    assert found.count('id="user-') == 1
    for number in range(3):
        with django_assert_num_queries(6):
            olivia.get("/settings/users")
        create_user(f"new{number}@supportflow.example", "New", by=world.olivia)


def test_name_address_and_role_change(olivia: Client, world: World) -> None:
    values = {"name": "John R.", "email": "jr@supportflow.example", "role": "SUPERVISOR", "seen": world.john.version}
    assert olivia.post(f"/settings/users/{world.john.pk}", values).status_code == 302
    world.john.refresh_from_db()
    assert (world.john.name, world.john.email, world.john.role) == ("John R.", "jr@supportflow.example", "SUPERVISOR")
    answer = olivia.post(f"/settings/users/{world.john.pk}", values)  # somebody saw an older version
    assert answer.status_code == 422
    answer = olivia.post(
        f"/settings/users/{world.john.pk}", values | {"seen": world.john.version, "email": "emma@supportflow.example"}
    )
    assert answer.status_code == 422
    assert world.actions() == ["user.updated"]


def test_the_last_administrator_stays_one(olivia: Client, world: World) -> None:
    values = {"name": "Olivia Brown", "email": world.olivia.email, "role": "AGENT", "seen": world.olivia.version}
    assert olivia.post(f"/settings/users/{world.olivia.pk}", values).status_code == 409
    assert b"last administrator" in olivia.post(f"/settings/users/{world.olivia.pk}/departure").content
    world.olivia.refresh_from_db()
    assert (world.olivia.role, world.olivia.is_active) == ("ADMIN", True)


def test_who_has_left_stays_in_a_team_until_taken_out(olivia: Client, world: World) -> None:
    team = create_team("First line", members=[world.john, world.emma], by=world.olivia)
    deactivate_user(world.john, by=world.olivia)
    path, new = f"/settings/teams/{team.pk}", olivia.get("/settings/teams").content
    assert (b"Deactivated" in olivia.get(path).content, b"John Reyes" in new) == (True, False)
    kept = {"name": "Second line", "members": [world.john.pk, world.emma.pk], "seen": team.version}
    assert olivia.post(path, kept).status_code == 302
    assert set(team.members.all()) == {world.john, world.emma}
    team.refresh_from_db()
    assert olivia.post(path, kept | {"members": [world.emma.pk], "seen": team.version}).status_code == 302
    team.refresh_from_db()
    assert olivia.post(path, kept | {"seen": team.version}).status_code == 422  # out, and not at work


def test_teams_are_made_and_changed(olivia: Client, world: World, browser: Client) -> None:
    assert browser.get("/settings/teams").status_code == 403
    made = {"name": "First line", "is_private": "on", "members": [world.john.pk, world.emma.pk]}
    assert olivia.post("/settings/teams", made).status_code == 302
    team = Team.objects.get(name="First line")
    assert (team.is_private, team.members.count()) == (True, 2)
    assert olivia.post("/settings/teams", {"name": "first LINE"}).status_code == 422
    changed = {"name": "Second line", "members": [world.emma.pk], "seen": team.version}
    assert olivia.post(f"/settings/teams/{team.pk}", changed).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.is_private, list(team.members.all())) == ("Second line", False, [world.emma])
    assert olivia.post(f"/settings/teams/{team.pk}", changed).status_code == 422  # an older version was seen
    assert world.actions() == ["team.created", "team.updated", "team.members_changed"]
    assert b"First line" not in olivia.get("/settings/teams").content
