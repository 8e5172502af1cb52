"""Users and teams that go: what was theirs goes on, in pieces, with a trail."""

from collections.abc import Callable

import pytest
from django.test import Client

from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import create_team, create_token, deactivate_user, delete_team, reactivate_user
from supportflow.core.errors import Forbidden, Invalid, Refused
from supportflow.desk.models import Ticket
from supportflow.desk.operations import (
    assign_ticket,
    create_macro,
    create_ticket,
    dismiss_user,
    dissolve_team,
    leaving,
    move_ticket,
    set_status,
    trash_ticket,
)
from supportflow.desk.operations.mailboxes import route_mailbox
from supportflow.jobs.testing import run_due_jobs
from tests.conftest import BY, World

SignIn = Callable[[User], Client]


@pytest.fixture
def johns(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Ticket]:
    """Five open tickets and one that is settled; two of them make a piece."""
    monkeypatch.setattr(leaving, "PIECE", 2)
    tickets = [create_ticket(f"Order {n}", world.sarah, assignee_id=world.john.pk, by=BY) for n in range(6)]
    set_status(tickets[5], "RESOLVED", by=BY)
    world.forget()
    return tickets


def holders(tickets: list[Ticket]) -> list[str | None]:
    fresh = Ticket.objects.select_related("assignee").in_bulk([ticket.pk for ticket in tickets])
    return [row.assignee.name if (row := fresh[ticket.pk]).assignee else None for ticket in tickets]


def test_open_tickets_go_to_the_colleague_and_settled_ones_stay(
    world: World, johns: list[Ticket], sign_in: SignIn, browser: Client
) -> None:
    _token, secret = create_token(world.john, "x", by=world.olivia)
    olivia, path = sign_in(world.olivia), f"/settings/users/{world.john.pk}/departure"
    assert b"5 open tickets are assigned" in olivia.get(path).content
    assert olivia.post(path, {"successor": world.emma.pk}).status_code == 302
    assert browser.get("/tickets").status_code == 302  # at once: the session is over
    assert Client().get("/api/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    run_due_jobs()
    assert holders(johns) == ["Emma Clarke"] * 5 + ["John Reyes"]
    told = [activity for activity in world.trail() if activity.action == "ticket.assigned"]
    assert [activity.actor_name for activity in told] == ["Olivia Brown"] * 5
    assert world.actions().count("user.deactivated") == 1


def test_with_nobody_named_they_are_nobodys(world: World, johns: list[Ticket], sign_in: SignIn) -> None:
    assert (
        sign_in(world.olivia).post(f"/settings/users/{world.john.pk}/departure", {"successor": ""}).status_code == 302
    )
    run_due_jobs()
    assert holders(johns) == [None] * 5 + ["John Reyes"]


def test_what_the_colleague_may_not_see_goes_to_nobody(world: World) -> None:
    assign_ticket(world.hidden, world.priya, by=BY)
    assign_ticket(world.ticket, world.priya, by=BY)
    dismiss_user(world.priya, world.john, by=world.olivia)
    run_due_jobs()
    assert holders([world.hidden, world.ticket]) == [None, "John Reyes"]


def test_a_colleague_who_left_meanwhile_gets_none(world: World, johns: list[Ticket]) -> None:
    dismiss_user(world.john, world.emma, by=world.olivia)
    deactivate_user(world.emma, by=world.olivia)
    run_due_jobs()
    assert holders(johns) == [None] * 5 + ["John Reyes"]


def test_whoever_came_back_keeps_the_rest(world: World, johns: list[Ticket]) -> None:
    dismiss_user(world.john, world.emma, by=world.olivia)
    reactivate_user(world.john, by=world.olivia)
    run_due_jobs()
    assert holders(johns) == ["John Reyes"] * 6


def test_it_is_refused_whole(world: World, johns: list[Ticket], browser: Client) -> None:
    with pytest.raises(Forbidden):
        dismiss_user(world.john, world.john, by=world.omar)  # the right first: whom one may name is not told
    with pytest.raises(Invalid):
        dismiss_user(world.john, world.john, by=world.olivia)
    with pytest.raises(Refused):
        dismiss_user(world.olivia, world.john, by=world.olivia)
    assert browser.get(f"/settings/users/{world.emma.pk}/departure").status_code == 403
    run_due_jobs()
    assert world.actions() == []
    assert holders(johns) == ["John Reyes"] * 6


@pytest.fixture
def crew(world: World, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setattr(leaving, "PIECE", 2)
    return create_team("Crew", members=[world.john], by=BY)


def test_an_empty_team_is_deleted_at_once(world: World, crew: Team, sign_in: SignIn) -> None:
    assert sign_in(world.olivia).post(f"/settings/teams/{crew.pk}/end", {"successor": ""}).status_code == 302
    assert not Team.objects.filter(pk=crew.pk).exists()
    assert world.actions()[-1] == "team.deleted"


def test_all_that_a_team_has_goes_on_before_it_ends(world: World, crew: Team, sign_in: SignIn) -> None:
    tickets = [create_ticket(f"Order {n}", world.sarah, team_id=crew.pk, by=BY) for n in range(5)]
    trash_ticket(tickets[0], by=BY)
    route_mailbox(world.mailbox, crew, by=BY)
    macro = create_macro("Hello", body="Hello", shared=True, offered_to_id=crew.pk, by=BY)
    with pytest.raises(Refused):
        delete_team(crew, by=BY)
    other = create_team("Other", by=BY)
    olivia = sign_in(world.olivia)
    assert b"5 tickets" in olivia.get(f"/settings/teams/{crew.pk}/end").content
    assert olivia.post(f"/settings/teams/{crew.pk}/end", {"successor": other.pk}).status_code == 302
    assert Team.objects.filter(pk=crew.pk).exists()
    run_due_jobs()
    assert not Team.objects.filter(pk=crew.pk).exists()
    assert set(Ticket.objects.filter(subject__startswith="Order").values_list("team", flat=True)) == {other.pk}
    assert Ticket.objects.get(pk=tickets[0].pk).is_trashed
    world.mailbox.refresh_from_db()
    macro.refresh_from_db()
    assert (world.mailbox.team, macro.team) == (other, other)
    assert world.actions().count("ticket.moved") == 5


def test_a_team_does_not_follow_itself(world: World, crew: Team) -> None:
    with pytest.raises(Invalid):
        dissolve_team(crew, crew, by=world.olivia)
    with pytest.raises(Forbidden):
        dissolve_team(crew, None, by=world.omar)
    move_ticket(world.ticket, crew, by=BY)
    assert dissolve_team(crew, None, by=world.olivia) is False
    run_due_jobs()
    world.ticket.refresh_from_db()
    assert world.ticket.team is None
