from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from supportflow.accounts.models import User
from supportflow.accounts.operations import deactivate_user
from supportflow.core import clock
from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused
from supportflow.crm.operations import create_company, create_contact, trash_company, trash_contact, update_contact
from supportflow.desk.content import Content
from supportflow.desk.models import DeliveryState, Ticket, Visibility
from supportflow.desk.operations import create_mailbox, create_ticket, purge_ticket, reply_to_ticket, trash_ticket
from tests.conftest import BY, World
from tests.together import together

TEXT = Content.from_markdown("It is **broken**.")


def test_the_opening_comment_is_the_customers_whoever_typed_it(world: World) -> None:
    for by in (world.john, BY, world.sarah):
        ticket = create_ticket("Broken", world.sarah, TEXT, by=by)
        [comment] = ticket.comments.all()
        assert (comment.author_contact, comment.author_user) == (world.sarah, None)
        assert (comment.visibility, comment.is_opening) == (Visibility.PUBLIC, True)
        assert (comment.body, comment.body_text) == ("It is **broken**.", "It is broken.")
        assert comment.delivery_state == DeliveryState.NONE
        assert ticket.first_responded_at is None
    assert [activity.action for activity in world.trail()] == ["ticket.created"] * 3
    assert [activity.actor_type for activity in world.trail()] == ["user", "system", "contact"]


def test_one_activity_tells_the_beginning(world: World) -> None:
    ticket = create_ticket(" Not \n working ", world.sarah, TEXT, assignee_id=world.emma.pk, by=world.john)
    [activity] = world.trail()
    assert (activity.ticket_id, activity.contact_id, activity.company_id) == (ticket.pk, world.sarah.pk, world.acme.pk)
    assert activity.metadata == {
        "subject": "Not working",
        "channel": "WEB",
        "comment": ticket.comments.get().pk,
        "assignee": "Emma Clarke",
        "outbound": False,
    }
    assert (ticket.status, ticket.priority, ticket.category, ticket.version) == ("OPEN", "MEDIUM", "QUESTION", 1)


def test_who_starts_towards_a_customer_is_the_author_and_it_is_mailed(world: World) -> None:
    ticket = create_ticket("Your renewal", world.sarah, TEXT, outbound=True, by=world.john)
    [comment] = ticket.comments.all()
    assert (comment.author_user, comment.author_contact) == (world.john, None)
    assert (comment.delivery_state, ticket.is_outbound) == (DeliveryState.QUEUED, True)
    assert ticket.first_responded_at is None
    nobody = create_contact(first_name="No Address", by=world.john)
    unreachable = create_ticket("Hello", nobody, TEXT, outbound=True, by=world.john)
    assert unreachable.comments.get().delivery_state == DeliveryState.NONE
    assert not create_ticket("x", world.sarah, TEXT, outbound=True, by=BY).is_outbound


def test_created_by_is_a_user_the_built_in_one_for_mail_and_customers(world: World) -> None:
    system = User.objects.system()
    assert create_ticket("a", world.sarah, TEXT, by=world.john).created_by == world.john
    assert create_ticket("b", world.sarah, TEXT, by=BY).created_by == system
    assert create_ticket("c", world.sarah, TEXT, by=world.sarah).created_by == system


def test_the_company_follows_the_contact_unless_it_is_chosen(world: World) -> None:
    globex = create_company(name="Globex", by=world.john)
    following = create_ticket("a", world.sarah, by=world.john)
    chosen = create_ticket("b", world.sarah, company_id=globex.pk, by=world.john)
    assert (following.company, following.company_is_set) == (world.acme, False)
    assert (chosen.company, chosen.company_is_set) == (globex, True)
    assert create_ticket("c", world.lisa, by=world.john).company is None


def test_everything_can_be_given_at_once(world: World) -> None:
    due = datetime(2030, 1, 1, tzinfo=UTC)
    ticket = create_ticket(
        "All of it",
        world.sarah,
        TEXT,
        channel="PHONE",
        priority="URGENT",
        category="INCIDENT",
        assignee_id=world.priya.pk,
        team_id=world.secret.pk,
        due_at=due,
        tags=["vip", "VIP", "new"],
        further_contact_ids=[world.lisa.pk, world.sarah.pk, world.lisa.pk],
        cc=["a@x.example", "A@X.example"],
        by=world.omar,
    )
    row = Ticket.objects.get(pk=ticket.pk)
    assert (row.channel, row.priority, row.category, row.due_at) == ("PHONE", "URGENT", "INCIDENT", due)
    assert (row.assignee, row.team, row.priority_rank) == (world.priya, world.secret, 3)
    assert sorted(tag.name for tag in row.tags.all()) == ["VIP", "new"]
    assert list(row.further_contacts.all()) == [world.lisa]
    assert row.comments.get().cc == ["A@x.example"]


