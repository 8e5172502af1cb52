"""What a customer's answer does to a ticket."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supportflow.core import clock
from supportflow.core.errors import Forbidden, NotFound
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import answer_ticket, set_further_contacts, set_status, trash_ticket
from tests.conftest import BY, World

TEXT = Content.from_markdown("Still broken.")
PATHS: dict[str, tuple[str, ...]] = {
    "OPEN": (),
    "IN_PROGRESS": ("IN_PROGRESS",),
    "WAITING": ("WAITING",),
    "RESOLVED": ("RESOLVED",),
    "CLOSED": ("RESOLVED", "CLOSED"),
}


def put(world: World, status: str, days_ago: float = 0) -> None:
    with clock.at(timezone.now() - timedelta(days=days_ago)):
        for step in PATHS[status]:
            set_status(world.ticket, step, by=world.john)


@pytest.mark.parametrize(
    ("status", "days_ago", "after", "reopened"),
    [
        ("OPEN", 100, "OPEN", 0),
        ("IN_PROGRESS", 100, "IN_PROGRESS", 0),
        ("WAITING", 100, "OPEN", 0),
        ("RESOLVED", 100, "OPEN", 1),
        ("CLOSED", 13.9, "OPEN", 1),
        ("CLOSED", 14.1, "CLOSED", 0),
    ],
)
def test_an_answer_opens_what_waits_or_is_settled(
    world: World, status: str, days_ago: float, after: str, reopened: int
) -> None:
    put(world, status, days_ago)
    before = len(world.trail())
    comment = answer_ticket(world.ticket, TEXT, by=world.sarah)
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.status, ticket.reopened_count) == (after, reopened)
    assert (ticket.resolved_at is None) == (after != "CLOSED")
    expected = {
        (True, 0): ["ticket.answered"] if status == after else ["ticket.answered", "ticket.status_changed"],
        (True, 1): ["ticket.answered", "ticket.reopened"],
        (False, 0): ["ticket.created"],
    }[after != "CLOSED", reopened]
    trail = world.trail()[before:]
    assert [activity.action for activity in trail] == expected
    assert {(activity.actor_type, activity.actor_name) for activity in trail} == {("contact", "Sarah Johnson")}
    assert len({activity.batch_id for activity in trail}) == 1
    assert (comment.author_contact, comment.delivery_state, comment.visibility) == (world.sarah, "NONE", "PUBLIC")


def test_long_after_the_end_an_answer_begins_a_linked_ticket(world: World) -> None:
    set_further_contacts(world.ticket, [world.lisa], by=world.john)
    put(world, "CLOSED", 15)
    comment = answer_ticket(world.ticket, TEXT, by=world.lisa)
    new = comment.ticket
    assert new.pk != world.ticket.pk
    assert (new.follow_up_of, new.contact, new.subject) == (world.ticket, world.lisa, "Unable to login")
    assert (new.channel, new.mailbox, new.status) == ("EMAIL", world.mailbox, "OPEN")
    assert (comment.is_opening, comment.body) == (True, "Still broken.")
    assert world.ticket.comments.count() == 1


@pytest.mark.parametrize(("status", "days_ago"), [("WAITING", 0), ("RESOLVED", 0), ("CLOSED", 1), ("CLOSED", 30)])
def test_an_automatic_answer_changes_and_begins_nothing(world: World, status: str, days_ago: float) -> None:
    put(world, status, days_ago)
    comment = answer_ticket(world.ticket, TEXT, automatic=True, by=world.sarah)
    assert (comment.ticket.pk, comment.is_automatic) == (world.ticket.pk, True)
    assert (Ticket.objects.get(pk=world.ticket.pk).status, Ticket.objects.count()) == (status, 2)
    assert world.actions()[-1] == "ticket.answered"
    assert world.trail()[-1].metadata == {"comment": comment.pk, "automatic": True}


def test_only_participants_answer(world: World) -> None:
    with pytest.raises(NotFound):
        answer_ticket(world.ticket, TEXT, by=world.lisa)
    for actor in (world.john, BY):
        with pytest.raises(Forbidden):
            answer_ticket(world.ticket, TEXT, by=actor)
    set_further_contacts(world.ticket, [world.lisa], by=world.john)
    assert answer_ticket(world.ticket, TEXT, by=world.lisa).author_contact == world.lisa
    set_further_contacts(world.ticket, [], by=world.john)
    with pytest.raises(NotFound):
        answer_ticket(world.ticket, TEXT, by=world.lisa)


def test_a_ticket_in_the_trash_is_not_there_for_its_customer(world: World) -> None:
    trash_ticket(world.ticket, by=world.john)
    with pytest.raises(NotFound):
        answer_ticket(world.ticket, TEXT, by=world.sarah)


def test_cc_addresses_stand_on_the_comment_and_add_nobody(world: World) -> None:
    comment = answer_ticket(world.ticket, TEXT, cc=["boss@acme.example", "lisa@elsewhere.example"], by=world.sarah)
    assert comment.cc == ["boss@acme.example", "lisa@elsewhere.example"]
    assert world.ticket.further_contacts.count() == 0
    with pytest.raises(NotFound):
        answer_ticket(world.ticket, TEXT, by=world.lisa)
