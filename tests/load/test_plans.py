"""What each page and call asks of the database, a past in it: a known number of questions, none of a whole table."""

from datetime import datetime

import pytest

from supportflow.accounts.models import User
from supportflow.accounts.operations import create_token
from supportflow.bench import places, plans
from supportflow.desk import custom_filters
from supportflow.desk.models import Ticket
from supportflow.fields.operations import create_field
from supportflow.loadgen import load
from supportflow.loadgen.cast import DOMAIN
from tests.conftest import BY

UNTIL = datetime(2026, 6, 1)  # noqa: DTZ001  loadgen counts in UTC without a zone

COSTS = {"list": 7, "ticket": 12, "contact": 7, "company": 7, "contacts": 5, "companies": 5, "API list": 7}


@pytest.fixture
def past(db: None) -> User:
    assert sum(load(600, seed=3, until=UNTIL)) == 600
    agent: User = User.objects.filter(email__endswith=f"@{DOMAIN}", role="AGENT").order_by("pk")[0]
    return agent


def test_no_page_reads_a_whole_table_or_asks_too_often(past: User) -> None:
    _token, text = create_token(past, "plans", by=BY)
    asked = plans.examine(past, places.pages(), places.calls(), text, large=1)
    assert plans.broken(asked) == []
    assert {name: asked[name].queries for name in COSTS} == COSTS


BY_FIELDS = (
    "custom.size=S",  # of many
    "custom.size=M",  # of few
    "custom.size=none",
    "not_custom.size=none",
    "not_custom.size=S",
    "custom.hours=7",
    "custom.hours.from=1&custom.hours.to=3",
    "custom.hours.from=30",
    "custom.order=SO-1*",
    "custom.order=so-17&status=OPEN&sort=due_at",
)


def test_lists_by_custom_fields_and_messages_read_no_table_whole(past: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom_filters, "COUNTED_UP_TO", 50)
    for label, kind in (("Size", "choice"), ("Hours", "number"), ("Order", "text")):
        create_field("ticket", label, kind, ["S", "M"] if kind == "choice" else (), by=BY)
    for number, pk in enumerate(Ticket.objects.values_list("pk", flat=True)):
        values = {"size": "M" if number % 50 == 0 else "S", "hours": number % 40, "order": f"SO-{number}"}
        Ticket.objects.filter(pk=pk).update(custom=values if number % 4 else {})
    pages = {
        f"list, {query}": f"/tickets?{query}" for query in (*BY_FIELDS, "text=invoice", "text=invoice&assignee=me")
    }
    _token, text = create_token(past, "plans", by=BY)
    assert plans.broken(plans.examine(past, pages, {}, text, large=1)) == []


def test_a_scan_is_noticed(past: User) -> None:
    sql, params = Ticket.objects.filter(subject__contains="x").values("pk").query.sql_with_params()
    assert plans.scanned(sql, params) == {"desk_ticket"}
    sql, params = Ticket.objects.filter(pk=3).values("pk").query.sql_with_params()
    assert plans.scanned(sql, params) == set()


def test_a_page_that_asks_too_much_is_named() -> None:
    asked = {"list": plans.Asked(9, ()), "ticket": plans.Asked(10, ("desk_comment",)), "contacts": plans.Asked(4, ())}
    assert plans.broken(asked) == [
        "list: 9 queries, at most 8 may be",
        "ticket: reads all of desk_comment",
    ]