def test_a_mailboxs_team_takes_its_tickets(world: World) -> None:
    mailbox = create_mailbox("Secret@supportflow.example", "Secret", team=world.secret, by=world.olivia)
    assert create_ticket("a", world.sarah, TEXT, mailbox=mailbox, by=BY).team == world.secret


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"subject": ""}, "subject"),
    ({"subject": "\u202e\n"}, "subject"),
    ({"subject": "x" * 251}, "subject"),
    ({"subject": "x" * 1_000_000}, "subject"),
    ({"subject": "a\x00"}, "subject"),
    ({"priority": "ASAP"}, "priority"),
    ({"category": "bug"}, "category"),
    ({"channel": "FAX"}, "channel"),
    ({"assignee_id": 999_999}, "assignee_id"),
    ({"assignee_id": -1}, "assignee_id"),
    ({"team_id": 999_999}, "team_id"),
    ({"team_id": 10**30}, "team_id"),
    ({"company_id": 999_999}, "company_id"),
    ({"due_at": datetime(2030, 1, 1)}, "due_at"),  # noqa: DTZ001
    ({"due_at": datetime(1, 1, 1, tzinfo=UTC)}, "due_at"),
    ({"tags": ["a,b"]}, "tags"),
    ({"further_contact_ids": [999_999]}, "further_contact_ids"),
    ({"further_contact_ids": range(1, 1000)}, "further_contact_ids"),
    ({"custom": {"nope": 1}}, "custom.nope"),
    ({"cc": ["nobody"]}, "cc"),
    ({"cc": [f"{n}@x.example" for n in range(51)]}, "cc"),
]


def test_what_cannot_be_a_ticket_is_refused_by_name_and_takes_no_number(world: World) -> None:
    for values, field in REFUSED:
        given = {"subject": "Broken", **values}
        with pytest.raises(Invalid) as refusal:
            create_ticket(given.pop("subject"), world.sarah, TEXT, by=world.john, **given)
        assert list(refusal.value.fields) == [field]
        assert (world.trail(), Ticket.objects.count()) == ([], 2)


def test_trashed_companies_contacts_and_people_who_left_are_no_choices(world: World) -> None:
    globex = trash_company(create_company(name="Globex", by=world.john), by=world.john)
    trash_contact(world.lisa, by=world.john)
    deactivate_user(world.emma, by=world.olivia)
    for values in ({"company_id": globex.pk}, {"further_contact_ids": [world.lisa.pk]}, {"assignee_id": world.emma.pk}):
        with pytest.raises(Invalid):
            create_ticket("a", world.sarah, by=world.john, **values)


def test_nobody_is_made_responsible_for_what_they_cannot_see(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        create_ticket("a", world.sarah, assignee_id=world.john.pk, team_id=world.secret.pk, by=world.omar)
    assert refusal.value.code == "assignee_outside_team"
    ticket = create_ticket("a", world.sarah, assignee_id=world.omar.pk, team_id=world.secret.pk, by=world.priya)
    assert ticket.assignee == world.omar


def test_customers_ask_for_themselves_alone(world: World) -> None:
    with pytest.raises(NotFound):
        create_ticket("a", world.lisa, TEXT, by=world.sarah)
    world.john.is_active = False
    with pytest.raises((Forbidden, NotFound)):
        create_ticket("a", world.lisa, TEXT, by=world.john)


def test_past_times_can_be_told(world: World) -> None:
    then = timezone.now() - timedelta(days=3)
    with clock.at(then):
        ticket = create_ticket("a", world.sarah, TEXT, by=BY)
    assert {ticket.created_at, ticket.updated_at, ticket.comments.get().created_at, world.trail()[0].created_at} == {
        then
    }


def test_the_first_response_is_the_first_public_comment_of_a_user_after_the_opening(world: World) -> None:
    ticket = create_ticket("Your renewal", world.sarah, TEXT, outbound=True, by=world.john)
    reply = reply_to_ticket(ticket, TEXT, by=world.emma)
    assert Ticket.objects.get(pk=ticket.pk).first_responded_at == reply.created_at


def test_numbers_grow_beyond_four_digits() -> None:
    assert [Ticket(pk=pk).number for pk in (1, 42, 9999, 12345)] == ["T-0001", "T-0042", "T-9999", "T-12345"]


@pytest.mark.django_db(transaction=True)
def test_tickets_made_at_once_have_numbers_of_their_own(world: World) -> None:
    def several() -> list[int]:
        return [create_ticket(f"{n}", world.sarah, TEXT, by=BY).pk for n in range(5)]

    numbers = [pk for made in together(*[several] * 4) for pk in made]
    assert len(set(numbers)) == 20
    assert not {world.ticket.pk, world.hidden.pk} & set(numbers)


@pytest.mark.django_db(transaction=True)
def test_a_number_is_never_given_again(world: World) -> None:
    newest = create_ticket("a", world.sarah, TEXT, by=world.john)
    number = newest.pk
    trash_ticket(newest, by=world.john)
    purge_ticket(newest, by=world.olivia)
    assert create_ticket("b", world.sarah, TEXT, by=world.john).pk > number


def test_a_new_ticket_costs_a_known_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    woken = 2 if connection.vendor == "postgresql" else 0  # the words that wake live hubs and workers
    update_contact(world.sarah, tags=["vip"], by=world.john)
    emma = User.objects.get(pk=world.emma.pk)
    # Assignee, her hidden teams; tag, ticket, the tag's row, comment, activity, react; the savepoint's two ends.
    with django_assert_num_queries(10 + woken):
        create_ticket("a", world.sarah, TEXT, assignee_id=emma.pk, tags=["vip"], by=emma)
