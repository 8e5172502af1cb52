"""The page and its suggestions, as a browser without script sees them."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.crm.operations import create_contact
from supportflow.desk.operations import create_ticket
from supportflow.jobs.testing import run_due_jobs
from tests.conftest import BY, World
from tests.search.conftest import note


def page(client: Client, status: int = 200, path: str = "/search", **params: str) -> str:
    answer = client.get(path, params)
    assert answer.status_code == status
    return str(answer.content.decode())


def test_results_are_marked_linked_and_counted(desk: World, browser: Client) -> None:
    comment = note(desk.ticket, "The <b>walrus</b> & co", desk.john)
    run_due_jobs()
    html = page(browser, q="walrus")
    assert f'href="/tickets/{desk.ticket.number}#comment-{comment.pk}"' in html
    assert "The &lt;b&gt;<mark>walrus</mark>&lt;/b&gt; &amp; co" in html
    assert "Internal note" in html
    assert re.search(r"Comments <span class=\"count\">1<", html)
    assert page(browser, q="walrus", type="ticket").count("<li id=") == 0
    assert 'value="walrus"' in html


def test_filters_are_chips_that_can_be_taken_off(desk: World, browser: Client) -> None:
    html = page(browser, q="unable is:open")
    assert 'href="/search?q=unable" aria-label="Remove filter: is"' in html


def test_an_error_is_told_with_a_way_out_and_the_query_kept(desk: World, browser: Client) -> None:
    html = page(browser, 422, q="unable stats:open")
    assert "There is no filter stats." in html
    assert 'href="/search?q=unable+status%3Aopen"' in html
    assert 'href="/search?q=unable"' in html
    assert 'value="unable stats:open"' in html
    assert "<li id=" not in html


def test_what_was_also_searched_for_is_said(desk: World, browser: Client) -> None:
    html = page(browser, q="unabel")
    assert "Also searched for unable." in html
    assert "<mark>Unable</mark> to login" in html


def test_an_empty_page_teaches_and_nothing_found_too(desk: World, browser: Client) -> None:
    for q in ("", "zzzzzz"):
        html = page(browser, q=q)
        assert "What you can write" in html
        for example in re.findall(r'<dt><a href="([^"]+)"', html):
            assert browser.get(example.replace("&amp;", "&")).status_code in (200, 422)
    assert "Nothing found" in page(browser, q="zzzzzz")


def test_pages_go_on_and_back(desk: World, browser: Client) -> None:
    for number in range(60):
        create_ticket(f"Walrus {number}", desk.sarah, by=desk.john)
    run_due_jobs()
    seen: list[str] = []
    address: str | None = "/search?q=walrus"
    html = ""
    while address:
        html = browser.get(address).content.decode()
        seen += re.findall(r'<li id="ticket-(\d+)"', html)
        found = re.search(r'rel="next" href="([^"]+)"', html)
        address = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 60
    assert 'rel="prev" href="/search?q=walrus&amp;page=2"' in html


def test_a_page_costs_a_known_number_of_queries(
    desk: World, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        note(create_ticket(f"Walrus {number}", desk.sarah, by=desk.john), "walrus", desk.john)
        create_contact(first_name="Walrus", last_name=str(number), by=BY)
    run_due_jobs()
    page(browser, q="walrus")
    # Session, user, private teams; four kinds; how the word goes on; the comments.
    with django_assert_num_queries(10):
        page(browser, q="walrus", type="comment")
    # Tickets and their openings, contacts and their addresses.
    with django_assert_num_queries(13):
        page(browser, q="walrus")


def test_suggestions_are_a_short_list(desk: World, browser: Client) -> None:
    for number in range(12):
        create_ticket(f"Walrus {number}", desk.sarah, by=desk.john)
    run_due_jobs()
    html = page(browser, path="/search/suggestions", q="walr")
    assert html.count('href="/tickets/T-') == 8
    assert 'href="/search?q=walr"' in html
    assert "<html" not in html
    for q in ("", "zzzzzz", "status:", "foo:bar"):
        assert "<li" not in page(browser, path="/search/suggestions", q=q)


@pytest.mark.parametrize("params", [{"type": "x"}, {"page": "0"}, {"page": "x"}, {"page": "99999999"}, {"foo": "1"}])
def test_nonsense_in_the_address_is_refused(browser: Client, params: dict[str, str]) -> None:
    page(browser, 422, q="x", **params)


def test_too_long_a_query_is_told(browser: Client) -> None:
    assert "at most 200" in page(browser, 422, q="x" * 201)


def test_strangers_are_sent_to_sign_in(db: None) -> None:
    for path in ("/search?q=x", "/search/suggestions?q=x"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login?next=/search")


def test_every_page_leads_to_the_search_by_key(browser: Client) -> None:
    for path in ("/tickets", "/settings/tags", "/search"):
        html = page(browser, path=path)
        assert 'href="/search" data-key="g s" data-key-else="/"' in html
