"""What is to do on a ticket, and the time that it took."""

from typing import Any

import pytest

from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from supportflow.desk.models import Ticket
from supportflow.desk.operations import (
    add_to_checklist,
    change_checklist_item,
    create_ticket,
    log_time,
    merge_ticket,
    remove_from_checklist,
    remove_time,
)
from supportflow.desk.operations.checklists import checklist_item
from supportflow.desk.relations import beside
from tests.conftest import World


def texts(ticket: Ticket) -> list[str]:
    rows = list(ticket.checklist.order_by("position", "pk"))
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    return [f"{'+' if row.is_done else '-'}{row.text}" for row in rows]


def test_items_are_added_ticked_moved_and_taken_off(world: World) -> None:
    a, b, c = (add_to_checklist(world.ticket, name, by=world.john) for name in "abc")
    change_checklist_item(b, is_done=True, by=world.emma)
    change_checklist_item(b, is_done=True, by=world.emma)
    change_checklist_item(c, position=1, by=world.emma)
    assert texts(world.ticket) == ["-c", "-a", "+b"]
    change_checklist_item(c, position=99, text="see", by=world.emma)
    assert texts(world.ticket) == ["-a", "+b", "-see"]
    remove_from_checklist(a, by=world.john)
    assert texts(world.ticket) == ["+b", "-see"]
    assert world.actions() == [
        *["ticket.checklist_added"] * 3,
        "ticket.checklist_ticked",
        "ticket.checklist_changed",
        "ticket.checklist_changed",
        "ticket.checklist_removed",
    ]


def test_a_tick_with_a_new_text_is_told_as_a_tick_whatever_comes_first(world: World) -> None:
    item = add_to_checklist(world.ticket, "a", by=world.john)
    change_checklist_item(item, text="b", is_done=True, by=world.john)
    assert world.actions()[-1] == "ticket.checklist_ticked"


def test_a_text_that_somebody_changed_meanwhile_is_not_overwritten(world: World) -> None:
    item = add_to_checklist(world.ticket, "a", by=world.john)
    change_checklist_item(item, text="b", version=1, by=world.john)
    with pytest.raises(Stale):
        change_checklist_item(item, text="c", version=1, by=world.emma)


def test_a_checklist_is_bounded_and_its_texts_are(world: World) -> None:
    for text in ("", " ", "x" * 251, "a\x00b"):
        with pytest.raises(Invalid):
            add_to_checklist(world.ticket, text, by=world.john)
    for number in range(100):
        add_to_checklist(world.ticket, str(number), by=world.john)
    with pytest.raises(Refused) as refused:
        add_to_checklist(world.ticket, "one more", by=world.john)
    assert refused.value.code == "checklist_full"
    with pytest.raises(Invalid):
        change_checklist_item(world.ticket.checklist.all()[0], position=0, by=world.john)


def test_who_does_not_see_the_ticket_does_nothing_on_it(world: World) -> None:
    item = add_to_checklist(world.hidden, "secret", by=world.priya)
    entry = log_time(world.hidden, 5, by=world.priya)
    acts: list[Any] = [
        lambda: add_to_checklist(world.hidden, "x", by=world.john),
        lambda: change_checklist_item(item, is_done=True, by=world.john),
        lambda: remove_from_checklist(item, by=world.john),
        lambda: log_time(world.hidden, 5, by=world.john),
        lambda: remove_time(entry, by=world.john),
        lambda: checklist_item(world.ticket, item.pk),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_time_is_summed_and_taken_off_by_who_spent_it_or_a_supervisor(world: World) -> None:
    mine = log_time(world.ticket, 25, "Read the log", by=world.john)
    other = log_time(world.ticket, 60, by=world.emma)
    assert beside(world.ticket, world.john).minutes == 85
    with pytest.raises(Forbidden):
        remove_time(other, by=world.john)
    remove_time(mine, by=world.john)
    remove_time(other, by=world.omar)
    assert beside(world.ticket, world.john).minutes == 0
    assert world.actions() == [*["ticket.time_logged"] * 2, *["ticket.time_removed"] * 2]


@pytest.mark.parametrize("minutes", [0, -5, 1441])
def test_minutes_that_are_none_are_refused(world: World, minutes: int) -> None:
    with pytest.raises(Invalid):
        log_time(world.ticket, minutes, by=world.john)


def test_a_merged_ticket_takes_nothing_more(world: World) -> None:
    other = create_ticket("Other", world.lisa, by=world.john)
    merge_ticket(other, world.ticket, by=world.john)
    merged = Ticket.objects.get(pk=other.pk)
    for act in (add_to_checklist, log_time):
        with pytest.raises(Refused):
            act(merged, 5 if act is log_time else "x", by=world.john)  # type: ignore[arg-type]
