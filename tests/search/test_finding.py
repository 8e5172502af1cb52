"""What is found, in which order: the same promises on SQLite and PostgreSQL."""

import pytest
from django.test import Client

from supportflow.accounts.operations import create_team
from supportflow.crm.operations import create_company, create_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import assign_ticket, create_ticket, set_status, tag_ticket, update_ticket
from supportflow.search import seeing
from supportflow.search.models import Kind
from supportflow.tags.operations import tags_by_name
from tests.conftest import BY, World
from tests.search.conftest import faults, found, kinds, note, reply, search


def ticket(world: World, subject: str, text: str = "Nothing else.", **more: object) -> Ticket:
    return create_ticket(subject, world.sarah, Content.from_markdown(text), by=world.john, **more)  # type: ignore[arg-type]


def test_each_kind_is_found_by_what_stands_in_it(desk: World) -> None:
    comment = note(desk.ticket, "The zeppelin is broken.", desk.john)
    labs = create_company(name="Zebra Labs", domains=["zebra.example"], by=BY)
    zoe = create_contact(
        first_name="Zoë", last_name="Weiß", email="zoe@zebra.example", phone="+49 30 555-0199", company_id=labs.pk,
        custom={"custom_1": "zanzibar"}, by=BY,
    )  # fmt: skip
    assert found("zeppelin", desk.john) == [("comment", comment.pk)]
    assert found("unable", desk.john) == [("ticket", desk.ticket.pk)]
    assert found("zebra labs", desk.john) == [("company", labs.pk), ("contact", zoe.pk)]
    assert found("ZOE weiss", desk.john) == found("zoe@zebra.example", desk.john) == [("contact", zoe.pk)]
    assert found("49305550199", desk.john) == found("zanzibar", desk.john) == [("contact", zoe.pk)]
    assert ("ticket", desk.ticket.pk) in found("sarah johnson", desk.john)
    assert ("ticket", desk.ticket.pk) in found("sarah@acme.example", desk.john)


def test_all_words_must_be_there_and_phrases_side_by_side(desk: World) -> None:
    one = ticket(desk, "Red apple pie")
    two = ticket(desk, "Apple red pie")
    assert found("pie red", desk.john) == [("ticket", two.pk), ("ticket", one.pk)]
    assert found('"red apple"', desk.john) == [("ticket", one.pk)]
    assert found("pie -apple", desk.john) == found("pie blueberry", desk.john) == []
    assert found('pie -"red apple"', desk.john) == [("ticket", two.pk)]
    assert found('"pie nothing"', desk.john) == []


def test_a_phrase_does_not_run_from_the_title_into_the_text(desk: World) -> None:
    assert found('"login sarah"', desk.john) == []
    assert found("login sarah", desk.john) == [("ticket", desk.ticket.pk)]


def test_the_last_word_may_have_only_begun_and_any_with_a_star(desk: World) -> None:
    one = ticket(desk, "Kaleidoscope broken")
    assert found("kalei", desk.john) == found("broken kalei", desk.john) == [("ticket", one.pk)]
    assert found("kalei broken", desk.john) == []
    assert found("kalei* broken", desk.john) == [("ticket", one.pk)]
    assert found('"kalei"', desk.john) == []
    two = ticket(desk, "Order INV2026001 missing")
    assert (
        found("inv2026", desk.john) == found("inv20*", desk.john) == [("ticket", two.pk)]
        or search("inv20*", desk.john).hits
    )


def test_a_slip_is_forgiven_where_little_is_found_and_said(desk: World) -> None:
    one = ticket(desk, "Payment refund overdue")
    for typed in ("paymnet", "apyment", "refnud", "payyment overdue", "refudn"):
        assert found(typed, desk.john) == [("ticket", one.pk)], typed
    assert search("paymnet", desk.john).also == ("payment",)
    assert search("payment", desk.john).also == ()
    assert found('"paymnet"', desk.john) == found("pay*ment", desk.john) == []


