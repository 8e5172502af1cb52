"""Saved views: a list kept under a name, for oneself or for everybody."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.models import User
from supportflow.accounts.operations import deactivate_user
from supportflow.desk.operations import create_ticket
from supportflow.saved_views.models import View
from supportflow.saved_views.operations import create_view
from tests.conftest import World

QUERY = "status=OPEN&not_priority=LOW&sort=-priority&columns=number,status,team"


def save(client: Client, name: str = "Urgent work", query: str = QUERY, **more: str) -> Any:
    return client.post("/settings/views", {"name": name, "query": query, **more})


def test_a_list_is_kept_whole_and_comes_back_from_the_navigation(browser: Client, world: World) -> None:
    answer = save(browser)
    view = View.objects.get()
    assert answer["Location"] == view.get_absolute_url()
    assert view.params == {"status": ["OPEN"], "not_priority": ["LOW"]}
    assert (view.sort, view.columns, view.owner) == ("-priority", ["number", "status", "team"], world.john)
    html = browser.get("/contacts").content.decode()
    link = re.search(rf'href="([^"]+)"[^>]*>.{{0,200}}data-count="{view.pk}"', html)
    assert link
    shown = browser.get(link[1].replace("&amp;", "&")).content.decode()
    assert "<h1>Urgent work" in shown
    assert "Save changes" not in shown
    assert browser.get(f"/tickets?view={view.pk}")["Location"] == view.get_absolute_url()
    assert [one.action for one in world.trail()] == ["view.created"]


def test_a_changed_list_offers_to_save_the_changes(browser: Client, world: World) -> None:
    save(browser)
    view = View.objects.get()
    changed = f"view={view.pk}&status=WAITING"
    assert "Save changes" in browser.get(f"/tickets?{changed}").content.decode()
    browser.post(f"/settings/views/{view.pk}", {"query": changed})
    view.refresh_from_db()
    assert (view.params, view.sort, view.columns) == ({"status": ["WAITING"]}, "", [])
    assert "Save changes" not in browser.get(view.get_absolute_url()).content.decode()


def test_supervisors_share_views_and_agents_do_not(
    browser: Client, world: World, sign_in: Callable[[User], Client]
) -> None:
    assert save(browser, shared="1").status_code == 403
    assert save(sign_in(world.omar), "For all", shared="1").status_code == 302
    shared = View.objects.get()
    assert "For all" in browser.get("/tickets").content.decode()
    assert browser.post(f"/settings/views/{shared.pk}", {"name": "Mine"}).status_code == 403
    assert browser.post(f"/settings/views/{shared.pk}", {"delete": "1"}).status_code == 403
    assert sign_in(world.omar).post(f"/settings/views/{shared.pk}", {"delete": "1"}).status_code == 302
    assert not View.objects.exists()


def test_another_persons_view_does_not_exist(browser: Client, world: World, sign_in: Callable[[User], Client]) -> None:
    save(browser)
    view = View.objects.get()
    emma = sign_in(world.emma)
    assert "Urgent work" not in emma.get("/tickets").content.decode()
    assert emma.post(f"/settings/views/{view.pk}", {"name": "Mine"}).status_code == 404
    assert emma.get(f"/tickets?view={view.pk}&status=OPEN").status_code == 200
    assert browser.post(f"/settings/views/{view.pk}", {"name": "Renamed"}).status_code == 302
    assert "Renamed" in browser.get("/settings/views").content.decode()


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("", QUERY),
        ("x" * 61, QUERY),
        ("a\x00b", QUERY),
        ("Fine", "status=MAYBE"),
        ("Fine", "sort=colour"),
        ("Fine", "columns=colour"),
        ("Fine", "layout=circle"),
        ("Fine", "q=" + "x" * 9000),
    ],
)
def test_nonsense_is_kept_by_nobody(browser: Client, world: World, name: str, query: str) -> None:
    assert save(browser, name, query).status_code == 422
    assert not View.objects.exists()


def test_hostile_names_stay_text(browser: Client, world: World) -> None:
    save(browser, "<script>alert(1)</script>{{ 7*7 }}")
    html = browser.get("/tickets").content.decode()
    assert "<script>alert" not in html
    assert "{{ 7*7 }}" in html


def test_nobody_keeps_more_than_a_hundred(browser: Client, world: World) -> None:
    for n in range(100):
        create_view(f"View {n}", by=world.john)
    assert save(browser).status_code == 422


def test_counts_are_those_of_the_lists(
    browser: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create_ticket("Mine", world.sarah, assignee_id=world.john.pk, by=world.john)
    save(browser, "Open ones", "status=OPEN")
    save(browser, "Words", "q=login")
    open_ones = View.objects.get(name="Open ones")
    counts = browser.get("/tickets/counts").json()["counts"]
    assert (counts["mine"], counts["unassigned"], counts[str(open_ones.pk)]) == (1, 1, 2)
    assert str(View.objects.get(name="Words").pk) not in counts
    with django_assert_num_queries(6):  # all lists in one
        browser.get("/tickets/counts")


def test_columns_and_their_order_stand_in_the_address(browser: Client, world: World) -> None:
    html = browser.get("/tickets?columns=team&columns=number,created_at").content.decode()
    heads = [head.strip() for head in re.findall(r"<th[^>]*>(?:\s*<a[^>]*>)?([^<]*)", html)]
    assert [head for head in heads if head] == ["ID", "Subject", "Team", "Created"]
    assert browser.get("/tickets?columns=colour").status_code == 422


def test_the_menu_keeps_what_it_has_no_box_for(browser: Client, world: World) -> None:
    deactivate_user(world.emma, by=world.olivia)
    html = browser.get(f"/tickets/filters?assignee={world.emma.pk}&status=OPEN&not_status=CLOSED").content.decode()
    assert f'name="assignee" value="{world.emma.pk}" checked><span>Emma Clarke' in html
    assert 'name="status" value="OPEN" checked' in html
    assert '<input type="hidden" name="not_status" value="CLOSED">' in html
    shown = browser.get("/tickets?status_is=not&status=WAITING&not_status=CLOSED")
    assert shown["Location"] == "/tickets?not_status=CLOSED&not_status=WAITING"


def test_the_form_of_filters_is_told_in_the_address(browser: Client, world: World) -> None:
    answer = browser.get("/tickets?status_is=not&status=OPEN&status=CLOSED&tag_is=&priority_is=not&company_named=Acme")
    assert answer["Location"] == f"/tickets?company={world.acme.pk}&not_status=OPEN&not_status=CLOSED"
    assert browser.get("/tickets?contact_named=Nobody+at+all").status_code == 422


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("not_status=OPEN", False),
        ("not_status=CLOSED", True),
        ("not_priority=MEDIUM", False),
        ("not_category=BUG&not_channel=PHONE", True),
        ("not_assignee=none", False),
        ("not_assignee=me", True),
        ("not_team=none", False),
        ("not_company=none", True),
        ("not_tag=vip", True),
        ("tagged=true", False),
        ("tagged=false", True),
        ("due=false", True),
        ("due=true", False),
        ("due_after=2001-01-01", False),
        ("updated_before=2001-01-01", False),
        ("starred=true", False),
        ("starred=false", True),
        ("following=true", False),
    ],
)
def test_none_of_and_empty(browser: Client, world: World, query: str, fits: bool) -> None:
    html = browser.get(f"/tickets?{query}").content.decode()
    assert (world.ticket.number in html) is fits


def test_marks_are_those_of_whoever_asks(browser: Client, world: World, sign_in: Callable[[User], Client]) -> None:
    browser.post(f"{world.ticket.get_absolute_url()}/star", {"on": "true"})
    stars = [who.get("/tickets/counts").json()["counts"]["starred"] for who in (browser, sign_in(world.emma), browser)]
    assert stars == [1, 0, 1]


def test_the_board_has_a_lane_for_each_status(
    browser: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    html = browser.get("/tickets?layout=board").content.decode()
    assert re.findall(r'data-lane="(\w+)"', html) == ["OPEN", "IN_PROGRESS", "WAITING", "RESOLVED"]
    assert re.findall(r'data-lane="(\w+)"', browser.get("/tickets?layout=board&status=CLOSED").content.decode()) == [
        "CLOSED"
    ]
    assert f'id="row-{world.ticket.pk}"' in html
    for number in range(3):
        with django_assert_num_queries(10):
            browser.get("/tickets?layout=board")
        create_ticket(f"Order {number}", world.lisa, by=world.john)


def test_density_is_kept_in_this_browser(browser: Client, world: World) -> None:
    browser.post("/density", {"density": "comfortable"}, headers={"referer": "http://testserver/tickets"})
    assert 'data-density="comfortable"' in browser.get("/tickets").content.decode()
    assert browser.post("/density", {"density": "huge"}).status_code == 400
