"""Who sees what: the list's rule and the row's rule are one rule, for every actor and every ticket."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from django.test import Client

from supportflow.accounts.models import User
from supportflow.accounts.operations import create_team, set_team_members
from supportflow.core.actors import Actor
from supportflow.core.errors import Invalid
from supportflow.crm.models import Contact
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import (
    create_ticket,
    edit_ticket,
    note_on_ticket,
    reply_to_ticket,
    set_further_contacts,
    trash_ticket,
)
from tests.conftest import BY, World

TEXT = Content.from_markdown("Hello")


@pytest.fixture
def crowd(world: World) -> World:
    """Tickets of every team, contact, copy and state, each with a reply, a held reply and a note."""
    open_team = create_team("Open", members=[world.john], by=world.olivia)
    for team, contact, copied, trashed in product(
        (None, open_team, world.secret), (world.sarah, world.lisa), (0, 1), (0, 1)
    ):
        ticket = create_ticket("t", contact, TEXT, team_id=team.pk if team else None, by=BY)
        if copied:
            set_further_contacts(ticket, [world.lisa if contact == world.sarah else world.sarah], by=BY)
        reply_to_ticket(ticket, TEXT, by=world.olivia)
        held = reply_to_ticket(ticket, TEXT, by=world.olivia)
        Comment.objects.filter(pk=held.pk).update(delivery_state="HELD")
        note_on_ticket(ticket, TEXT, by=world.olivia)
        if trashed:
            trash_ticket(ticket, by=BY)
    return world


def actors(world: World) -> list[Actor]:
    people = list(User.objects.order_by("pk"))
    gone = User.objects.get(pk=world.john.pk)
    gone.is_active = False
    return [BY, gone, *people, *Contact.objects.order_by("pk")]


def test_the_list_and_the_row_agree_for_everybody(crowd: World) -> None:
    for actor in actors(crowd):
        listed = set(Ticket.objects.visible_to(actor))
        assert listed == {ticket for ticket in Ticket.objects.all() if ticket.is_visible_to(actor)}, actor
        comments = set(Comment.objects.visible_to(actor))
        assert comments == {comment for comment in Comment.objects.all() if comment.is_visible_to(actor)}, actor


def test_agents_see_all_but_private_teams_and_the_rest_sees_more(crowd: World) -> None:
    everything = Ticket.objects.count()
    private = Ticket.objects.filter(team=crowd.secret).count()
    seen = {
        user.name: Ticket.objects.visible_to(user).count()
        for user in (crowd.john, crowd.emma, crowd.priya, crowd.omar, crowd.olivia)
    }
    assert seen == {
        "John Reyes": everything - private,
        "Emma Clarke": everything - private,
        "Priya Nair": everything,
        "Omar Haddad": everything,
        "Olivia Brown": everything,
    }
    assert not Ticket.objects.visible_to(User.objects.system()).exists()


def test_customers_see_public_comments_of_their_own_and_copied_tickets_alone(crowd: World) -> None:
    for contact in (crowd.sarah, crowd.lisa):
        tickets = Ticket.objects.visible_to(contact)
        assert tickets.exists()
        for ticket in tickets:
            assert ticket.contact == contact or contact in ticket.further_contacts.all()
            assert not ticket.is_trashed
        comments = Comment.objects.visible_to(contact)
        assert {comment.ticket_id for comment in comments} == {ticket.pk for ticket in tickets}
        assert not [c for c in comments if c.is_internal or c.delivery_state == "HELD"]


def test_leaving_a_team_closes_its_door_at_once(crowd: World) -> None:
    set_team_members(crowd.secret, [crowd.emma], by=crowd.olivia)
    priya, emma = (User.objects.get(pk=user.pk) for user in (crowd.priya, crowd.emma))
    assert not Ticket.objects.visible_to(priya).filter(team=crowd.secret).exists()
    assert Ticket.objects.visible_to(emma).filter(team=crowd.secret).exists()


def test_a_private_team_does_not_exist_for_others(
    world: World, browser: Client, sign_in: Callable[[User], Client]
) -> None:
    for path in ("/tickets/filters", "/tickets/new", f"{world.ticket.get_absolute_url()}/edit"):
        assert "Secret" not in browser.get(path).content.decode()
        assert "Secret" in sign_in(world.priya).get(path).content.decode()
    answer = browser.post(f"{world.ticket.get_absolute_url()}/fields", {"team": world.secret.pk})
    assert answer.status_code == 422
    with pytest.raises(Invalid) as refusal:
        edit_ticket(world.ticket, team_id=world.secret.pk, by=world.john)
    assert set(refusal.value.fields) == {"team_id"}
    assert world.actions() == []
    edit_ticket(world.ticket, team_id=world.secret.pk, by=world.priya)


@pytest.mark.parametrize("name", ["follow_up_of", "claims_to_answer"])
def test_a_ticket_tells_nothing_of_a_hidden_one_beside_it(
    world: World, sign_in: Callable[[User], Client], name: str
) -> None:
    beside: Any = {name: world.hidden}
    ticket = create_ticket("Once more", world.sarah, TEXT, **beside, by=BY)
    seen = {user: sign_in(user).get(ticket.get_absolute_url()).content.decode() for user in (world.john, world.priya)}
    assert world.hidden.number in seen[world.priya]
    assert world.hidden.number not in seen[world.john]
    assert world.hidden.subject not in seen[world.john]
