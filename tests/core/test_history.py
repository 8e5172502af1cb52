"""What the trail says about a row since somebody read it: conflicts per field, and taking a change back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from supportflow.core import clock
from supportflow.core.errors import Forbidden, NotFound, Refused, Stale
from supportflow.core.history import changed_since, undo
from supportflow.core.models import Activity
from supportflow.crm.models import Company, Contact
from supportflow.crm.operations import trash_company, trash_contact, update_company, update_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import (
    assign_ticket,
    change_requester,
    edit_ticket,
    move_ticket,
    reply_to_ticket,
    set_further_contacts,
    tag_ticket,
    trash_ticket,
    update_ticket,
)
from supportflow.fields.models import Field
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag, delete_tag
from tests.conftest import World
from tests.together import together


def state(ticket: Ticket) -> dict[str, Any]:
    """Everything of a ticket but what counts its changes."""
    row: dict[str, Any] = dict(Ticket.objects.values().get(pk=ticket.pk))
    tags = sorted(ticket.tags.values_list("name", flat=True))
    further = sorted(ticket.further_contacts.values_list("pk", flat=True))
    return {name: row[name] for name in row if name not in ("version", "updated_at")} | {
        "tags": tags,
        "further": further,
    }


def test_changed_since_tells_first_old_and_last_new(world: World) -> None:
    seen = world.ticket.version
    for priority in ("LOW", "URGENT"):
        update_ticket(world.ticket, priority=priority, category="BUG", by=world.emma)
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert changed_since(ticket, seen) == {"priority": ["MEDIUM", "URGENT"], "category": ["QUESTION", "BUG"]}
    update_ticket(ticket, priority="MEDIUM", by=world.emma)
    assert changed_since(Ticket.objects.get(pk=ticket.pk), seen) == {"category": ["QUESTION", "BUG"]}


def test_two_who_edit_different_fields_of_one_ticket_both_keep_theirs(world: World) -> None:
    seen = world.ticket.version
    edit_ticket(world.ticket, seen=seen, priority="HIGH", tags=["vip"], by=world.emma)
    # A whole form: John changed the subject and left the rest as his page showed it.
    edit_ticket(
        world.ticket, seen=seen, subject="Nobody signs in", priority="MEDIUM", tags=[], assignee_id=None, by=world.john
    )
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.subject, ticket.priority) == ("Nobody signs in", "HIGH")
    assert [tag.name for tag in ticket.tags.all()] == ["vip"]
    assert world.trail()[-1].changes == {"subject": ["Unable to login", "Nobody signs in"]}


@pytest.mark.parametrize(
    ("theirs", "mine", "told"),
    [
        ({"priority": "HIGH"}, {"priority": "LOW"}, {"priority": ["MEDIUM", "HIGH"]}),
        ({"status": "WAITING"}, {"status": "RESOLVED", "subject": "x"}, {"status": ["OPEN", "WAITING"]}),
        ({"tags": ["vip"]}, {"tags": ["bug"]}, {"tags": [[], ["vip"]]}),
        (
            {"due_at": datetime(2031, 1, 1, tzinfo=UTC)},
            {"due_at": datetime(2031, 1, 2, tzinfo=UTC)},
            {"due_at": [None, "2031-01-01T00:00:00Z"]},
        ),
    ],
)
def test_the_second_who_edits_the_same_field_is_told_what_changed(
    world: World, theirs: dict[str, Any], mine: dict[str, Any], told: dict[str, Any]
) -> None:
    seen = world.ticket.version
    edit_ticket(world.ticket, by=world.emma, **theirs)
    before = state(world.ticket)
    with pytest.raises(Stale) as refusal:
        edit_ticket(world.ticket, seen=seen, by=world.john, **mine)
    assert refusal.value.changes == told
    assert state(world.ticket) == before
    # Having seen it, John insists.
    edit_ticket(world.ticket, seen=refusal.value.version, by=world.john, **mine)


def test_relations_conflict_by_their_ids(world: World) -> None:
    seen = world.ticket.version
    edit_ticket(world.ticket, assignee_id=world.emma.pk, further_contact_ids=[world.lisa.pk], by=world.emma)
    edit_ticket(world.ticket, seen=seen, assignee_id=None, further_contact_ids=[], subject="x", by=world.john)
    with pytest.raises(Stale) as refusal:
        edit_ticket(world.ticket, seen=seen, assignee_id=world.john.pk, contact_id=world.sarah.pk, by=world.john)
    assert refusal.value.changes == {"assignee": [None, world.emma.pk]}


def test_the_same_wish_twice_is_no_conflict(world: World) -> None:
    seen = world.ticket.version
    edit_ticket(world.ticket, priority="HIGH", by=world.emma)
    edit_ticket(world.ticket, seen=seen, priority="HIGH", by=world.john)
    assert world.actions() == ["ticket.updated"]


def test_two_who_edit_one_contact_through_whole_forms(world: World) -> None:
    seen = world.sarah.version
    form: dict[str, Any] = {
        "first_name": "Sarah",
        "email": "sarah@acme.example",
        "emails": ["sarah@acme.example"],
        "address": {"city": ""},
        "company_id": world.acme.pk,
        "tags": [],
        "custom": {"custom_1": None},
    }
    update_contact(world.sarah, seen=seen, by=world.emma, **form | {"address": {"city": "Boston"}, "tags": ["vip"]})
    update_contact(world.sarah, seen=seen, by=world.john, **form | {"first_name": "Sara"})
    sarah = Contact.objects.get(pk=world.sarah.pk)
    assert (sarah.first_name, sarah.city, [tag.name for tag in sarah.tags.all()]) == ("Sara", "Boston", ["vip"])
    for mine, field in (({"address": {"city": "Austin"}}, "city"), ({"tags": ["bug"]}, "tags")):
        with pytest.raises(Stale) as refusal:
            update_contact(world.sarah, seen=seen, by=world.john, **form | {"first_name": "Sara"} | mine)
        assert list(refusal.value.changes) == [field]


@pytest.mark.parametrize(
    ("theirs", "mine", "field"),
    [
        ({"email": "a@acme.example"}, {"email": "b@acme.example"}, "emails"),
        ({"company_id": None}, {"company_id": "globex"}, "company"),
        ({"custom": {"custom_1": "a"}}, {"custom": {"custom_1": "b"}}, "custom"),
    ],
)
def test_no_part_of_a_contact_is_overwritten_unseen(
    world: World, theirs: dict[str, Any], mine: dict[str, Any], field: str
) -> None:
    if mine.get("company_id") == "globex":
        mine = {"company_id": Company.objects.create(name="Globex").pk}
    update_contact(world.sarah, by=world.emma, **theirs)
    with pytest.raises(Stale) as refusal:
        update_contact(world.sarah, seen=world.sarah.version, by=world.john, **mine)
    assert list(refusal.value.changes) == [field]


@pytest.mark.parametrize(
    ("theirs", "mine", "field"),
    [
        ({"owner_id": "emma"}, {"owner_id": "john"}, "owner"),
        (
            {"revenue": {"amount": "1", "currency": "EUR"}},
            {"revenue": {"amount": "2", "currency": "EUR"}},
            "revenue_amount",
        ),
        ({"domains": ["a.example"]}, {"domains": ["b.example"]}, "domains"),
        ({"customer_since": "2020-01-01"}, {"customer_since": "2021-01-01"}, "customer_since"),
    ],
)
def test_no_part_of_a_company_is_overwritten_unseen(
    world: World, theirs: dict[str, Any], mine: dict[str, Any], field: str
) -> None:
    def named(values: dict[str, Any]) -> dict[str, Any]:
        return {name: getattr(world, value).pk if name == "owner_id" else value for name, value in values.items()}

    update_company(world.acme, by=world.emma, **named(theirs))
    with pytest.raises(Stale) as refusal:
        update_company(world.acme, seen=world.acme.version, by=world.john, **named(mine))
    assert list(refusal.value.changes) == [field]
    update_company(world.acme, seen=world.acme.version, name="Acme Inc", by=world.john)


UNDOABLE: dict[str, Any] = {
    "ticket.updated": lambda w: update_ticket(
        w.ticket,
        subject="Other",
        priority="LOW",
        due_at=datetime(2031, 1, 1, 2, 3, 4, 567891, tzinfo=UTC),
        company_id=None,
        custom={"room": "B"},
        by=w.john,
    ),
    "ticket.assigned": lambda w: assign_ticket(w.ticket, w.emma, by=w.john),
    "ticket.moved": lambda w: move_ticket(w.ticket, w.secret, by=w.omar),
    "ticket.tagged": lambda w: tag_ticket(w.ticket, [Tag.objects.get(name="bug")], by=w.john),
    "ticket.requester_changed": lambda w: change_requester(w.ticket, w.lisa, by=w.john),
    "ticket.contacts_changed": lambda w: set_further_contacts(w.ticket, [], by=w.john),
    "ticket.trashed": lambda w: trash_ticket(w.ticket, by=w.john),
}


@pytest.mark.parametrize("action", UNDOABLE)
def test_undo_brings_the_exact_old_values_back(world: World, action: str) -> None:
    Field.objects.create(model="ticket", slug="room", label="Room", kind="text")
    tags = [create_tag(name, by=world.olivia) for name in ("vip", "bug")]
    due = datetime(2030, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    update_ticket(world.ticket, due_at=due, custom={"room": "A"}, by=world.john)
    tag_ticket(world.ticket, tags[:1], by=world.john)
    set_further_contacts(world.ticket, [world.lisa], by=world.john)
    before = state(world.ticket)
    UNDOABLE[action](world)
    [done] = [activity for activity in world.trail() if activity.action == action][-1:]
    assert state(world.ticket) != before
    version = Ticket.objects.get(pk=world.ticket.pk).version
    undo(done, by=world.omar)
    undone = world.trail()[-1]
    assert state(world.ticket) == before
    assert (undone.action, undone.metadata["undone"], undone.actor_name) == (f"{action}.undone", done.pk, "Omar Haddad")
    assert {name: pair[::-1] for name, pair in undone.changes.items()} == done.changes
    assert Ticket.objects.get(pk=world.ticket.pk).version == version + 1
    with pytest.raises(Refused) as refusal:
        undo(done, by=world.john)
    assert refusal.value.code == "changed_since"


@pytest.mark.parametrize("kind", ["contact", "company"])
def test_undo_of_trashing_a_contact_or_company(world: World, kind: str) -> None:
    row = {"contact": world.sarah, "company": world.acme}[kind]
    {"contact": trash_contact, "company": trash_company}[kind](row, by=world.john)  # type: ignore[operator]
    undo(world.trail()[-1], by=world.john)
    row.refresh_from_db()
    assert row.deleted_at is None
    assert world.actions() == [f"{kind}.trashed", f"{kind}.trashed.undone"]


def test_a_comment_in_between_does_not_prevent_undo(world: World) -> None:
    assign_ticket(world.ticket, world.emma, by=world.john)
    reply_to_ticket(world.ticket, Content.from_markdown("On it."), by=world.emma)
    undo(world.trail()[0], by=world.john)
    assert Ticket.objects.get(pk=world.ticket.pk).assignee is None


def test_undo_tells_the_truth_where_a_tag_is_gone(world: World) -> None:
    vip, bug = (create_tag(name, by=world.olivia) for name in ("vip", "bug"))
    tag_ticket(world.ticket, [vip, bug], by=world.john)
    tag_ticket(world.ticket, [], by=world.john)
    done = world.trail()[-1]
    delete_tag(vip, by=world.olivia)
    assert undo(done, by=world.john).changes == {"tags": [[], ["bug"]]}


def test_undo_asks_the_same_right_as_the_act(world: World) -> None:
    assign_ticket(world.hidden, world.priya, by=world.priya)
    done = world.trail()[-1]
    with pytest.raises(NotFound):
        undo(done, by=world.john)
    with pytest.raises((Forbidden, NotFound)):
        undo(done, by=world.lisa)
    undo(done, by=world.priya)


def test_what_cannot_be_undone_says_so(world: World) -> None:
    reply_to_ticket(world.ticket, Content.from_markdown("Hello"), by=world.john)
    with pytest.raises(Refused) as refusal:
        undo(world.trail()[-1], by=world.john)
    assert refusal.value.code == "not_undoable"
    gone = Activity(action="ticket.assigned", subject_type="ticket", subject_id=10**9, created_at=timezone.now())
    with pytest.raises(NotFound):
        undo(gone, by=world.john)


def test_undo_is_for_five_minutes(world: World) -> None:
    assign_ticket(world.ticket, world.emma, by=world.john)
    [done] = world.trail()
    with clock.at(done.created_at + timedelta(minutes=5, seconds=1)), pytest.raises(Refused) as refusal:
        undo(done, by=world.john)
    assert refusal.value.code == "undo_too_late"
    with clock.at(done.created_at + timedelta(minutes=5)):
        undo(done, by=world.john)


@pytest.mark.django_db(transaction=True)
def test_two_who_undo_at_once_undo_once(world: World) -> None:
    assign_ticket(world.ticket, world.emma, by=world.john)
    [done] = world.trail()
    outcomes = together(*[lambda: undo(done, by=world.john)] * 3)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert world.actions() == ["ticket.assigned", "ticket.assigned.undone"]
