"""The list by custom fields: on the page, in the API and in saved views, of every kind."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.core import history
from supportflow.desk import custom_filters
from supportflow.desk.models import Ticket
from supportflow.desk.operations import create_ticket, edit_ticket, purge_ticket, trash_ticket
from supportflow.desk.value_models import TicketValue
from supportflow.fields.models import Field
from supportflow.fields.operations import create_field, update_field
from supportflow.saved_views.models import View
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World

VALUES: dict[str, dict[str, Any]] = {
    "small": {"size": "S", "order": "SO-47", "hours": 2, "day": "2026-03-01", "paid": True},
    "medium": {"size": "M", "order": "so-4711", "hours": 2.5, "day": "2026-03-15", "paid": False},
    "large": {"size": "L", "order": "Größe 7", "hours": -10, "day": "2025-12-31"},
    "none": {},
}
FOUND = {
    "custom.size=S": "small",
    "custom.size=S&custom.size=L": "small large",
    "custom.size=XXL": "",
    "custom.size=none": "none",
    "custom.size=none&custom.size=M": "none medium",
    "not_custom.size=S": "medium large none",
    "not_custom.size=none": "small medium large",
    "not_custom.size=none&not_custom.size=S": "medium large",
    "custom.size=S&custom.paid=true": "small",
    "custom.size=S&custom.paid=false": "",
    "custom.order=SO-47": "small",
    "custom.order=so-47": "small",
    "custom.order=so-47*": "small medium",
    "custom.order=GRÖSSE 7": "",
    "custom.order=gröẞe 7": "large",
    "custom.order=größe*": "large",
    "custom.order=GRÖ*": "large",
    "custom.order=47": "",
    "not_custom.order=SO-4*": "large none",
    "custom.order=%25": "",
    "custom.hours=2": "small",
    "custom.hours=2.0&custom.hours=-10": "small large",
    "custom.hours.from=2": "small medium",
    "custom.hours.from=2.01": "medium",
    "custom.hours.to=2": "small large",
    "custom.hours.from=-10&custom.hours.to=2": "small large",
    "custom.hours.to=2&custom.hours=none": "small large none",
    "not_custom.hours=2": "medium large none",
    "custom.day=2026-03-01": "small",
    "custom.day.from=2026-01-01": "small medium",
    "custom.day.from=2026-03-01&custom.day.to=2026-03-14": "small",
    "custom.day.to=2026-03-01&not_custom.hours=none": "small large",
    "custom.paid=true": "small",
    "custom.paid=false": "medium large none",
    "custom.paid=true&custom.paid=false": "small medium large none",
    "custom.paid=none": "large none",
    "not_custom.paid=true": "medium large none",
    "not_custom.paid=none": "small medium",
}
WRONG = {
    "custom.colour=red": ["custom.colour"],
    "custom.colour=red&not_custom.colour=blue&custom.colour.to=3": [
        "custom.colour",
        "custom.colour.to",
        "not_custom.colour",
    ],
    "custom.hours=many": ["custom.hours"],
    "custom.hours=1e400": ["custom.hours"],
    "custom.hours=NaN": ["custom.hours"],
    "custom.hours.from=9999999999999999": ["custom.hours.from"],
    "custom.hours.from=1&custom.hours.from=2": ["custom.hours.from"],
    "custom.hours.from=": ["custom.hours.from"],
    "custom.day=tomorrow": ["custom.day"],
    "custom.day.to=2026-02-30": ["custom.day.to"],
    "custom.day.to=none": ["custom.day.to"],
    "custom.day=20260301": ["custom.day"],
    "custom.paid=yes": ["custom.paid"],
    "custom.size.from=A": ["custom.size.from"],
    "custom.size=": ["custom.size"],
    "custom.order=a%00b": ["custom.order"],
    "custom.order=" + "x" * 501: ["custom.order"],
    "custom.KEY=1": ["custom.KEY"],
    "custom.=1": ["custom."],
    "custom.size.is=not": ["custom.size.is"],
    "not_custom.hours.from=1": ["not_custom.hours.from"],
    "customsize=1": ["customsize"],
    "&".join(f"custom.size={n}" for n in range(101)): ["custom.size"],
    "custom.colour=red&status=SLEEPING": ["custom.colour", "status"],
}


@pytest.fixture
def api(world: World) -> Caller:
    return Caller(world.john)


@pytest.fixture
def fields(world: World) -> dict[str, Field]:
    kinds = {"Size": "choice", "Order": "text", "Hours": "number", "Day": "date", "Paid": "check"}
    made = (
        create_field("ticket", label, kind, ["S", "M", "L"] if kind == "choice" else (), by=world.olivia)
        for label, kind in kinds.items()
    )
    return {field.slug: field for field in made}


@pytest.fixture(params=["few", "many"])
def tickets(request: Any, fields: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Ticket]:
    """The world's own ticket has no value; one that is hidden has them all."""
    if request.param == "many":
        monkeypatch.setattr(custom_filters, "COUNTED_UP_TO", 0)
    edit_ticket(world.hidden, custom=VALUES["small"], by=world.priya)
    names = {name: create_ticket(name, world.sarah, custom=values, by=BY) for name, values in VALUES.items() if values}
    return {**names, "none": world.ticket}


