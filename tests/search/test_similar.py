"""Tickets whose words are like another one's, and the picker of tickets."""

import pytest
from django.test import Client

from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import create_ticket, merge_ticket, split_comment, trash_ticket, unmerge_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.search.models import Document
from supportflow.search.operations import build_all
from supportflow.search.similar import similar_to
from tests.conftest import World


def ticket(world: World, subject: str, team: int | None = None) -> Ticket:
    return create_ticket(subject, world.lisa, Content.from_markdown("x"), team_id=team, by=world.priya)


def test_the_most_alike_come_first_and_others_not_at_all(world: World) -> None:
    near, nearer = ticket(world, "Unable to print"), ticket(world, "Users unable to login today")
    far = ticket(world, "Invoice wrong")
    gone = trash_ticket(ticket(world, "Unable to login"), by=world.john)
    secret = ticket(world, "Unable to login", world.secret.pk)
    build_all()
    found = similar_to(world.ticket, world.john)
    assert found[0] == nearer
    assert near in found
    assert not {far, gone, secret, world.ticket} & set(found)
    assert secret in similar_to(world.ticket, world.priya)


@pytest.mark.parametrize("subject", ["?!", "a b c", "東京 配送", "x" * 250])
def test_any_subject_will_do(world: World, subject: str) -> None:
    ticket(world, subject)
    build_all()
    assert isinstance(similar_to(ticket(world, subject), world.john), list)


def test_the_card_and_the_picker(browser: Client, world: World) -> None:
    near = ticket(world, "Unable to login <again>")
    build_all()
    card = browser.get(f"{world.ticket.get_absolute_url()}/similar")
    assert near.number in card.content.decode()
    assert browser.get(f"{world.hidden.get_absolute_url()}/similar").status_code == 404
    options = browser.get("/search/tickets?other=again").content.decode()
    assert f'value="{near.number} Unable to login &lt;again&gt;"' in options
    assert near.number in browser.get(f"/search/tickets?into={near.number}").content.decode()
    for typed in ("", '"', "status:never", "x" * 500):
        assert browser.get("/search/tickets", {"other": typed}).status_code == 200


def test_comments_are_found_where_they_are_by_now(world: World) -> None:
    other = create_ticket("Second", world.lisa, Content.from_markdown("Zanzibar"), by=world.john)
    run_due_jobs()
    comment = Comment.objects.get(ticket=other)

    def place() -> int | None:
        run_due_jobs()
        return Document.objects.get(kind=2, object_id=comment.pk).ticket_id

    assert place() == other.pk
    merge_ticket(other, world.ticket, by=world.john)
    assert place() == world.ticket.pk
    unmerge_ticket(Ticket.objects.get(pk=other.pk), by=world.john)
    assert place() == other.pk
    merge_ticket(Ticket.objects.get(pk=other.pk), world.ticket, by=world.john)
    comment.refresh_from_db()
    new = split_comment(comment, by=world.john)
    assert place() == new.pk
