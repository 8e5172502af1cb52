"""Two tickets become one, and apart again."""

from datetime import timedelta

import pytest

from supportflow.core import clock
from supportflow.core.errors import Invalid, NotFound, Refused
from supportflow.crm.operations import create_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Reading, Ticket
from supportflow.desk.operations import (
    answer_ticket,
    assign_ticket,
    create_ticket,
    follow_ticket,
    merge_ticket,
    note_on_ticket,
    purge_ticket,
    reply_to_ticket,
    set_further_contacts,
    set_status,
    trash_ticket,
    unmerge_ticket,
)
from supportflow.desk.relation_models import Merge, MovedComment
from tests.conftest import World
from tests.together import together


@pytest.fixture
def second(world: World) -> Ticket:
    """Lisa's, about the same."""
    ticket = create_ticket("Login broken", world.lisa, Content.from_markdown("Me too."), by=world.john)
    world.forget()
    return ticket


def texts(ticket: Ticket) -> list[str]:
    return list(Comment.objects.filter(ticket=ticket).order_by("pk").values_list("body", flat=True))


def again(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_all_that_was_said_and_all_who_were_there_go_along(world: World, second: Ticket) -> None:
    follow_ticket(second, by=world.emma)
    note_on_ticket(second, Content.from_markdown("Hm."), by=world.emma)
    world.forget()
    assert merge_ticket(second, world.ticket, by=world.john) == world.ticket
    assert texts(world.ticket) == ["I cannot sign in.", "Me too.", "Hm."]
    assert texts(second) == []
    assert list(world.ticket.further_contacts.all()) == [world.lisa]
    assert Reading.objects.get(ticket=world.ticket, user=world.emma).is_following
    second = again(second)
    assert (second.status, second.merged_into) == ("CLOSED", world.ticket)
    assert [(one.action, one.subject_id) for one in world.trail()] == [
        ("ticket.merged", second.pk),
        ("ticket.absorbed", world.ticket.pk),
    ]
    assert world.ticket.comments.filter(is_opening=True).count() == 1


def test_undoing_it_puts_exactly_that_back(world: World, second: Ticket) -> None:
    set_status(second, "WAITING", by=world.john)
    before = again(second)
    follow_ticket(second, by=world.emma)
    merge_ticket(second, world.ticket, by=world.john)
    reply_to_ticket(world.ticket, Content.from_markdown("For both."), by=world.emma)
    unmerge_ticket(again(second), by=world.omar)
    after = again(second)
    for name in ("status", "resolved_at", "closed_at", "merged_into", "reopened_count", "contact", "team"):
        assert getattr(after, name) == getattr(before, name), name
    assert texts(second) == ["Me too."]
    assert texts(world.ticket) == ["I cannot sign in.", "For both."]
    assert second.comments.get().is_opening
    assert not world.ticket.further_contacts.exists()
    assert not Reading.objects.get(ticket=world.ticket, user=world.emma).is_following
    assert world.actions()[-2:] == ["ticket.released", "ticket.unmerged"]
    assert not Merge.objects.exists()
    assert not MovedComment.objects.exists()


def test_who_was_there_before_or_came_with_another_stays(world: World, second: Ticket) -> None:
    third = create_ticket("Again", world.lisa, Content.from_markdown("Still."), by=world.john)
    for ticket in (second, third):
        merge_ticket(ticket, world.ticket, by=world.john)
    unmerge_ticket(again(second), by=world.john)
    assert list(world.ticket.further_contacts.all()) == [world.lisa]
    unmerge_ticket(again(third), by=world.john)
    assert not world.ticket.further_contacts.exists()
    set_further_contacts(world.ticket, [world.lisa], by=world.john)
    merge_ticket(again(second), world.ticket, by=world.john)
    unmerge_ticket(again(second), by=world.john)
    assert list(world.ticket.further_contacts.all()) == [world.lisa]


def test_merged_further_each_can_still_be_taken_out(world: World, second: Ticket) -> None:
    third = create_ticket("All of it", world.sarah, Content.from_markdown("Third."), by=world.john)
    merge_ticket(second, world.ticket, by=world.john)
    merge_ticket(again(world.ticket), third, by=world.john)
    assert texts(third) == ["I cannot sign in.", "Me too.", "Third."]
    unmerge_ticket(again(second), by=world.john)
    assert (texts(second), texts(third)) == (["Me too."], ["I cannot sign in.", "Third."])
    assert not third.further_contacts.exists()
    merge_ticket(again(second), third, by=world.john)
    unmerge_ticket(again(world.ticket), by=world.john)
    assert (texts(world.ticket), texts(third)) == (["I cannot sign in."], ["Me too.", "Third."])


def test_taking_the_outer_one_out_leaves_the_inner_one_merged(world: World, second: Ticket) -> None:
    third = create_ticket("All of it", world.sarah, Content.from_markdown("Third."), by=world.john)
    merge_ticket(second, world.ticket, by=world.john)
    merge_ticket(again(world.ticket), third, by=world.john)
    unmerge_ticket(again(world.ticket), by=world.john)
    assert texts(world.ticket) == ["I cannot sign in.", "Me too."]
    unmerge_ticket(again(second), by=world.john)
    assert texts(second) == ["Me too."]
    assert second.comments.get().is_opening


def test_a_merge_that_makes_no_sense_is_refused_and_says_why(world: World, second: Ticket) -> None:
    third = create_ticket("Third", world.lisa, by=world.john)
    trashed = trash_ticket(create_ticket("Gone", world.lisa, by=world.john), by=world.john)
    merge_ticket(second, world.ticket, by=world.john)
    second = again(second)
    world.forget()
    for ticket, target, code in (
        (third, third, "merge_itself"),
        (again(world.ticket), second, "merge_circle"),
        (third, second, "merged_already"),
        (second, third, "merged_already"),
        (third, trashed, "in_trash"),
        (trashed, third, "in_trash"),
    ):
        with pytest.raises(Refused) as refused:
            merge_ticket(ticket, target, by=world.john)
        assert refused.value.code == code
    assert world.actions() == []


def test_who_does_not_see_both_cannot_merge_them(world: World, second: Ticket) -> None:
    for ticket, target in ((second, world.hidden), (world.hidden, second)):
        with pytest.raises(NotFound):
            merge_ticket(ticket, target, by=world.john)


def test_words_of_a_private_team_are_never_shown_to_others(world: World, second: Ticket) -> None:
    for ticket, target in ((second, world.hidden), (world.hidden, second)):
        with pytest.raises(Refused) as refused:
            merge_ticket(ticket, target, by=world.priya)
        assert refused.value.code == "merge_across_teams"
    inside = create_ticket("Also secret", world.lisa, team_id=world.secret.pk, by=world.priya)
    merge_ticket(world.hidden, inside, by=world.priya)
    assert texts(inside) == ["Psst."]


def test_a_merged_ticket_stays_as_it_is(world: World, second: Ticket) -> None:
    merge_ticket(second, world.ticket, by=world.john)
    second = again(second)
    for act in (
        lambda: reply_to_ticket(second, Content.from_markdown("x"), by=world.john),
        lambda: note_on_ticket(second, Content.from_markdown("x"), by=world.john),
        lambda: set_status(second, "OPEN", by=world.john),
        lambda: assign_ticket(second, world.john, by=world.john),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "merged"


def test_a_customers_answer_goes_where_the_conversation_is(world: World, second: Ticket) -> None:
    merge_ticket(second, world.ticket, by=world.john)
    set_status(again(world.ticket), "WAITING", by=world.john)
    Ticket.objects.filter(pk=second.pk).update(closed_at=clock.now() - timedelta(days=300))
    comment = answer_ticket(again(second), Content.from_markdown("Thanks"), by=world.lisa)
    assert comment.ticket == world.ticket
    assert again(world.ticket).status == "OPEN"


def test_what_was_merged_into_a_ticket_is_not_purged_with_it(world: World, second: Ticket) -> None:
    merge_ticket(second, world.ticket, by=world.john)
    purge_ticket(trash_ticket(again(world.ticket), by=world.olivia), by=world.olivia)
    assert texts(second) == ["Me too."]
    assert again(second).merged_into is None


def test_too_many_customers_are_refused_whole(world: World, second: Ticket) -> None:
    crowd = [create_contact(first_name=f"No {n}", by=world.john) for n in range(100)]
    set_further_contacts(world.ticket, crowd, by=world.john)
    with pytest.raises(Invalid, match="At most 100"):
        merge_ticket(second, world.ticket, by=world.john)
    assert texts(second) == ["Me too."]


def test_undoing_twice_is_refused(world: World, second: Ticket) -> None:
    merge_ticket(second, world.ticket, by=world.john)
    merged = again(second)
    unmerge_ticket(merged, by=world.john)
    with pytest.raises(Refused) as refused:
        unmerge_ticket(merged, by=world.john)
    assert refused.value.code == "not_merged"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_at_once_one_is_told(world: World) -> None:
    one, two, three = (create_ticket(f"No {n}", world.lisa, by=world.john) for n in range(3))
    elsewhere = together(lambda: merge_ticket(one, two, by=world.john), lambda: merge_ticket(one, three, by=world.emma))
    assert sorted(type(result).__name__ for result in elsewhere) == ["Refused", "Ticket"], elsewhere


@pytest.mark.django_db(transaction=True)
def test_two_that_are_merged_into_each_other_at_once_make_no_circle(world: World) -> None:
    one, two = (create_ticket(f"No {n}", world.lisa, by=world.john) for n in range(2))
    crosswise = together(lambda: merge_ticket(one, two, by=world.john), lambda: merge_ticket(two, one, by=world.omar))
    assert sorted(type(result).__name__ for result in crosswise) == ["Refused", "Ticket"], crosswise