def listed(client: Client, query: str) -> set[str]:
    answer = client.get(f"/tickets?{query}")
    assert answer.status_code == 200, query
    return set(re.findall(r'href="/tickets/(T-\d+)"', answer.content.decode()))


def test_page_and_api_find_the_same(browser: Client, api: Caller, tickets: dict[str, Ticket]) -> None:
    for query, names in FOUND.items():
        wanted = {tickets[name].number for name in names.split()}
        assert listed(browser, query) == wanted, query
        assert {item["number"] for item in api.items(f"tickets?{query}")} == wanted, query


def test_what_means_nothing_is_named(api: Caller, fields: Any) -> None:
    for query, named in WRONG.items():
        assert wrong_fields(api.get(f"tickets?{query}")) == named, query
    told = api.get("tickets?custom.colour=red").json()["errors"][0]["message"]
    assert "day, hours, order, paid, size" in told


def test_filters_go_together_with_others_and_orders(browser: Client, tickets: dict[str, Ticket]) -> None:
    assert listed(browser, "custom.size=S&custom.size=M&status=OPEN&sort=-priority&q=small") == {
        tickets["small"].number
    }
    assert listed(browser, "custom.size=S&status=CLOSED") == set()
    assert 'data-lane="OPEN"' in browser.get("/tickets?custom.size=S&layout=board").content.decode()
    ids = browser.get("/tickets/ids?custom.size=S").json()["ids"]
    assert ids == [tickets["small"].pk]


def test_a_filter_costs_one_query_more(
    browser: Client, world: World, fields: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    edit_ticket(world.ticket, custom=VALUES["medium"], by=world.john)
    for query in ("custom.size=M", "custom.size=M&custom.hours.from=2&not_custom.order=none&custom.paid=false"):
        browser.get(f"/tickets?{query}")
        with django_assert_num_queries(8):
            browser.get(f"/tickets?{query}")


def test_chips_say_it_in_words(browser: Client, tickets: dict[str, Ticket]) -> None:
    html = browser.get(
        "/tickets?custom.size=S&custom.size=none&not_custom.paid=true&custom.hours.from=2"
    ).content.decode()
    chips = re.findall(r'class="chip"><span>([^<]*)</span><span class="strong">([^<]*)</span>', html)
    assert chips == [("Size is", "S, empty"), ("Paid is not", "yes"), ("Hours from", "2")]


def test_the_menu_offers_every_field_as_its_kind_allows(browser: Client, fields: Any) -> None:
    html = browser.get(
        "/tickets/filters?custom.size=XXL&custom.order=A-1&custom.hours.from=2&not_custom.day=none"
    ).content
    text = html.decode()
    for name in ("custom.size.is", "custom.order.is", "custom.hours.from", "custom.day.to", "custom.paid"):
        assert f'name="{name}"' in text
    for value in ("XXL", "A-1"):  # what is on can be taken off, a choice that is gone too
        assert re.search(rf'value="{value}" checked', text)
    assert '<option value="set" selected>' in text


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("status_is=&custom.size.is=not&custom.size=S&custom.size=M", "not_custom.size=S&not_custom.size=M"),
        ("status_is=&custom.size.is=&custom.size=none", "custom.size=none"),
        (
            "status_is=&custom.hours.is=set&custom.hours.from=&custom.hours.to=3",
            "custom.hours.to=3&not_custom.hours=none",
        ),
        ("status_is=&custom.hours.is=empty&custom.hours=3", "custom.hours=3&custom.hours=none"),
        ("status_is=&custom.order.is=not&custom.order=&custom.paid=", ""),
    ],
)
def test_the_menus_form_is_told_in_the_address(browser: Client, fields: Any, sent: str, told: str) -> None:
    assert browser.get(f"/tickets?{sent}")["Location"] == (f"/tickets?{told}" if told else "/tickets")


