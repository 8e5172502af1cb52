"""Every change of a ticket's fields: alone through its named operation, several in one batch."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from supportflow.accounts.models import User
from supportflow.accounts.operations import create_team, deactivate_user
from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from supportflow.core.history import undo
from supportflow.crm.operations import create_company, create_contact, trash_company, trash_contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import (
    assign_ticket,
    change_requester,
    edit_ticket,
    move_ticket,
    set_further_contacts,
    set_status,
    tag_ticket,
    trash_ticket,
    update_ticket,
)
from supportflow.tags.operations import create_tag
from tests.conftest import World


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def close(world: World) -> None:
    for status in ("RESOLVED", "CLOSED"):
        set_status(world.ticket, status, by=world.john)


@pytest.fixture
def everything(world: World) -> dict[str, Any]:
    globex = create_company(name="Globex", by=world.john)
    create_tag("vip", by=world.john)
    world.forget()
    return {
        "subject": "Other",
        "priority": "HIGH",
        "category": "BUG",
        "due_at": datetime(2030, 1, 1, tzinfo=UTC),
        "company_id": globex.pk,
        "contact_id": world.lisa.pk,
        "further_contact_ids": [world.sarah.pk],
        "team_id": world.secret.pk,
        "assignee_id": world.priya.pk,
        "tags": ["VIP"],
        "status": "WAITING",
    }


def test_several_things_at_once_are_named_acts_in_one_batch(world: World, everything: dict[str, Any]) -> None:
    for _again in range(2):
        edit_ticket(world.ticket, by=world.omar, **everything)
    assert world.actions() == [
        "ticket.requester_changed",
        "ticket.updated",
        "ticket.contacts_changed",
        "ticket.moved",
        "ticket.assigned",
        "ticket.tagged",
        "ticket.status_changed",
    ]
    assert len({activity.batch_id for activity in world.trail()}) == 1
    assert {activity.actor_id for activity in world.trail()} == {world.omar.pk}
    versions = [activity.subject_version for activity in world.trail()]
    assert versions == list(range(2, 9))
    assert fresh(world.ticket).version == 8
    updated = world.trail()[1].changes
    assert set(updated) == {"subject", "priority", "category", "due_at", "company", "company_is_set"}


def test_one_refusal_refuses_the_whole(world: World, everything: dict[str, Any]) -> None:
    before = Ticket.objects.values().get(pk=world.ticket.pk)
    for wrong in ({"status": "CLOSED"}, {"tags": ["a,b"]}, {"assignee_id": world.john.pk}, {"nonsense": 1}):
        with pytest.raises((Refused, Invalid)):
            edit_ticket(world.ticket, by=world.omar, **everything | wrong)
    assert Ticket.objects.values().get(pk=world.ticket.pk) == before
    assert world.trail() == []


def test_what_a_full_form_sends_back_unchanged_changes_nothing(world: World) -> None:
    set_further_contacts(world.ticket, [world.lisa], by=world.john)
    assign_ticket(world.ticket, world.emma, by=world.john)
    for contact in (world.lisa, world.sarah):
        trash_contact(contact, by=world.john)
    trash_company(world.acme, by=world.john)
    deactivate_user(world.emma, by=world.olivia)
    before = len(world.trail())
    edit_ticket(
        world.ticket,
        subject="Unable to login",
        status="OPEN",
        priority="MEDIUM",
        category="QUESTION",
        due_at=None,
        contact_id=world.sarah.pk,
        company_id=world.acme.pk,
        further_contact_ids=[world.lisa.pk],
        team_id=None,
        assignee_id=world.emma.pk,
        tags=[],
        custom={},
        by=world.john,
    )
    assert len(world.trail()) == before
    ada = trash_contact(create_contact(first_name="Ada", by=world.john), by=world.john)
    with pytest.raises(Invalid):
        edit_ticket(world.ticket, further_contact_ids=[world.lisa.pk, ada.pk], by=world.john)


def test_a_closed_ticket_is_reopened_and_assigned_in_one_edit(world: World) -> None:
    close(world)
    edit_ticket(world.ticket, status="OPEN", assignee_id=world.emma.pk, by=world.john)
    assert world.actions()[-2:] == ["ticket.reopened", "ticket.assigned"]
    edit_ticket(world.ticket, status="RESOLVED", assignee_id=world.john.pk, by=world.john)
    assert world.actions()[-2:] == ["ticket.assigned", "ticket.status_changed"]


def test_an_old_version_is_refused_before_anything(world: World) -> None:
    update_ticket(world.ticket, subject="x", by=world.emma)
    with pytest.raises(Stale):
        edit_ticket(world.ticket, version=1, tags=["vip"], by=world.john)
    assert world.actions() == ["ticket.updated"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"subject": ""}, "subject"),
    ({"subject": "x" * 251}, "subject"),
    ({"priority": ""}, "priority"),
    ({"category": None}, "category"),
    ({"status": "open"}, "status"),
    ({"contact_id": None}, "contact_id"),
    ({"contact_id": 10**30}, "contact_id"),
    ({"company_id": 999_999}, "company_id"),
    ({"team_id": -1}, "team_id"),
    ({"assignee_id": 999_999}, "assignee_id"),
    ({"further_contact_ids": [0]}, "further_contact_ids"),
    ({"custom": {"x": 1}}, "custom.x"),
    ({"number": 7, "due_at": None}, "number"),
]


def test_what_cannot_be_stored_is_refused_by_name(world: World) -> None:
    for values, field in REFUSED:
        with pytest.raises(Invalid) as refusal:
            edit_ticket(world.ticket, by=world.john, **values)
        assert list(refusal.value.fields) == [field]
        assert world.trail() == []


def test_nothing_is_edited_in_the_trash(world: World, everything: dict[str, Any]) -> None:
    trash_ticket(world.ticket, by=world.john)
    for name, value in everything.items():
        with pytest.raises(Refused) as refusal:
            edit_ticket(world.ticket, by=world.omar, **{name: value})
        assert refusal.value.code == "in_trash"


def test_the_company_follows_the_requester_until_somebody_chooses_it(world: World) -> None:
    change_requester(world.ticket, world.lisa, by=world.john)
    assert fresh(world.ticket).company is None
    assert world.trail()[0].changes == {
        "contact": [world.sarah.pk, world.lisa.pk],
        "company": [world.acme.pk, None],
    }
    update_ticket(world.ticket, company_id=world.acme.pk, by=world.john)
    change_requester(world.ticket, world.sarah, by=world.john)
    change_requester(world.ticket, world.lisa, by=world.john)
    assert fresh(world.ticket).company == world.acme


def test_a_company_given_together_with_the_requester_counts(world: World) -> None:
    edit_ticket(world.ticket, contact_id=world.lisa.pk, company_id=world.acme.pk, by=world.john)
    ticket = fresh(world.ticket)
    assert (ticket.contact, ticket.company, ticket.company_is_set) == (world.lisa, world.acme, True)


def test_a_new_requester_is_no_longer_copied_in(world: World) -> None:
    set_further_contacts(world.ticket, [world.lisa], by=world.john)
    change_requester(world.ticket, world.lisa, by=world.john)
    assert not world.ticket.further_contacts.exists()
    assert world.trail()[-1].changes["further_contacts"] == [[world.lisa.pk], []]


def test_assigning_twice_is_quiet_and_back_to_nobody(world: World) -> None:
    for user in (world.emma, world.emma, None, None):
        assign_ticket(world.ticket, user, by=world.john)
    assert [activity.changes for activity in world.trail()] == [
        {"assignee": [None, world.emma.pk]},
        {"assignee": [world.emma.pk, None]},
    ]
    assert world.trail()[0].metadata == {"names": [None, "Emma Clarke"]}


def test_who_cannot_answer_for_a_ticket_is_not_made_to(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        assign_ticket(world.hidden, world.john, by=world.omar)
    assert refusal.value.code == "assignee_outside_team"
    gone = deactivate_user(world.emma, by=world.olivia)
    for user in (gone, User.objects.system()):
        with pytest.raises(Refused) as refusal:
            assign_ticket(world.ticket, user, by=world.john)
        assert refusal.value.code == "assignee_not_at_work"
    close(world)
    with pytest.raises(Refused) as refusal:
        assign_ticket(world.ticket, world.john, by=world.john)
    assert refusal.value.code == "ticket_closed"


def test_a_move_into_a_private_team_takes_a_blind_assignee_off_and_undo_brings_both_back(world: World) -> None:
    assign_ticket(world.ticket, world.john, by=world.omar)
    move_ticket(world.ticket, world.secret, by=world.omar)
    moved = world.trail()[-1]
    assert moved.changes == {"team": [None, world.secret.pk], "assignee": [world.john.pk, None]}
    assert moved.metadata == {"names": [None, "Secret"], "taken_off": "John Reyes"}
    with pytest.raises(NotFound):
        move_ticket(fresh(world.ticket), None, by=world.john)
    undo(moved, by=world.omar)
    assert (fresh(world.ticket).team, fresh(world.ticket).assignee) == (None, world.john)


def test_a_move_keeps_an_assignee_who_still_sees_the_ticket(world: World) -> None:
    assign_ticket(world.ticket, world.priya, by=world.omar)
    open_team = create_team("Billing", by=world.olivia)
    for team in (world.secret, open_team, None, None):
        move_ticket(world.ticket, team, by=world.omar)
    assert fresh(world.ticket).assignee == world.priya
    assert [set(a.changes) for a in world.trail() if a.action == "ticket.moved"] == [{"team"}] * 3


def test_copied_in_contacts_and_tags_are_exact_sets(world: World) -> None:
    vip, bug = (create_tag(name, by=world.john) for name in ("vip", "bug"))
    for tags in ([vip, bug], [bug, vip], [bug]):
        tag_ticket(world.ticket, tags, by=world.john)
    for contacts in ([world.lisa], [world.lisa, world.lisa], []):
        set_further_contacts(world.ticket, contacts, by=world.john)
    assert [activity.changes for activity in world.trail()[2:]] == [
        {"tags": [[], ["bug", "vip"]]},
        {"tags": [["bug", "vip"], ["bug"]]},
        {"further_contacts": [[], [world.lisa.pk]]},
        {"further_contacts": [[world.lisa.pk], []]},
    ]


def test_strangers_and_customers_edit_nothing(world: World, everything: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        edit_ticket(world.hidden, subject="x", by=world.john)
    with pytest.raises(Forbidden):
        edit_ticket(world.ticket, subject="x", by=world.sarah)
    with pytest.raises(NotFound):
        assign_ticket(world.hidden, world.john, by=world.john)
    assert world.trail() == []


def test_assigning_costs_a_known_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    world.emma.hidden_team_ids  # noqa: B018  once for each loaded user
    woken = 2 if connection.vendor == "postgresql" else 0  # the words that wake live hubs and workers
    # Savepoint's two ends, lock, the change, its activity, the job of what follows.
    with django_assert_num_queries(6 + woken):
        assign_ticket(world.ticket, world.emma, by=world.emma)
    with django_assert_num_queries(3 + 1):  # the old assignee's name
        assign_ticket(world.ticket, world.emma, by=world.emma)
