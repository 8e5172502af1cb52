"""Who else views or writes here: told to those who may see the ticket, and to nobody else."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from supportflow.accounts.models import User
from supportflow.accounts.operations import set_team_members
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import reply_to_ticket
from supportflow.live.clients import Client as LiveClient
from supportflow.live.here import Here
from supportflow.live.models import Presence
from supportflow.live.operations import CHANGES, TABS, look_at, look_away
from tests.conftest import BY, World
from tests.live.conftest import OpenStream

SignIn = Callable[[User], Client]


def address(ticket: Ticket) -> str:
    return f"/tickets/{ticket.number}/here"


def later(seconds: float = 2) -> None:
    """As if what was said so far had been said that much earlier."""
    for row in Presence.objects.all():
        row.heard_at -= timedelta(seconds=seconds)
        row.changed_at -= timedelta(seconds=seconds)
        row.save()


def test_each_is_told_of_the_others(world: World, sign_in: SignIn) -> None:
    emma, john = sign_in(world.emma), sign_in(world.john)
    alone = emma.post(address(world.ticket), {"tab": "1", "writing": "true"})
    assert (alone.status_code, "Clarke" in alone.content.decode()) == (200, False)
    told = john.post(address(world.ticket), {"tab": "1", "writing": "false"}).content.decode()
    assert "Emma Clarke writes a reply" in told
    assert "Emma is writing a reply" in told
    assert "John Reyes views this ticket" in emma.get(address(world.ticket)).content.decode()
    assert john.post(address(world.ticket), {"tab": "1", "writing": "false"}).status_code == 204, "known already"
    john.post(address(world.ticket), {"tab": "1", "gone": "1"})
    assert "John" not in emma.get(address(world.ticket)).content.decode()
    assert world.trail() == []


def test_a_name_is_text(world: World, sign_in: SignIn) -> None:
    User.objects.filter(pk=world.emma.pk).update(name="<b>Emma</b>")
    sign_in(world.emma).post(address(world.ticket), {"tab": "1", "writing": "true"})
    told = sign_in(world.john).get(address(world.ticket)).content.decode()
    assert "<b>Emma" not in told
    assert "&lt;b&gt;Emma" in told


def test_who_may_not_see_the_ticket_neither_learns_nor_shows_up(world: World, sign_in: SignIn) -> None:
    priya, john = sign_in(world.priya), sign_in(world.john)
    priya.post(address(world.hidden), {"tab": "1", "writing": "true"})
    assert john.get(address(world.hidden)).status_code == 404
    assert john.post(address(world.hidden), {"tab": "1", "writing": "true"}).status_code == 404
    assert "John" not in priya.get(address(world.hidden)).content.decode()
    assert Client().get(address(world.ticket)).status_code == 302


def test_who_says_nothing_for_twenty_seconds_is_gone(world: World, sign_in: SignIn) -> None:
    look_at(world.ticket, "1", is_writing=True, by=world.emma)
    later(19)
    assert "Emma" in sign_in(world.john).get(address(world.ticket)).content.decode()
    later(2)
    assert "Emma" not in sign_in(world.john).get(address(world.ticket)).content.decode()
    assert look_at(world.ticket, "1", is_writing=True, by=world.emma), "news again"


def test_one_writes_while_any_tab_of_theirs_does(world: World, sign_in: SignIn) -> None:
    look_at(world.ticket, "1", is_writing=True, by=world.emma)
    look_at(world.ticket, "2", is_writing=False, by=world.emma)
    told = sign_in(world.john).get(address(world.ticket)).content.decode()
    assert told.count("Emma Clarke") == 1
    assert "Emma Clarke writes" in told


def test_a_tab_is_at_one_ticket(world: World, sign_in: SignIn) -> None:
    look_at(world.hidden, "1", is_writing=False, by=world.priya)
    look_at(world.ticket, "1", is_writing=False, by=world.priya)
    look_away(world.hidden, "1", by=world.priya)  # comes late
    assert [(row.ticket_id, row.user_id) for row in Presence.objects.all()] == [(world.ticket.pk, world.priya.pk)]
    assert "Priya" in sign_in(world.john).get(address(world.ticket)).content.decode()


def test_a_flood_is_refused_and_leaves_few_rows(world: World, sign_in: SignIn) -> None:
    emma = sign_in(world.emma)
    with time_machine.travel(timezone.now(), tick=False):  # a slow machine takes a second for them
        answers = [emma.post(address(world.ticket), {"tab": str(n), "writing": "true"}).status_code for n in range(9)]
    assert answers == [200] * CHANGES + [429] * (9 - CHANGES)
    for number in range(30):
        later(1)
        look_at(world.ticket, f"other-{number}", is_writing=False, by=world.emma)
    assert Presence.objects.filter(user=world.emma).count() <= TABS
    later(3600)
    look_at(world.ticket, "1", is_writing=False, by=world.john)
    assert Presence.objects.count() == 1


@pytest.mark.parametrize("tab", ["", "x" * 25, "a b", "<script>", "ü"])
def test_nonsense_for_a_tab_is_refused(world: World, sign_in: SignIn, tab: str) -> None:
    answer = sign_in(world.emma).post(address(world.ticket), {"tab": tab, "writing": "true"})
    assert answer.status_code == 422
    assert not Presence.objects.exists()


def test_saying_it_again_costs_one_statement_besides_the_usual(
    world: World, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    emma = sign_in(world.emma)
    emma.post(address(world.ticket), {"tab": "1", "writing": "false"})
    look_at(world.ticket, "1", is_writing=False, by=world.john)
    with django_assert_num_queries(7):  # session, user, private teams, ticket; a transaction and the update in it
        emma.post(address(world.ticket), {"tab": "1", "writing": "false"})


def test_the_cost_of_a_turn_is_one_question_while_nothing_changes(world: World, django_assert_num_queries: Any) -> None:
    here = Here()
    clients = [LiveClient(user.pk, "key", 0) for user in (world.john, world.emma, world.omar)] * 50
    look_at(world.ticket, "1", is_writing=False, by=world.john)
    look_at(world.ticket, "1", is_writing=True, by=world.emma)
    for client in clients:
        client.loop = asyncio.new_event_loop()
        client.loop.close()
    with django_assert_num_queries(1 + 3 + 1):
        here.tell(clients)
    with django_assert_num_queries(1):
        here.tell(clients)


@pytest.mark.django_db(transaction=True)
def test_a_hint_reaches_who_has_the_ticket_open_and_nobody_else(
    committed_world: World, open_stream: OpenStream
) -> None:
    """Through a server of its own that did not write the row."""
    world = committed_world
    john, priya = open_stream(world.john), open_stream(world.priya)
    look_at(world.hidden, "1", is_writing=False, by=world.priya)
    look_at(world.ticket, "1", is_writing=False, by=world.john)
    look_at(world.hidden, "1", is_writing=True, by=world.olivia)
    assert here_of(priya) == world.hidden.pk
    look_at(world.ticket, "1", is_writing=True, by=world.emma)
    assert here_of(john) == world.ticket.pk, "the first that John hears of"
    set_team_members(world.secret, [world.john], by=BY)
    look_at(world.hidden, "2", is_writing=False, by=world.omar)
    look_at(world.ticket, "2", is_writing=False, by=world.priya)
    look_at(world.ticket, "2", is_writing=False, by=world.omar)
    assert here_of(priya) == world.ticket.pk, "Priya may not know of the other one any more"


def here_of(stream: Any) -> int:
    """The next hint about who is where."""
    while line := stream.answer.readline():
        if line == b"event: here\n":
            return int(stream.answer.readline().removeprefix(b"data: "))
    raise AssertionError("the stream ended")


def test_who_did_not_read_a_colleagues_reply_is_told_before_the_second_goes_out(world: World, sign_in: SignIn) -> None:
    emma = sign_in(world.emma)
    page = f"/tickets/{world.ticket.number}"
    read = world.ticket.comments.order_by("-pk").values_list("pk", flat=True)[0]
    assert f'name="read" value="{read}"' in emma.get(page).content.decode()
    reply_to_ticket(world.ticket, Content.from_markdown("Reset it."), by=world.john)
    assert (
        "John Reyes replied while you were writing" in emma.get(address(world.ticket), {"read": read}).content.decode()
    )
    form = {"kind": "reply", "body": "Have you tried a reset?", "read": str(read)}
    refused = emma.post(f"{page}/comments", form)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "John Reyes replied while you were writing" in text
    assert "Have you tried a reset?" in text
    assert "Reset it." in text
    newest = world.ticket.comments.order_by("-pk").values_list("pk", flat=True)[0]
    assert f'name="read" value="{newest}"' in text
    assert emma.post(f"{page}/comments", {**form, "read": str(newest)}).status_code == 302
    assert world.ticket.comments.count() == 3


def test_a_note_and_ones_own_reply_are_no_collision(world: World, sign_in: SignIn) -> None:
    emma, page = sign_in(world.emma), f"/tickets/{world.ticket.number}/comments"
    read = str(world.ticket.comments.order_by("-pk").values_list("pk", flat=True)[0])
    assert emma.post(page, {"kind": "reply", "body": "One", "read": read}).status_code == 302
    assert emma.post(page, {"kind": "reply", "body": "Two", "read": read}).status_code == 302
    reply_to_ticket(world.ticket, Content.from_markdown("Three"), by=world.john)
    assert emma.post(page, {"kind": "note", "body": "Four", "read": read}).status_code == 302
    assert emma.post(page, {"kind": "reply", "body": "Five", "read": "x"}).status_code == 422