def test_a_view_keeps_them_and_counts(browser: Client, api: Caller, tickets: dict[str, Ticket]) -> None:
    query = "custom.size=S&custom.hours.from=1&not_custom.order=X"
    answer = browser.post("/settings/views", {"name": "Small", "query": query})
    view = View.objects.get()
    assert answer["Location"].startswith(f"/tickets?view={view.pk}&custom.size=S")
    assert view.params == {"custom.size": ["S"], "custom.hours.from": ["1"], "not_custom.order": ["X"]}
    assert "Save changes" not in browser.get(view.get_absolute_url()).content.decode()
    assert browser.get("/tickets/counts").json()["counts"][str(view.pk)] == 1
    assert api.post("views", {"name": "Same", "query": query}).status_code == 201
    assert wrong_fields(api.post("views", {"name": "Gone", "query": "custom.colour=red"})) == ["custom.colour"]
    assert browser.post("/settings/views", {"name": "Gone", "query": "custom.hours=many"}).status_code == 422


def test_a_view_whose_field_is_gone_still_shows_its_list_and_says_so(
    browser: Client, api: Caller, world: World, fields: dict[str, Field], tickets: dict[str, Ticket]
) -> None:
    browser.post("/settings/views", {"name": "Small", "query": "custom.size=S"})
    view = View.objects.get()
    update_field(fields["size"], is_retired=True, by=world.olivia)
    answer = browser.get(f"/tickets?view={view.pk}", follow=True)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Not filtered by what is gone: custom.size" in html
    assert tickets["large"].number in html
    assert "Save changes" in html
    assert str(view.pk) not in browser.get("/tickets/counts").json()["counts"]
    assert wrong_fields(api.get("tickets?custom.size=S")) == ["custom.size"]
    assert browser.get("/tickets/ids?custom.size=S").status_code == 422
    update_field(Field.objects.get(pk=fields["size"].pk), is_retired=False, by=world.olivia)
    assert listed(browser, "custom.size=S") == {tickets["small"].number}


def test_a_choice_that_is_gone_is_still_found(
    browser: Client, world: World, fields: dict[str, Field], tickets: dict[str, Ticket]
) -> None:
    update_field(fields["size"], options=["M", "L"], by=world.olivia)
    assert listed(browser, "custom.size=S") == {tickets["small"].number}


def kept() -> dict[tuple[int, str], Any]:
    rows = TicketValue.objects.values_list("ticket_id", "slug", "key", "number")
    return {(ticket, slug): (key if number is None else number) for ticket, slug, key, number in rows}


def test_values_follow_every_door(world: World, fields: Any) -> None:
    pk = world.ticket.pk
    edit_ticket(world.ticket, custom={"size": "S", "hours": 2}, by=world.john)
    assert kept() == {(pk, "size"): "s", (pk, "hours"): 2.0}
    edit_ticket(Ticket.objects.get(pk=pk), custom={"size": "M"}, by=world.john)
    assert kept() == {(pk, "size"): "m"}
    history.undo(world.trail()[-1], by=world.john)
    assert kept() == {(pk, "size"): "s", (pk, "hours"): 2.0}
    Ticket.objects.filter(pk=pk).update(custom={"size": "L"})
    assert kept() == {(pk, "size"): "l"}
    trash_ticket(Ticket.objects.get(pk=pk), by=world.john)
    purge_ticket(Ticket.objects.get(pk=pk), by=world.olivia)
    assert kept() == {}


def test_values_of_no_kind_break_nothing(world: World) -> None:
    for odd in ([1, 2], "text", 7, {"a": [1], "b": {"c": 1}, "d": None}, {"x": 1e15}, {"": "y" * 9_000}):
        Ticket.objects.filter(pk=world.ticket.pk).update(custom=odd)
        assert Ticket.objects.get(pk=world.ticket.pk).custom == odd
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(key) FROM desk_ticketvalue")
        assert cursor.fetchall() == [(500,)]