def test_titles_come_first_then_what_says_it_more_then_the_newer(desk: World) -> None:
    long = reply(desk.ticket, "The walrus. " + "And so on and on. " * 60, desk.john)
    old = reply(desk.ticket, "A walrus came.", desk.john)
    new = reply(desk.ticket, "A walrus left.", desk.john)
    often = reply(desk.ticket, "Walrus, walrus, walrus!", desk.john)
    title = ticket(desk, "The walrus of Thule")
    assert found("walrus", desk.john) == [
        ("ticket", title.pk),
        *(("comment", row.pk) for row in (often, new, old, long)),
    ]


def test_a_number_jumps_first(desk: World) -> None:
    about = ticket(desk, f"About {desk.ticket.number}")
    assert found(desk.ticket.number, desk.john)[:2] == [("ticket", desk.ticket.pk), ("ticket", about.pk)]
    assert found(str(desk.ticket.pk), desk.john)[0] == ("ticket", desk.ticket.pk)
    assert found(f"{desk.ticket.number} in:contacts", desk.john) == []
    assert found("T-99999999999999999999", desk.john) == []


def test_case_accents_and_scripts_without_blanks(desk: World) -> None:
    one = ticket(desk, "Rechnung für Müller", "東京都の請求書です")
    assert found("MULLER fur", desk.john) == found("müller", desk.john) == [("ticket", one.pk)]
    assert kinds("請求書", desk.john) == kinds("京都", desk.john) == kinds("東京都の請求書", desk.john) == {"comment"}
    assert kinds("京", desk.john) == {"comment"}
    assert kinds("書京", desk.john) == set()


@pytest.mark.parametrize(
    ("q", "fits"),
    [
        ("status:open", True), ("status:OPEN,waiting", True), ("status:in-progress", False), ("-status:open", False),
        ("priority:high", True), ("-priority:low", True), ("category:billing", True), ("channel:web", True),
        ("assignee:me", True), ("assignee:none", False), ("assignee:john", True), ("assignee:emma,none", False),
        ("assignee:john@supportflow.example", True), ("team:none", True), ("team:front", False), ("tag:VIP", True),
        ("-tag:vip", False), ("company:acme", True), ("contact:sarah", True), ("contact:lisa", False),
        ("from:sarah", True), ("from:lisa", False), ("is:open", True), ("is:closed", False), ("is:overdue", False),
        ("is:mine", True), ("is:unassigned", False), ("is:mine,closed", True), ("in:tickets", True),
        ("in:contacts", False), ("-in:tickets", False), ("before:2001-01-01", False), ("after:2001", True),
        ("after:today", True), ("after:7d", True), ("before:yesterday", False), ("has:attachment", False),
        ("is:open assignee:me tag:vip company:acme after:2020-01", True),
    ],
)  # fmt: skip
def test_filters_narrow_with_words_and_alone(desk: World, q: str, fits: bool) -> None:
    create_team("Front desk", by=BY)
    assign_ticket(desk.ticket, desk.john, by=desk.john)
    update_ticket(desk.ticket, priority="HIGH", category="BILLING", by=desk.john)
    tag_ticket(desk.ticket, tags_by_name(["vip"], by=BY), by=desk.john)
    wanted = ("ticket", desk.ticket.pk)
    assert not faults(q, desk.john)
    assert (wanted in found(f"unable {q}", desk.john)) == fits
    assert (wanted in found(q, desk.john)) == fits


def test_filters_of_comments(desk: World) -> None:
    mine, hers = note(desk.ticket, "A walrus note", desk.john), reply(desk.ticket, "A walrus reply", desk.emma)
    assert found("walrus is:note", desk.john) == found("is:note", desk.john) == [("comment", mine.pk)]
    assert found("walrus -is:note", desk.john) == [("comment", hers.pk)]
    assert found("walrus from:me", desk.john) == found("from:me", desk.john) == [("comment", mine.pk)]
    assert found("walrus from:emma", desk.john) == [("comment", hers.pk)]
    assert found("walrus status:closed", desk.john) == []
    assert found("walrus in:comments status:open is:note", desk.john) == [("comment", mine.pk)]
    set_status(desk.ticket, "RESOLVED", by=desk.john)
    assert kinds("walrus status:resolved", desk.john) == {"comment"}


