from datetime import timedelta

import pytest
from django.utils import timezone

from supportflow.core import clock
from supportflow.core.errors import Invalid, Refused
from supportflow.core.history import undo
from supportflow.desk.models import MOVES, Status, Ticket
from supportflow.desk.operations import set_status
from tests.conftest import World

PATHS: dict[str, tuple[str, ...]] = {
    "OPEN": (),
    "IN_PROGRESS": ("IN_PROGRESS",),
    "WAITING": ("WAITING",),
    "RESOLVED": ("RESOLVED",),
    "CLOSED": ("RESOLVED", "CLOSED"),
}


def ticket_in(world: World, status: str) -> Ticket:
    ticket = world.ticket
    for step in PATHS[status]:
        ticket = set_status(ticket, step, by=world.john)
    return ticket


@pytest.mark.parametrize("old", list(Status))
@pytest.mark.parametrize("new", list(Status))
def test_the_table_of_moves_is_the_whole_law(world: World, old: str, new: str) -> None:
    ticket = ticket_in(world, old)
    if new == old or new in MOVES[old]:
        assert set_status(ticket, new, by=world.john).status == new
    else:
        with pytest.raises(Refused) as refusal:
            set_status(ticket, new, by=world.john)
        assert refusal.value.code == "status_move"
        assert {old, new} <= set(str(refusal.value).replace(".", "").replace(",", "").split())
    ticket.refresh_from_db()
    assert (ticket.resolved_at is not None) == ticket.is_settled


def test_setting_the_same_status_twice_is_quiet(world: World) -> None:
    for _again in range(2):
        set_status(world.ticket, "WAITING", by=world.john)
    assert world.actions() == ["ticket.status_changed"]


def test_reopening_is_counted_and_clears_the_stamps(world: World) -> None:
    ticket = set_status(ticket_in(world, "CLOSED"), "OPEN", by=world.john)
    assert (ticket.reopened_count, ticket.resolved_at, ticket.closed_at) == (1, None, None)
    assert world.actions()[-1] == "ticket.reopened"


def test_undo_of_a_reopen_brings_the_stamps_back_and_counts_nothing(world: World) -> None:
    closed = ticket_in(world, "CLOSED")
    set_status(closed, "OPEN", by=world.john)
    undone = undo(world.trail()[-1], by=world.john)
    ticket = Ticket.objects.get(pk=closed.pk)
    assert undone.action == "ticket.reopened.undone"
    assert (ticket.status, ticket.reopened_count, ticket.closed_at) == ("CLOSED", 0, closed.closed_at)


def test_undo_is_refused_after_another_change_and_after_its_time(world: World) -> None:
    set_status(world.ticket, "WAITING", by=world.john)
    waiting = world.trail()[-1]
    with clock.at(timezone.now() + timedelta(hours=1)), pytest.raises(Refused, match="time"):
        undo(waiting, by=world.john)
    set_status(world.ticket, "RESOLVED", by=world.emma)
    with pytest.raises(Refused) as refusal:
        undo(waiting, by=world.john)
    assert refusal.value.code == "changed_since"


def test_an_unknown_status_names_the_known_ones(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        set_status(world.ticket, "DONE", by=world.john)
    assert "RESOLVED" in refusal.value.fields["status"]
