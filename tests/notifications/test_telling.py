"""Who is told of what, and of what not."""

from typing import Any

import pytest

from supportflow.accounts.operations import deactivate_user, set_team_members
from supportflow.core.actors import Actor
from supportflow.core.door import operation, record
from supportflow.core.models import Receipt
from supportflow.core.reactions import run_reactions
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import (
    answer_ticket,
    assign_ticket,
    create_ticket,
    edit_tickets,
    follow_ticket,
    move_ticket,
    note_on_ticket,
    purge_ticket,
    reply_to_ticket,
    restore_ticket,
    see_ticket,
    trash_ticket,
)
from supportflow.notifications.models import Notification
from supportflow.notifications.operations import set_wishes
from tests.conftest import BY, World
from tests.notifications.conftest import Told

WORDS = Content.from_markdown("Words.")


@operation
def mention(ticket: Ticket, mentions: Any, *, by: Actor) -> None:
    """A note as the composer writes it."""
    record("ticket.noted", ticket, by=by, meta={"comment": None, "mentions": mentions})


def test_whoever_gets_a_ticket_is_told(world: World, told: Told) -> None:
    assign_ticket(world.ticket, world.emma, by=world.john)
    assert told.of(world.emma) == [f"John Reyes assigned {world.ticket.number} to you"]
    assert told.of(world.john) == []


def test_what_i_do_myself_is_no_news(world: World, told: Told) -> None:
    assign_ticket(world.ticket, world.john, by=world.john)
    follow_ticket(world.ticket, by=world.john)
    reply_to_ticket(world.ticket, WORDS, by=world.john)
    mention(world.ticket, [world.john.pk], by=world.john)
    assert told.of(world.john) == []


def test_a_ticket_that_begins_with_a_colleague_tells_them(world: World, told: Told) -> None:
    row = create_ticket("Order", world.sarah, assignee_id=world.emma.pk, by=world.john)
    create_ticket("Mine", world.sarah, assignee_id=world.john.pk, by=world.john)
    assert told.of(world.emma) == [f"John Reyes assigned {row.number} to you"]
    assert told.of(world.john) == []


def test_followers_and_the_assignee_are_told_of_messages(world: World, told: Told) -> None:
    follow_ticket(world.ticket, by=world.omar)
    assign_ticket(world.ticket, world.john, by=world.john)
    answer_ticket(world.ticket, WORDS, by=world.sarah)
    note_on_ticket(world.ticket, WORDS, by=world.emma)
    assert told.of(world.omar) == [f"2 new messages in {world.ticket.number}, by Emma Clarke last"]
    assert told.of(world.john) == told.of(world.omar)
    assert told.of(world.emma) == []


def test_a_machine_is_no_news(world: World, told: Told) -> None:
    follow_ticket(world.ticket, by=world.john)
    answer_ticket(world.ticket, WORDS, automatic=True, by=world.sarah)
    assert told.of(world.john) == []


def test_five_messages_are_one_line_until_it_is_read(world: World, told: Told) -> None:
    follow_ticket(world.ticket, by=world.john)
    for _message in range(5):
        answer_ticket(world.ticket, WORDS, by=world.sarah)
    assert told.of(world.john) == [f"5 new messages in {world.ticket.number}, by Sarah Johnson last"]
    assert told.unread(world.john) == 1
    see_ticket(world.ticket, by=world.john)
    assert told.unread(world.john) == 0
    answer_ticket(world.ticket, WORDS, by=world.sarah)
    assert told.of(world.john)[0] == f"Sarah Johnson wrote in {world.ticket.number}"
    assert (len(told.of(world.john)), told.unread(world.john)) == (2, 1)


def test_a_mention_counts_more_than_a_message(world: World, told: Told) -> None:
    follow_ticket(world.ticket, by=world.john)
    mention(world.ticket, [world.john.pk, world.omar.pk], by=world.emma)
    assert told.of(world.john) == [f"Emma Clarke mentioned you in {world.ticket.number}"]
    assert told.of(world.omar) == [f"Emma Clarke mentioned you in {world.ticket.number}"]


@pytest.mark.parametrize("mentions", [None, "12", {"a": 1}, ["x", True, -1, 0, 2**70, 1.5, None, [1]], [999_999]])
def test_nonsense_mentions_nobody(world: World, told: Told, mentions: Any) -> None:
    mention(world.ticket, mentions, by=world.emma)
    told.of(world.john)
    assert not Notification.objects.exists()
    assert Receipt.objects.filter(reaction="notifications.reactions.tell_of_a_comment").exists()


def test_a_reaction_that_runs_twice_tells_once(world: World, told: Told) -> None:
    follow_ticket(world.ticket, by=world.john)
    answer_ticket(world.ticket, WORDS, by=world.sarah)
    assert len(told.of(world.john)) == 1
    Receipt.objects.all().delete()
    for activity in world.trail():
        run_reactions(activity.batch_id)
    assert told.of(world.john) == [f"Sarah Johnson wrote in {world.ticket.number}"]
    assert Notification.objects.count() == 1


def test_nobody_is_told_of_what_they_may_not_see(world: World, told: Told) -> None:
    mention(world.hidden, [world.john.pk, world.priya.pk, world.omar.pk], by=world.olivia)
    assert (told.of(world.john), len(told.of(world.priya)), len(told.of(world.omar))) == ([], 1, 1)
    assert Notification.objects.count() == 2


def test_what_may_not_be_seen_any_more_is_told_no_more(world: World, told: Told) -> None:
    assign_ticket(world.ticket, world.john, by=world.omar)
    assert told.unread(world.john) == 1
    move_ticket(world.ticket, world.secret, by=world.omar)
    assert (told.of(world.john), told.unread(world.john)) == ([], 0)
    set_team_members(world.secret, [world.priya, world.john], by=BY)
    assert told.unread(world.john) == 1
    trash_ticket(Ticket.objects.get(pk=world.ticket.pk), by=BY)
    assert told.of(world.john) == []
    restore_ticket(world.ticket, by=BY)
    assert len(told.of(world.john)) == 1
    trash_ticket(world.ticket, by=BY)
    purge_ticket(world.ticket, by=world.olivia)
    assert not Notification.objects.exists()


def test_who_left_is_told_nothing(world: World, told: Told) -> None:
    follow_ticket(world.ticket, by=world.emma)
    deactivate_user(world.emma, by=world.olivia)
    answer_ticket(world.ticket, WORDS, by=world.sarah)
    told.of(world.john)
    assert not Notification.objects.exists()


def test_what_is_not_wished_for_is_not_told(world: World, told: Told) -> None:
    set_wishes(world.john, {"ASSIGNED": {"in_app": False}}, by=world.john)
    assign_ticket(world.ticket, world.john, by=world.emma)
    answer_ticket(world.ticket, WORDS, by=world.sarah)
    assert told.of(world.john) == [f"Sarah Johnson wrote in {world.ticket.number}"]


def test_many_at_once_are_told_each(world: World, told: Told) -> None:
    tickets = [create_ticket(f"Order {n}", world.sarah, by=BY) for n in range(3)]
    edit_tickets(tickets, assignee_id=world.emma.pk, by=world.john)
    assert len(told.of(world.emma)) == 3