def test_filters_of_customers(desk: World) -> None:
    assert found("in:contacts johnson", desk.john) == [("contact", desk.sarah.pk)]
    assert ("contact", desk.sarah.pk) in found("company:acme sarah", desk.john)
    assert found("in:companies company:acme", desk.john) == [("company", desk.acme.pk)]


@pytest.mark.parametrize(
    ("q", "part", "instead"),
    [
        ("x status:opn", "status:opn", "status:open"),
        ("x -status:opn", "-status:opn", "-status:open"),
        ("x priority:hihg", "priority:hihg", "priority:high"),
        ("x assignee:jon", "assignee:jon", 'assignee:"John Reyes"'),
        ("x tag:vipp", "tag:vipp", "tag:vip"),
        ("x team:zzz", "team:zzz", ""),
        ("x company:zzz", "company:zzz", ""),
        ("x contact:zzz", "contact:zzz", ""),
        ("x from:zzz", "from:zzz", ""),
        ("x is:opn", "is:opn", "is:open"),
        ("x in:ticket", "in:ticket", "in:tickets"),
        ("x before:2026-13", "before:2026-13", ""),
        ("x after:someday", "after:someday", ""),
        ("x has:file", "has:file", ""),
        ("x foo:bar", "foo:bar", '"foo bar"'),
    ],
)
def test_what_is_unknown_is_named_with_what_is_known(desk: World, q: str, part: str, instead: str) -> None:
    tags_by_name(["vip"], by=BY)
    assert faults(q, desk.john) == [(part, instead)]
    assert search(q, desk.john).hits == ()


HOSTILE = (
    "\x00", "a\x00b", '"', "'", '""', "*", "-", "(", "NEAR(a b)", "a AND b OR NOT c", "title:x", "{title}: x", "^a",
    "'; DROP TABLE search_document; --", "%", "_", "\\", "a & | ! b", "<->", ":*", "a:*", "\u202eabc", "😀", "ﷺ", "½",
    "a " * 100, '"' * 200, "-" * 200, "(" * 200, "status:", "status:\x00", "assignee:'", "tag:%", "is:" + "x" * 190,
    "a^2", "in:" + "tickets," * 20, "before:99999d",
    "before:0000", "after:9999-12-31", "after:0001-01-01", "東" * 200, "ا" * 200,
    "T-9223372036854775808", "from:\u202e", 'company:"', "contact:a,b,c,d,e", "e\u0301" * 90, "\ud800",
)  # fmt: skip


@pytest.mark.parametrize("q", HOSTILE)
def test_nothing_that_is_typed_is_an_error_of_ours(desk: World, browser: Client, q: str) -> None:
    search(q, desk.john)
    if q != "\ud800":
        for path in ("/search", "/search/suggestions"):
            assert browser.get(path, {"q": q}).status_code in (200, 422)


def test_counts_are_exact_and_of_what_may_be_seen(desk: World) -> None:
    for number in range(3):
        ticket(desk, f"Walrus {number}")
    found("", desk.john)
    counts = search("walrus", desk.john).counts
    assert {kind.name: count for kind, count in counts.items() if count} == {"TICKET": 3}
    assert counts[Kind.COMMENT] == 0


@pytest.mark.parametrize(
    "typed",
    [
        "apple status:open",
        "apple -status:open",
        "apple contact:sarah before:2099",
        "apple -pie is:note",
        "apple assignee:none in:comments",
    ],
)
def test_few_tickets_and_many_find_the_same(typed: str, desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where filters leave few tickets their documents are asked, else the newest that have the words."""
    open_one, waiting = ticket(desk, "Apple pie", "An apple a day."), ticket(desk, "An apple tree", "Of apple.")
    set_status(waiting, "WAITING", by=desk.john)
    reply(open_one, "No apple here.", desk.john)
    note(waiting, "Apple juice.", desk.john)
    update_ticket(desk.hidden, subject="A hidden apple", by=desk.priya)
    few = found(typed, desk.john)
    monkeypatch.setattr(seeing, "FEW", -1)
    assert found(typed, desk.john) == few != []
