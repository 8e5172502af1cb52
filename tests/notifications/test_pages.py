"""The page, the bell, and how one says how to be told."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.core.errors import Forbidden
from supportflow.desk.operations import assign_ticket, create_ticket, edit_tickets
from supportflow.notifications.models import Notification
from supportflow.notifications.operations import mark_notification
from supportflow.notifications.queries import wishes_of
from tests.conftest import BY, World
from tests.notifications.conftest import Told


@pytest.fixture
def three(world: World, told: Told) -> list[Notification]:
    """John got three tickets."""
    tickets = [create_ticket(f"Order <{n}>", world.sarah, by=BY) for n in range(3)]
    edit_tickets(tickets, assignee_id=world.john.pk, by=world.emma)
    assert told.unread(world.john) == 3
    world.forget()
    return list(Notification.objects.filter(user=world.john).order_by("pk"))


def lines(browser: Client, query: str = "") -> list[str]:
    page = browser.get(f"/notifications{query}").content.decode()
    return re.findall(r'<span class="what">(.*?)</span>', page)


def test_the_page_shows_what_is_mine(
    browser: Client, world: World, three: list[Notification], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert lines(browser) == [f"Emma Clarke assigned {row.ticket.number} to you" for row in three[::-1]]
    assert b"Order &lt;0&gt;" in browser.get("/notifications").content
    assert Client().get("/notifications").status_code == 302
    for most in (3, 1):
        Notification.objects.exclude(pk__in=[row.pk for row in three[:most]]).delete()
        with django_assert_num_queries(5):
            browser.get("/notifications")


def test_opening_reading_and_taking_it_back(
    browser: Client, world: World, three: list[Notification], told: Told
) -> None:
    path = f"/notifications/{three[0].pk}"
    answer = browser.post(path, {"open": "1"})
    assert (answer.status_code, answer["Location"]) == (302, f"/tickets/{three[0].ticket.number}")
    assert (told.unread(world.john), len(lines(browser, "?unread=true"))) == (2, 2)
    browser.post(path, {"unread": "1"})
    assert told.unread(world.john) == 3
    browser.post(f"/tickets/{three[0].ticket.number}/seen")
    assert told.unread(world.john) == 2  # who looks at the ticket has read it
    browser.post(path, {"unread": "1"})
    assert told.unread(world.john) == 3
    assert world.actions() == []


def test_all_are_read_but_for_what_came_after_the_page(
    browser: Client, world: World, three: list[Notification], told: Told
) -> None:
    assign_ticket(world.ticket, world.john, by=BY)
    assert told.unread(world.john) == 4
    browser.post("/notifications/reading", {"up_to": three[2].pk})
    assert told.unread(world.john) == 1
    browser.post("/notifications/reading", {"up_to": "x"})
    assert (told.unread(world.john), lines(browser, "?unread=true")) == (0, [])


def test_anothers_do_not_exist(world: World, three: list[Notification], sign_in: Any) -> None:
    emma = sign_in(world.emma)
    assert emma.post(f"/notifications/{three[0].pk}").status_code == 404
    assert lines(emma) == []
    emma.post("/notifications/reading")
    three[0].refresh_from_db()
    assert three[0].read_at is None
    with pytest.raises(Forbidden, match="role"):
        mark_notification(three[0], True, by=world.emma)


def test_the_bell_counts_with_the_other_lists(browser: Client, world: World, three: list[Notification]) -> None:
    assert browser.get("/tickets/counts").json()["counts"]["notifications"] == 3
    assert b'data-count="notifications"' in browser.get("/tickets").content


def test_pages_go_on(browser: Client, world: World, told: Told) -> None:
    tickets = [create_ticket(f"Order {n}", world.sarah, by=BY) for n in range(60)]
    edit_tickets(tickets, assignee_id=world.john.pk, by=world.emma)
    told.of(world.john)
    first = browser.get("/notifications").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    rest = lines(browser, older[1].replace("&amp;", "&").removeprefix("/notifications"))
    assert (len(lines(browser)), len(rest)) == (50, 10)


def test_wishes_are_kept(browser: Client, world: World) -> None:
    page = browser.get("/settings/notifications").content.decode()
    assert page.count("<fieldset") == 4
    sent = {"ASSIGNED.in_app": "on", "ASSIGNED.mail": "NOW", "MENTIONED.mail": "DAILY", "ANSWERED.mail": "OFF"}
    sent |= {"DUE.mail": "OFF", "DUE.in_app": "on"}
    assert browser.post("/settings/notifications", sent).status_code == 302
    kept = {kind.value: (wish.in_app, wish.mail) for kind, wish in wishes_of(world.john).items()}
    assert kept == {
        "ASSIGNED": (True, "NOW"),
        "MENTIONED": (False, "DAILY"),
        "ANSWERED": (False, "OFF"),
        "DUE": (True, "OFF"),
    }
    browser.post("/settings/notifications", sent)
    assert world.actions() == ["user.notifications_changed"]
    assert browser.post("/settings/notifications", sent | {"DUE.mail": "SOMETIMES"}).status_code == 422
