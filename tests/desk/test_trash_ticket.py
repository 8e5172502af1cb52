import pytest

from supportflow.core.errors import Forbidden, NotFound, Refused, Stale
from supportflow.core.models import Activity
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import create_ticket, note_on_ticket, purge_ticket, restore_ticket, trash_ticket
from tests.conftest import World

TEXT = Content.from_markdown("Hello")


def test_agents_trash_and_restore(world: World) -> None:
    before = {
        name: value for name, value in Ticket.objects.values().get(pk=world.ticket.pk).items() if "_at" not in name
    }
    with pytest.raises(Stale):
        trash_ticket(world.ticket, version=7, by=world.john)
    for _again in range(2):
        trash_ticket(world.ticket, by=world.john)
    assert world.ticket in Ticket.objects.trashed()
    assert world.ticket not in Ticket.objects.alive()
    for _again in range(2):
        restore_ticket(world.ticket, by=world.emma)
    assert world.actions() == ["ticket.trashed", "ticket.restored"]
    row = Ticket.objects.values().get(pk=world.ticket.pk)
    assert {name: row[name] for name in before} == before | {"version": 3}  # type: ignore[literal-required]


def test_only_administrators_purge_and_only_from_the_trash(world: World) -> None:
    note_on_ticket(world.ticket, TEXT, by=world.john)
    follow_up = create_ticket(
        "b", world.sarah, TEXT, follow_up_of=world.ticket, claims_to_answer=world.ticket, by=world.john
    )
    with pytest.raises(Refused) as refusal:
        purge_ticket(world.ticket, by=world.olivia)
    assert refusal.value.code == "not_in_trash"
    trash_ticket(world.ticket, by=world.john)
    for who in (world.john, world.omar, world.sarah):
        with pytest.raises((Forbidden, NotFound)):
            purge_ticket(world.ticket, by=who)
    purge_ticket(world.ticket, by=world.olivia)
    follow_up.refresh_from_db()
    assert (follow_up.follow_up_of, follow_up.claims_to_answer) == (None, None)
    assert not Comment.objects.filter(ticket_id=world.ticket.pk).exists()
    with pytest.raises(NotFound):
        purge_ticket(world.ticket, by=world.olivia)


def test_the_trail_keeps_what_was_there(world: World) -> None:
    trash_ticket(world.ticket, by=world.john)
    purge_ticket(world.ticket, by=world.olivia)
    last = world.trail()[-1]
    assert (last.action, last.ticket_id, last.metadata) == (
        "ticket.purged",
        world.ticket.pk,
        {"subject": "Unable to login"},
    )
    assert Activity.objects.filter(ticket_id=world.ticket.pk, action="ticket.created").exists()


def test_nobody_trashes_what_they_cannot_see(world: World) -> None:
    for act in (trash_ticket, restore_ticket):
        with pytest.raises(NotFound):
            act(world.hidden, by=world.john)
        with pytest.raises(Forbidden):
            act(world.ticket, by=world.sarah)
    assert world.trail() == []
