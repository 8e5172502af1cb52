"""Tickets that have to do with each other, and a comment that becomes one."""

import pytest

from supportflow.core.errors import Invalid, NotFound, Refused
from supportflow.core.models import Activity
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Mailbox, Ticket
from supportflow.desk.operations import (
    answer_ticket,
    create_ticket,
    link_tickets,
    merge_ticket,
    note_on_ticket,
    reply_to_ticket,
    split_comment,
    trash_ticket,
    unlink_tickets,
    unmerge_ticket,
)
from supportflow.desk.relation_models import LinkKind, TicketLink
from supportflow.desk.relations import links_of
from tests.conftest import World
from tests.together import together


def ticket(world: World, subject: str = "Another") -> Ticket:
    made = create_ticket(subject, world.lisa, by=world.john)
    world.forget()
    return made


def seen(one: Ticket, world: World) -> list[tuple[str, int]]:
    return [(link.kind.value, link.ticket.pk) for link in links_of(one, world.john)]


@pytest.mark.parametrize("kind", list(LinkKind))
def test_a_pair_has_one_link_that_is_shown_from_both_sides(world: World, kind: LinkKind) -> None:
    other = ticket(world)
    link_tickets(world.ticket, other, kind, by=world.john)
    link_tickets(other, world.ticket, kind.inverse, by=world.john)  # the same, said from the other side
    assert TicketLink.objects.count() == 1
    assert seen(world.ticket, world) == [(kind.value, other.pk)]
    assert seen(other, world) == [(kind.inverse.value, world.ticket.pk)]
    assert world.actions() == ["ticket.linked", "ticket.linked"]


def test_another_kind_takes_the_place_of_the_first(world: World) -> None:
    other = ticket(world)
    link_tickets(world.ticket, other, by=world.john)
    link_tickets(other, world.ticket, LinkKind.ORIGINAL, by=world.john)
    assert seen(world.ticket, world) == [("DUPLICATE", other.pk)]
    unlink_tickets(world.ticket, other, by=world.john)
    assert seen(other, world) == []
    for one in (other, world.ticket):
        with pytest.raises(NotFound):
            unlink_tickets(world.ticket, one, by=world.john)


def test_parents_make_no_circle_and_are_one(world: World) -> None:
    a, b, c = (ticket(world, name) for name in "abc")
    link_tickets(a, b, LinkKind.PARENT, by=world.john)
    link_tickets(b, c, LinkKind.PARENT, by=world.john)
    for child, parent, code in ((c, a, "link_circle"), (a, c, "has_parent"), (a, a, "link_itself")):
        with pytest.raises(Refused) as refused:
            link_tickets(child, parent, LinkKind.PARENT, by=world.john)
        assert refused.value.code == code
    unlink_tickets(b, c, by=world.john)
    link_tickets(b, a, LinkKind.PARENT, by=world.john)  # turned around: the pair's old link gives way
    assert seen(a, world) == [("CHILD", b.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_circle_that_two_close_at_once_is_none(world: World) -> None:
    a, b, c, d = (ticket(world, name) for name in "abcd")
    link_tickets(b, c, LinkKind.PARENT, by=world.john)
    link_tickets(d, a, LinkKind.PARENT, by=world.john)
    results = together(
        lambda: link_tickets(a, b, LinkKind.PARENT, by=world.john),
        lambda: link_tickets(c, d, LinkKind.PARENT, by=world.emma),
    )
    assert sorted(type(result).__name__ for result in results) == ["Refused", "TicketLink"], results


def test_what_one_may_not_see_is_neither_linked_nor_named(world: World) -> None:
    with pytest.raises(NotFound):
        link_tickets(world.ticket, world.hidden, by=world.john)
    link_tickets(world.ticket, world.hidden, by=world.priya)
    assert seen(world.ticket, world) == []
    told = Activity.objects.filter(action="ticket.linked", ticket_id=world.ticket.pk).get()
    assert world.hidden.number not in str(told.metadata)
    gone = trash_ticket(ticket(world), by=world.john)
    with pytest.raises(Refused):
        link_tickets(world.ticket, gone, by=world.john)
    with pytest.raises(Invalid):
        link_tickets(world.ticket, ticket(world), "COUSIN", by=world.john)


def test_a_comment_becomes_a_ticket_of_who_wrote_it(world: World) -> None:
    comment = answer_ticket(world.ticket, Content.from_markdown("And my invoice?"), by=world.sarah)
    world.forget()
    new = split_comment(comment, "Invoice", by=world.john)
    comment.refresh_from_db()
    assert (comment.ticket, comment.is_opening) == (new, True)
    assert (new.subject, new.contact, new.mailbox, new.assignee) == ("Invoice", world.sarah, world.mailbox, None)
    assert seen(new, world) == [("RELATED", world.ticket.pk)]
    assert world.actions() == ["ticket.created", "ticket.split", "ticket.linked", "ticket.linked"]
    merge_ticket(new, world.ticket, by=world.john)  # the way back
    assert Comment.objects.filter(ticket=world.ticket).count() == 2


def test_notes_and_replies_are_split_off_without_becoming_customers_words(world: World) -> None:
    note = note_on_ticket(world.ticket, Content.from_markdown("Other thing"), by=world.john)
    reply = reply_to_ticket(world.ticket, Content.from_markdown("Hello"), by=world.john)
    for comment in (note, reply):
        new = split_comment(comment, by=world.john)
        comment.refresh_from_db()
        assert (comment.ticket, comment.is_opening, new.contact) == (new, False, world.sarah)


def test_the_first_message_stays(world: World) -> None:
    opening = world.ticket.comments.get()
    with pytest.raises(Refused) as refused:
        split_comment(opening, by=world.john)
    assert refused.value.code == "split_opening"
    with pytest.raises(NotFound):
        split_comment(world.hidden.comments.get(), by=world.john)


def test_what_is_split_off_stays_in_its_private_team(world: World) -> None:
    comment = answer_ticket(world.hidden, Content.from_markdown("More"), by=world.lisa)
    new = split_comment(comment, by=world.priya)
    assert new.team == world.secret
    assert not new.is_visible_to(world.john)


def test_a_comment_that_was_split_off_does_not_go_back_with_its_merge(world: World) -> None:
    second = create_ticket("Second", world.lisa, Content.from_markdown("One"), by=world.john)
    answer = answer_ticket(second, Content.from_markdown("Two"), by=world.lisa)
    merge_ticket(second, world.ticket, by=world.john)
    answer.refresh_from_db()
    new = split_comment(answer, "Two alone", by=world.john)
    unmerge_ticket(Ticket.objects.get(pk=second.pk), by=world.john)
    assert list(Comment.objects.filter(ticket=second).values_list("body", flat=True)) == ["One"]
    assert list(Comment.objects.filter(ticket=new).values_list("body", flat=True)) == ["Two"]


def test_what_is_split_off_a_ticket_of_no_team_is_of_no_team_either(world: World) -> None:
    Mailbox.objects.update(team=world.secret)
    comment = answer_ticket(Ticket.objects.get(pk=world.ticket.pk), Content.from_markdown("More"), by=world.sarah)
    assert split_comment(comment, by=world.john).team is None
