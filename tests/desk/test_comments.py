"""Replies and notes: what goes out, what never does, and what follows for the ticket."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused
from supportflow.crm.operations import create_contact, update_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, DeliveryState, Ticket
from supportflow.desk.operations import (
    create_ticket,
    note_delivery,
    note_on_ticket,
    reply_to_ticket,
    set_further_contacts,
    set_status,
    trash_ticket,
)
from tests.conftest import BY, World
from tests.together import together

TEXT = Content.from_markdown("We are **on it**.")


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_a_reply_is_queued_and_stamps_the_first_response_once(world: World) -> None:
    first = reply_to_ticket(world.ticket, TEXT, by=world.john)
    second = reply_to_ticket(world.ticket, TEXT, by=world.emma)
    ticket = fresh(world.ticket)
    assert first.delivery_state == second.delivery_state == DeliveryState.QUEUED
    assert ticket.first_responded_at == first.created_at < second.created_at <= ticket.updated_at
    assert (ticket.status, ticket.version) == ("OPEN", 1)
    assert [(a.action, a.metadata) for a in world.trail()] == [
        ("ticket.replied", {"comment": first.pk, "first_response": True}),
        ("ticket.replied", {"comment": second.pk, "first_response": False}),
    ]


def test_a_reply_changes_the_status_only_when_asked_to(world: World) -> None:
    reply_to_ticket(world.ticket, TEXT, then="WAITING", by=world.john)
    assert fresh(world.ticket).status == "WAITING"
    assert world.actions() == ["ticket.replied", "ticket.status_changed"]
    assert len({activity.batch_id for activity in world.trail()}) == 1
    reply_to_ticket(world.ticket, TEXT, then="WAITING", by=world.john)
    assert world.actions()[2:] == ["ticket.replied"]


@pytest.mark.parametrize("then", ["CLOSED", "NONSENSE"])
def test_a_forbidden_status_takes_the_reply_back_too(world: World, then: str) -> None:
    with pytest.raises((Refused, Invalid)):
        reply_to_ticket(world.ticket, TEXT, then=then, by=world.john)
    assert (world.ticket.comments.count(), world.trail(), fresh(world.ticket).first_responded_at) == (1, [], None)


def test_a_reply_to_a_closed_ticket_leaves_it_closed(world: World) -> None:
    for status in ("RESOLVED", "CLOSED"):
        set_status(world.ticket, status, by=world.john)
    reply_to_ticket(world.ticket, TEXT, by=world.john)
    assert fresh(world.ticket).status == "CLOSED"


@pytest.mark.parametrize(
    ("primary", "copied", "cc", "state"),
    [
        (True, False, [], "QUEUED"),
        (False, False, [], "NONE"),
        (False, True, [], "QUEUED"),
        (False, False, ["boss@x.example"], "QUEUED"),
    ],
)
def test_only_what_reaches_somebody_is_queued(
    world: World, primary: bool, copied: bool, cc: list[str], state: str
) -> None:
    asking = create_contact(first_name="Ada", email="ada@x.example" if primary else None, by=world.john)
    ticket = create_ticket("Hello", asking, TEXT, by=world.john)
    set_further_contacts(ticket, [world.lisa] if copied else [], by=world.john)
    assert reply_to_ticket(ticket, TEXT, cc=cc, by=world.john).delivery_state == state


def test_a_note_is_never_on_its_way_out(world: World) -> None:
    note = note_on_ticket(world.ticket, TEXT, by=world.john)
    assert (note.is_internal, note.delivery_state) == (True, DeliveryState.NONE)
    assert fresh(world.ticket).first_responded_at is None
    for state in DeliveryState:
        with pytest.raises(Refused) as refusal:
            note_delivery(note, state, by=BY)
        assert refusal.value.code == "note_not_delivered"
        if state != DeliveryState.NONE:
            with pytest.raises(IntegrityError), transaction.atomic():
                Comment.objects.filter(pk=note.pk).update(delivery_state=state)
    assert world.actions() == ["ticket.noted"]


def test_notes_are_always_allowed_but_in_the_trash(world: World) -> None:
    for status in ("RESOLVED", "CLOSED"):
        set_status(world.ticket, status, by=world.john)
    note_on_ticket(world.ticket, TEXT, by=world.john)
    note_on_ticket(world.ticket, TEXT, by=BY)
    trash_ticket(world.ticket, by=world.john)
    for act in (note_on_ticket, reply_to_ticket):
        with pytest.raises(Refused) as refusal:
            act(world.ticket, TEXT, by=world.john)
        assert refusal.value.code == "in_trash"


def test_customers_and_the_program_reply_by_other_doors(world: World) -> None:
    for actor in (world.sarah, BY):
        with pytest.raises(Forbidden):
            reply_to_ticket(world.ticket, TEXT, by=actor)
    with pytest.raises(Forbidden):
        note_on_ticket(world.ticket, TEXT, by=world.sarah)
    for act in (note_on_ticket, reply_to_ticket):
        with pytest.raises(NotFound):
            act(world.hidden, TEXT, by=world.john)


def test_a_comment_has_exactly_one_author(world: World) -> None:
    comment = world.ticket.comments.get()
    for wrong in ({"author_user": world.john}, {"author_contact": None}, {"author_type": "system"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Comment.objects.filter(pk=comment.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.create(ticket=world.ticket, visibility="PUBLIC", author_type="system", is_opening=True)


@pytest.mark.parametrize("source", ["", " \n ", "\x07", "a\x00b", "x" * 1_000_001])
def test_an_empty_or_endless_text_is_refused_by_name(source: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Content.from_markdown(source)
    assert list(refusal.value.fields) == ["body"]


def test_what_became_of_a_mail_is_noted_once(world: World) -> None:
    reply = reply_to_ticket(world.ticket, TEXT, by=world.john)
    for _again in range(2):
        reply = note_delivery(reply, "SENT", by=BY)
    sent_at = reply.delivery_at
    with clock.at(reply.created_at + timedelta(hours=1)):
        reply = note_delivery(reply, "BOUNCED", "550 \x00 no \r\n such\udc80 user" + "!" * 600, by=BY)
    assert reply.delivery_at != sent_at
    assert (reply.delivery_error[:21], len(reply.delivery_error)) == ("550 no such user!!!!!", 500)
    assert world.actions() == ["ticket.replied", "ticket.delivery_noted", "ticket.delivery_noted"]
    assert world.trail()[1].metadata == {"comment": reply.pk, "delivery_state": "SENT", "delivery_error": ""}
    assert fresh(world.ticket).version == 1
    for who in (world.olivia, world.sarah):
        with pytest.raises(Forbidden):
            note_delivery(reply, "DELIVERED", by=who)


@pytest.mark.django_db(transaction=True)
def test_one_first_response_when_two_reply_at_once(world: World) -> None:
    together(*[lambda: reply_to_ticket(world.ticket, TEXT, then="WAITING", by=world.john)] * 3)
    assert sorted(a.metadata.get("first_response", False) for a in world.trail()) == [False] * 3 + [True]
    assert world.actions().count("ticket.status_changed") == 1


def test_replies_and_notes_cost_known_numbers_of_queries(world: World, django_assert_num_queries: Any) -> None:
    woken = 2 if connection.vendor == "postgresql" else 0  # the words that wake live hubs and workers
    update_contact(world.sarah, emails=["a@acme.example", "b@acme.example"], by=world.john)
    john = User.objects.get(pk=world.john.pk)
    john.hidden_team_ids  # noqa: B018  once for each loaded user, not for each act
    # Savepoint's two ends, lock, who is reached, comment, ticket's times, activity, react.
    with django_assert_num_queries(8 + woken):
        reply_to_ticket(world.ticket, TEXT, by=john)
    # Nobody to reach; the search reacts.
    with django_assert_num_queries(7 + woken):
        note_on_ticket(world.ticket, TEXT, by=john)
