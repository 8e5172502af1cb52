"""Merging, links, checklist, time, snooze, permalinks and paper, through the pages."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Reading, Ticket
from supportflow.desk.operations import (
    add_to_checklist,
    answer_ticket,
    create_ticket,
    link_tickets,
    log_time,
    merge_ticket,
    note_on_ticket,
    reply_to_ticket,
    snooze_ticket,
)
from supportflow.desk.timeline import SHOWN
from tests.conftest import World


@pytest.fixture
def second(world: World) -> Ticket:
    ticket = create_ticket("Login broken", world.lisa, Content.from_markdown("Me too."), by=world.john)
    world.forget()
    return ticket


def html(client: Client, address: str, status: int = 200, part: bool = False) -> str:
    answer = client.get(address, headers={"HX-Request": "true"} if part else {})
    assert answer.status_code == status, address
    return answer.content.decode()


def test_a_merge_is_looked_at_then_done_then_undone(browser: Client, world: World, second: Ticket) -> None:
    path = f"{second.get_absolute_url()}/merge"
    assert 'name="into"' in html(browser, path)
    assert "Write the number" in html(browser, f"{path}?into=nothing", 422)
    assert "Write the number" in html(browser, f"{path}?into={world.hidden.number}", 422)
    shown = html(browser, f"{path}?into={world.ticket.number} Unable to login")
    assert "also go to Lisa Martinez" in shown
    assert world.actions() == []
    assert browser.post(path, {"into": world.ticket.number})["Location"] == world.ticket.get_absolute_url()
    page = html(browser, second.get_absolute_url())
    assert "the conversation goes on there" in page
    assert 'id="composer"' not in page
    page = html(browser, world.ticket.get_absolute_url())
    assert "Me too." in page
    assert f'<a class="link" href="/tickets/{second.number}">{second.number}</a>' in page
    assert f"/tickets/{second.number}/unmerge" in html(browser, f"{world.ticket.get_absolute_url()}/beside")
    assert browser.post(f"{second.get_absolute_url()}/unmerge").status_code == 302
    assert 'id="composer"' in html(browser, second.get_absolute_url())
    assert browser.post(f"{second.get_absolute_url()}/unmerge").status_code == 409


def test_where_it_went_is_not_told_to_who_may_not_see_it(
    browser: Client, world: World, second: Ticket, sign_in: Callable[[User], Client]
) -> None:
    merge_ticket(second, world.ticket, by=world.john)
    Ticket.objects.filter(pk=world.ticket.pk).update(team=world.secret)
    page = html(browser, second.get_absolute_url())
    assert "Merged into a ticket that you may not see" in page
    assert "Unable to login" not in page
    assert browser.post(f"{second.get_absolute_url()}/unmerge").status_code == 404


def test_links_checklist_and_time_in_the_panel(browser: Client, world: World, second: Ticket) -> None:
    path = world.ticket.get_absolute_url()
    for form, data in (
        ("links", {"other": f"{second.number} Login broken", "kind": "DUPLICATE"}),
        ("checklist", {"text": "Ask <b>twice</b>"}),
        ("time", {"minutes": "125", "note": "Read"}),
    ):
        assert browser.post(f"{path}/{form}", data)["Location"] == f"{path}/beside"
    shown = html(browser, f"{path}/beside", part=True)
    assert shown.lstrip().startswith('<div id="beside">')
    assert "Has as a duplicate" in shown
    assert "Ask &lt;b&gt;twice&lt;/b&gt;" in shown
    assert "2h 5m" in shown
    item, entry = world.ticket.checklist.get(), world.ticket.time_entries.get()
    for form, data in (
        (f"checklist/{item.pk}", {"done": "true"}),
        (f"checklist/{item.pk}", {"move": "up"}),
        (f"checklist/{item.pk}", {"remove": "1"}),
        (f"time/{entry.pk}", {}),
        ("links", {"other": second.number, "remove": "1"}),
    ):
        assert browser.post(f"{path}/{form}", data).status_code == 302
    shown = html(browser, f"{path}/beside")
    assert "Login broken" not in shown
    assert "2h 5m" not in shown


@pytest.mark.parametrize(
    ("form", "data", "status"),
    [
        ("links", {"other": "", "kind": "RELATED"}, 422),
        ("links", {"other": "T-9999"}, 422),
        ("checklist", {"text": ""}, 422),
        ("checklist/999", {"done": "true"}, 404),
        ("checklist/99999999999999999999", {"done": "true"}, 404),
        ("time", {"minutes": "x"}, 422),
        ("time", {"minutes": "99999"}, 422),
        ("time/999", {}, 404),
        ("snooze", {"when": "never"}, 422),
        ("snooze", {"until": "2001-01-01T10:00"}, 422),
        ("merge", {"into": ""}, 422),
    ],
)
def test_bad_input_changes_nothing_and_says_why(
    browser: Client, world: World, form: str, data: dict[str, str], status: int
) -> None:
    assert browser.post(f"{world.ticket.get_absolute_url()}/{form}", data).status_code == status
    assert world.actions() == []


def test_no_link_to_what_one_may_not_see_and_none_of_an_unknown_kind(
    browser: Client, world: World, second: Ticket
) -> None:
    for wrong in ({"other": world.hidden.number}, {"other": second.number, "kind": "COUSIN"}):
        assert browser.post(f"{world.ticket.get_absolute_url()}/links", wrong).status_code == 422
    assert world.actions() == []


def test_the_panel_costs_the_same_however_much_is_there(
    browser: Client, world: World, second: Ticket, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"{world.ticket.get_absolute_url()}/beside"
    for number in range(4):
        link_tickets(world.ticket, create_ticket(f"No {number}", world.lisa, by=world.john), by=world.john)
        add_to_checklist(world.ticket, f"No {number}", by=world.john)
        log_time(world.ticket, 5, by=world.emma)
        if number in {0, 3}:
            with django_assert_num_queries(10):
                html(browser, path, part=True)


def test_the_list_marks_what_the_reader_snoozed_and_can_show_it_alone(
    browser: Client, world: World, sign_in: Callable[[User], Client]
) -> None:
    assert browser.post(f"{world.ticket.get_absolute_url()}/snooze", {"when": "tomorrow"}).status_code == 302
    assert "Snoozed until" in html(browser, "/tickets")
    assert "Unable to login" in html(browser, "/tickets?snoozed=true")
    assert "Unable to login" not in html(browser, "/tickets?snoozed=false")
    assert "Snoozed until" not in html(sign_in(world.emma), "/tickets")
    assert "You put this off until" in html(browser, world.ticket.get_absolute_url())
    assert browser.post(f"{world.ticket.get_absolute_url()}/snooze", {"wake": "1"}).status_code == 302
    assert Reading.objects.get(user=world.john, ticket=world.ticket).snoozed_until is None


def test_a_merged_ticket_offers_nothing_that_would_be_refused(browser: Client, world: World, second: Ticket) -> None:
    page = browser.get(second.get_absolute_url()).content
    assert b"Resolve" in page
    assert b"Assign to me" in page
    merge_ticket(second, world.ticket, by=world.john)
    page = browser.get(second.get_absolute_url()).content
    assert b"Reopen" not in page
    assert b"Assign to me" not in page


def test_a_permalink_finds_its_comment_after_a_merge_and_on_older_pages(
    browser: Client, world: World, second: Ticket
) -> None:
    comment = second.comments.get()
    merge_ticket(second, world.ticket, by=world.john)
    address = f"{world.ticket.get_absolute_url()}#comment-{comment.pk}"
    assert browser.get(f"/comments/{comment.pk}")["Location"] == address
    Comment.objects.bulk_create(
        Comment(
            ticket=world.ticket, visibility="INTERNAL", author_type="system", body="x", body_html="x", body_text="x"
        )
        for _number in range(SHOWN + 50)
    )
    moved = browser.get(f"/comments/{comment.pk}")["Location"]
    assert f'id="comment-{comment.pk}"' in html(browser, moved.split("#")[0])
    hidden = world.hidden.comments.get()
    for path in ("", "/menu", "/split", "/mail", "/mail.eml"):
        assert browser.get(f"/comments/{hidden.pk}{path}").status_code == 404


def test_the_menu_of_a_comment_and_splitting_it_off(browser: Client, world: World) -> None:
    comment = answer_ticket(world.ticket, Content.from_markdown("And <i>this</i>?"), by=world.sarah)
    menu = html(browser, f"/comments/{comment.pk}/menu", part=True)
    assert f'href="/comments/{comment.pk}"' in menu
    assert "Show the raw mail" not in menu
    assert f"/comments/{comment.pk}/split" in menu
    assert "Copy the link" in html(browser, f"/comments/{comment.pk}/menu")
    assert "/split" not in html(browser, f"/comments/{world.ticket.comments.all()[0].pk}/menu", part=True)
    assert 'name="subject"' in html(browser, f"/comments/{comment.pk}/split")
    answer = browser.post(f"/comments/{comment.pk}/split", {"subject": "This"})
    new = Ticket.objects.latest("pk")
    assert (answer["Location"], new.subject) == (new.get_absolute_url(), "This")
    assert new.number in html(browser, world.ticket.get_absolute_url())


def test_paper_shows_all_but_the_notes_unless_they_are_asked_for(browser: Client, world: World) -> None:
    note_on_ticket(world.ticket, Content.from_markdown("Only for us."), by=world.john)
    reply_to_ticket(world.ticket, Content.from_markdown("For you."), by=world.john)
    path = f"{world.ticket.get_absolute_url()}/print"
    paper = html(browser, path)
    assert "For you." in paper
    assert "I cannot sign in." in paper
    assert "Only for us." not in paper
    assert 'id="nav"' not in paper
    assert "Only for us." in html(browser, f"{path}?notes=true")
    assert browser.get(f"{world.hidden.get_absolute_url()}/print").status_code == 404


def test_nothing_of_it_happens_by_following_a_link(browser: Client, world: World) -> None:
    for action in ("snooze", "unmerge", "links", "checklist", "time"):
        assert browser.get(f"{world.ticket.get_absolute_url()}/{action}").status_code == 405


def test_the_timeline_tells_of_all_of_it(browser: Client, world: World, second: Ticket) -> None:
    link_tickets(world.ticket, second, "PARENT", by=world.omar)
    snooze_ticket(world.ticket, clock.now() + timedelta(days=1), by=world.omar)
    add_to_checklist(world.ticket, "Ask <b>", by=world.omar)
    log_time(world.ticket, 61, "Read", by=world.omar)
    page = re.sub(r"</?(b|a)\b[^>]*>", "", html(browser, world.ticket.get_absolute_url()))
    for told in (
        f"made {second.number} the parent of this",
        "put this off until",
        "Ask &lt;b&gt;",
        "spent 1h 1m: Read",
    ):
        assert told in page


def test_others_of_the_company_stand_beside_the_contacts(browser: Client, world: World) -> None:
    page = html(browser, world.ticket.get_absolute_url())
    assert f"company={world.acme.pk}&amp;not_contact={world.sarah.pk}" in page
