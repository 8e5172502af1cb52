import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supportflow.core import clock
from supportflow.crm.operations import create_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import create_ticket, edit_ticket, set_status
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World


def numbers(api: Caller, query: str) -> list[int]:
    return [ticket["id"] for ticket in api.items(f"tickets?{query}")]


def make(world: World, subject: str, **values: Any) -> int:
    contact = values.pop("contact", world.sarah)
    return create_ticket(subject, contact, Content.from_markdown("text"), by=BY, **values).pk


def test_filters_find_what_they_name(api: Caller, world: World) -> None:
    now = clock.now()
    with clock.at(now - timedelta(days=30)):
        old = make(world, "Old one", priority="LOW", category="BILLING", channel="EMAIL", contact=world.lisa)
    mine = make(world, "Mine", assignee_id=world.john.pk, tags=["VIP"], due_at=now - timedelta(hours=1))
    emmas = make(world, "Emma's", assignee_id=world.emma.pk, due_at=now + timedelta(days=1), tags=["other"])
    done = make(world, "Done", assignee_id=world.john.pk, due_at=now - timedelta(hours=2))
    set_status(Ticket.objects.get(pk=done), "RESOLVED", by=BY)
    first = world.ticket.pk
    cut = (now - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
    expected = {
        "": {first, old, mine, emmas, done},
        "status=RESOLVED": {done},
        "status=RESOLVED&status=CLOSED": {done},
        "priority=LOW": {old},
        "category=BILLING": {old},
        "channel=EMAIL": {old},
        "assignee=me": {mine, done},
        "assignee=none": {first, old},
        f"assignee={world.emma.pk}&assignee=none": {emmas, first, old},
        "assignee=999999": set(),
        "team=none": {first, old, mine, emmas, done},
        f"team={world.secret.pk}": set(),
        f"contact={world.lisa.pk}": {old},
        f"company={world.acme.pk}": {first, mine, emmas, done},
        "company=none": {old},
        "tag=vip": {mine},
        "tag=VIP&tag=other": {mine, emmas},
        "tag=nothing": set(),
        f"created_before={cut}": {old},
        f"created_after={cut}": {first, mine, emmas, done},
        f"updated_after={cut}": {first, mine, emmas, done},
        f"due_before={now.strftime('%Y-%m-%dT%H:%M:%SZ')}": {mine, done},
        "overdue=true": {mine},
        "overdue=false": {first, old, emmas, done},
        "trash=true": set(),
        "assignee=me&status=OPEN&tag=vip": {mine},
    }
    for query, found in expected.items():
        assert set(numbers(api, query)) == found, query


def test_q_is_a_number_an_exact_address_or_words_of_the_subject(api: Caller, world: World) -> None:
    percent = make(world, "100% of _all_ DISKS\\full")
    greek = make(world, "Πρόβλημα Σύνδεσης", contact=world.lisa)
    first = world.ticket.pk
    expected = {
        world.ticket.number: {first},
        f"t-{first}": {first},
        "SARAH@acme.example": {first, percent},
        "sarah@acme": set(),
        "login UNABLE": {first},
        "login missing": set(),
        "%": {percent},
        "100%25": set(),
        "_all_": {percent},
        "\\full": {percent},
        "l_gin": set(),
        "' OR 1=1 --": set(),
        "πρόβλημα": {greek},
        "ΠΡΌΒΛΗΜΑ": {greek},
    }
    for q, found in expected.items():
        answer = api.client.get("/api/tickets", {"q": q}, headers={"Authorization": f"Bearer {api.secret}"})
        assert {ticket["id"] for ticket in answer.json()["items"]} == found, q


def test_wrong_parameters_are_named(api: Caller) -> None:
    wrong = {
        "status=open": ["status"],
        "status=": ["status"],
        "priority=5&category=x": ["category", "priority"],
        "assignee=john": ["assignee"],
        f"team={2**63}": ["team"],
        "contact=none": ["contact"],
        "created_after=yesterday": ["created_after"],
        "created_after=2026-01-01T00:00:00": ["created_after"],
        "created_after=0001-01-01T00:00:00%2B14:00": ["created_after"],
        "overdue=maybe": ["overdue"],
        "trash=true&trash=false": ["trash"],
        "q=": ["q"],
        "q=" + "x" * 201: ["q"],
        "q=%00": ["q"],
        "tag=" + "x" * 41: ["tag"],
        "limit=0": ["limit"],
        "limit=201": ["limit"],
        "limit=ten": ["limit"],
        "limit=5&limit=6": ["limit"],
        "sort=password": ["sort"],
        "sort=contact__emails": ["sort"],
        "sort=": ["sort"],
        "sort=--status": ["sort"],
        "include=everything": ["include"],
        "cursor=x": ["cursor"],
        "cursor=%FF%FE": ["cursor"],
        "colour=red": ["colour"],
        "contact__first_name=Sarah&status__in=OPEN": ["contact__first_name", "status__in"],
        "&".join(f"status={n}" for n in range(101)): ["status"],
    }
    for query, fields in wrong.items():
        assert wrong_fields(api.get(f"tickets?{query}")) == fields, query


@pytest.mark.parametrize(
    "sort", ["number", "-number", "updated_at", "-updated_at", "due_at", "-due_at", "priority", "-status"]
)
def test_pages_go_through_everything_once_and_back_again(api: Caller, world: World, sort: str) -> None:
    now = clock.now()
    for number in range(8):
        due = now + timedelta(hours=number // 2) if number % 3 else None
        make(world, f"n {number}", due_at=due, priority=("LOW", "HIGH", "URGENT")[number % 3])
    whole = numbers(api, f"sort={sort}")
    assert len(whole) == 9
    pages: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(
            f"tickets?sort={sort}&limit=4&cursor={cursor}" if cursor else f"tickets?sort={sort}&limit=4"
        ).json()
        pages.append(page)
        cursor = page["next"]
    assert [ticket["id"] for page in pages for ticket in page["items"]] == whole
    assert pages[0]["previous"] is None
    back = api.get(f"tickets?sort={sort}&limit=4&cursor={pages[-1]['previous']}").json()
    assert back["items"] == pages[-2]["items"]


def test_empty_sort_values_come_last_both_ways(api: Caller, world: World) -> None:
    due = make(world, "due", due_at=clock.now())
    assert numbers(api, "sort=due_at") == [due, world.ticket.pk]
    assert numbers(api, "sort=-due_at") == [due, world.ticket.pk]


def test_a_forged_cursor_is_refused_or_finds_nothing_but_never_breaks(api: Caller) -> None:
    values: list[Any] = [None, 10**30, -(10**30), 1e400, float("nan"), 2**31, -(2**40), True, [], {}]
    values += ["x", "2026-01-01", "9999-12-31T23:59:59-14:00", "\ud800", "\x00", "1" * 400]
    for sort in ("number", "due_at", "priority"):
        for value in values:
            for pk in (1, 2**63, "1") if value is None else (1,):
                raw = json.dumps([sort, 0, value, pk]).encode()
                cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
                assert api.get(f"tickets?sort={sort}&cursor={cursor}").status_code in (200, 422), (sort, value, pk)


def test_a_cursor_of_another_order_is_refused(api: Caller, world: World) -> None:
    make(world, "second")
    cursor = api.get("tickets?limit=1&sort=number").json()["next"]
    assert wrong_fields(api.get(f"tickets?limit=1&sort=-number&cursor={cursor}")) == ["cursor"]


def test_the_total_is_exact_and_only_on_demand(api: Caller, world: World) -> None:
    make(world, "second")
    assert api.get("tickets?limit=1").json()["total"] is None
    assert api.get("tickets?limit=1&include=total").json()["total"] == 2


def test_what_is_hidden_is_in_no_list_total_or_search(api: Caller, api_of: Any, world: World) -> None:
    assert api.get("tickets?include=total").json()["total"] == 1
    assert numbers(api, f"team={world.secret.pk}") == []
    assert numbers(api, f"contact={world.lisa.pk}") == []
    assert numbers(api, f"q={world.hidden.number}") == []
    assert numbers(api, "q=secret") == []
    assert numbers(api_of(world.priya), "q=secret") == [world.hidden.pk]


def test_a_page_costs_the_same_queries_however_long_it_is(api: Caller, world: World) -> None:
    contacts = [create_contact(first_name=f"c{n}", company_id=world.acme.pk, by=BY).pk for n in range(4)]
    for number in range(20):
        pk = make(
            world, f"n {number}", tags=["a", "b", f"t{number}"], further_contact_ids=contacts, assignee_id=world.john.pk
        )
        edit_ticket(Ticket.objects.get(pk=pk), priority="HIGH", by=BY)
    api.get("me")  # notes the use of the token, once a minute
    with CaptureQueriesContext(
        connection,
    ) as few:
        api.get("tickets?limit=1")
    with CaptureQueriesContext(connection) as many:
        assert len(api.items("tickets?limit=50&include=total")) == 21
    told = "\n".join(query["sql"][:200] for query in many.captured_queries)
    # the token, the actor's hidden teams, the tickets, tags, further contacts, opening comments, custom fields
    assert (len(few), len(many)) == (7, 8), told
