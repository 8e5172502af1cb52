import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.models import User
from supportflow.desk.models import Ticket
from supportflow.desk.operations import assign_ticket, create_ticket, trash_ticket, update_ticket
from tests.conftest import World


def numbers(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/tickets{query}")
    assert answer.status_code == 200
    return re.findall(r'href="/tickets/(T-\d+)"', answer.content.decode())


@pytest.fixture
def many(world: World) -> list[Ticket]:
    return [create_ticket(f"Order {n}", world.sarah, by=world.john) for n in range(120)]


def test_agents_see_no_tickets_of_private_teams(
    browser: Client, world: World, sign_in: Callable[[User], Client]
) -> None:
    assert numbers(browser) == [world.ticket.number]
    assert numbers(sign_in(world.omar)) == [world.hidden.number, world.ticket.number]


def test_pages_go_forward_and_back_without_gaps(browser: Client, world: World, many: list[Ticket]) -> None:
    seen: list[str] = []
    html, address = "", "/tickets"
    for _page in range(3):
        html = browser.get(address).content.decode()
        seen += re.findall(r'href="/tickets/(T-\d+)"', html)
        older = re.search(r'rel="next" href="([^"]+)"', html)
        address = older[1].replace("&amp;", "&") if older else ""
    assert not address
    assert seen == [ticket.number for ticket in [*many[::-1], world.ticket]]
    back = re.search(r'rel="prev" href="([^"]+)"', html)
    assert back
    assert numbers(browser, back[1].replace("&amp;", "&").removeprefix("/tickets")) == seen[50:100]


def test_the_list_costs_seven_queries_however_long(
    browser: Client,
    world: World,
    request: pytest.FixtureRequest,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(7):
        browser.get("/tickets")
    request.getfixturevalue("many")
    with django_assert_num_queries(7):
        browser.get("/tickets")


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("?status=OPEN", True),
        ("?status=WAITING&status=CLOSED", False),
        ("?assignee=me", True),
        ("?assignee=none", False),
        ("?priority=HIGH", True),
        ("?q=LOGIN%20unable", True),
        ("?q=sarah%40acme.example", True),
        ("?q=%25", False),
        ("?q=%27%22%3B--", False),
        ("?contact=", True),
        ("?trash=true", False),
        ("?overdue=true", False),
        ("?tag=VIP", True),
        ("?created_before=2001-01-01", False),
    ],
)
def test_filters_stand_in_the_address(browser: Client, world: World, query: str, fits: bool) -> None:
    assign_ticket(world.ticket, world.john, by=world.john)
    update_ticket(world.ticket, priority="HIGH", by=world.john)
    browser.post(f"/tickets/{world.ticket.number}/fields", {"tags": "vip"})
    assert numbers(browser, query) == ([world.ticket.number] if fits else [])


@pytest.mark.parametrize(
    "query",
    [
        "?sort=password",
        "?status=SLEEPING",
        "?assignee=emma",
        "?colour=red",
        "?overdue=maybe",
        "?contact=1.5",
        "?q=a%00b",
        "?cursor=x",
    ],
)
def test_a_value_that_means_nothing_is_refused_by_name(browser: Client, query: str) -> None:
    answer = browser.get(f"/tickets{query}")
    assert answer.status_code == 422
    assert f"<b>{query[1:].split('=', maxsplit=1)[0]}</b>" in answer.content.decode()


def test_an_empty_list_says_why_and_offers_a_way_on(browser: Client, world: World) -> None:
    assert b"No tickets match these filters" in browser.get("/tickets?q=zebra").content
    assert b"All caught up" in browser.get("/tickets?assignee=me&status=OPEN&status=IN_PROGRESS").content
    trash_ticket(world.ticket, by=world.john)
    assert b"Your first ticket is on its way" in browser.get("/tickets").content
    assert numbers(browser, "?trash=true") == [world.ticket.number]


def test_every_sort_of_the_table_works(browser: Client, world: World) -> None:
    for sort in ("number", "status", "priority", "due_at", "updated_at", "created_at"):
        assert numbers(browser, f"?sort={sort}") == numbers(browser, f"?sort=-{sort}") == [world.ticket.number]


def test_a_subject_cannot_run(browser: Client, world: World) -> None:
    update_ticket(world.ticket, subject="<script>alert(1)</script>", by=world.john)
    assert b"<script>alert" not in browser.get("/tickets").content


def test_the_card_of_other_tickets_leaves_one_out(browser: Client, world: World) -> None:
    other = create_ticket("Another", world.sarah, by=world.john)
    html = browser.get(f"/tickets/brief?contact={world.sarah.pk}&but={world.ticket.pk}").content.decode()
    assert other.number in html
    assert world.ticket.number not in html
