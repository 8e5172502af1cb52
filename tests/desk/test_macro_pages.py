"""Macros through the pages: where they are kept, and beside a ticket, with and without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.models import User
from supportflow.core.models import Activity
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import create_macro, trash_macro, update_macro
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag
from tests.conftest import World

SignIn = Callable[[User], Client]
FORM = {
    "name": "Ask",
    "audience": "me",
    "kind": "REPLY",
    "body": "Hello {{customer.first_name|there}}",
    "is_active": "on",
}


@pytest.fixture
def ask(world: World) -> Macro:
    changes = {"status": "WAITING", "add_tags": ["vip"], "assignee": "me"}
    macro = create_macro("Ask", body="Hello {{customer.name}}", changes=changes, shared=True, by=world.omar)
    world.forget()
    return macro


def at(world: World, rest: str = "") -> str:
    return f"/tickets/{world.ticket.number}/macros{rest}"


def words(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def test_an_agent_keeps_own_macros(browser: Client, world: World) -> None:
    assert browser.post("/settings/macros/new", FORM | {"status": "WAITING", "add_tags": "vip, new"}).status_code == 302
    macro = Macro.objects.get()
    assert (macro.owner, macro.changes["status"], len(macro.changes["add_tags"])) == (world.john, "WAITING", 2)
    html = words(browser, "/settings/macros")
    assert "Sets status to Waiting · Adds tag" in html
    html = words(browser, f"/settings/macros/{macro.pk}")
    assert 'value="vip, new"' in html or 'value="new, vip"' in html
    change = FORM | {"name": "Ask more", "seen": macro.version, "priority": "HIGH"}
    assert browser.post(f"/settings/macros/{macro.pk}", change).status_code == 302
    macro.refresh_from_db()
    assert (macro.name, macro.changes) == ("Ask more", {"priority": "HIGH"})


def test_supervisors_share_them_and_agents_only_look(
    browser: Client, world: World, sign_in: SignIn, ask: Macro
) -> None:
    html = words(browser, f"/settings/macros/{ask.pk}")
    assert "Save macro" not in html
    assert "Delete" not in words(browser, "/settings/macros")
    assert browser.post(f"/settings/macros/{ask.pk}", FORM | {"seen": 1}).status_code == 403
    assert browser.post(f"/settings/macros/{ask.pk}/trash").status_code == 403
    assert browser.post("/settings/macros/new", FORM | {"audience": "all"}).status_code == 422
    omar = sign_in(world.omar)
    team = str(world.secret.pk)
    assert omar.post(f"/settings/macros/{ask.pk}", FORM | {"seen": 1, "audience": team}).status_code == 302
    assert Macro.objects.get().team == world.secret
    assert browser.get(f"/settings/macros/{ask.pk}").status_code == 404


def test_somebody_elses_own_macro_is_not_there(browser: Client, world: World) -> None:
    own = create_macro("Emma's own", body="Hello", by=world.emma)
    assert "Emma" not in words(browser, "/settings/macros")
    assert "Emma" not in words(browser, at(world))
    for address in (f"/settings/macros/{own.pk}", at(world, f"/{own.pk}")):
        assert browser.get(address).status_code == 404
        assert browser.post(address, FORM).status_code == 404
    assert browser.post(f"/settings/macros/{own.pk}/trash").status_code == 404
    assert browser.get(f"/tickets/{world.hidden.number}/macros").status_code == 404
    assert Client().get("/settings/macros").status_code == 302


def test_a_deleted_macro_comes_back(world: World, sign_in: SignIn, ask: Macro) -> None:
    omar = sign_in(world.omar)
    answer = omar.post(f"/settings/macros/{ask.pk}/trash", follow=True)
    undo = Activity.objects.latest("pk").batch_id
    assert f'action="/batches/{undo}/undo"' in answer.content.decode()
    assert "Ask" in words(omar, "/settings/macros?trash=true")
    back = omar.post(f"/batches/{undo}/undo", {"next": "/settings/macros"})
    assert back.headers["Location"] == "/settings/macros"
    assert Macro.objects.alive().exists()
    trash_macro(ask, by=world.omar)
    assert omar.post(f"/settings/macros/{ask.pk}/trash", {"restore": "1"}).status_code == 302
    assert Macro.objects.alive().exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": ""}, "name"),
        ({"body": "{{customer.frist_name}}"}, "Did you mean {{customer.first_name}}?"),
        ({"body": ""}, "Write a text, choose a change, or both."),
        ({"status": "NEVER"}, "status"),
        ({"assignee": "x"}, "assignee"),
        ({"team": "999"}, "team"),
        ({"audience": "all"}, "audience"),
        ({"remove_tags": "never seen"}, "There is no tag"),
        ({"kind": ""}, "kind"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_the_reason(
    browser: Client, world: World, values: dict[str, str], says: str
) -> None:
    answer = browser.post("/settings/macros/new", FORM | values)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert b"data-summary" in answer.content
    assert not Macro.objects.exists()


def test_a_form_that_comes_twice_works_once(browser: Client, world: World, ask: Macro) -> None:
    once = {"once": "x" * 20}
    for _again in range(2):
        browser.post("/settings/macros/new", FORM | once)
        browser.post(at(world, f"/{ask.pk}"), {"body": "Hello", "kind": "reply", **once})
    assert Macro.objects.filter(owner=world.john).count() == 1
    assert world.actions().count("ticket.replied") == 1


def test_two_who_change_one_macro_are_told(world: World, sign_in: SignIn, ask: Macro) -> None:
    update_macro(ask, name="Theirs", by=world.olivia)
    answer = sign_in(world.omar).post(f"/settings/macros/{ask.pk}", FORM | {"seen": 1, "audience": "all"})
    assert answer.status_code == 422
    assert b"Somebody changed this" in answer.content


def test_the_preview_says_what_it_would_say_and_changes_nothing(browser: Client, world: World) -> None:
    sent = FORM | {
        "name": "",
        "body": "**Hi** {{customer.name}}",
        "add_tags": "brand new",
        "team": "none",
        "preview": "1",
    }
    answer = browser.post("/settings/macros/new", sent)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<strong>Hi</strong> Sarah Johnson" in html
    assert "Adds tag brand new" in html
    assert "Takes it out of its team" in html
    on_ticket = browser.post(
        "/settings/macros/new", sent | {"body": "{{ticket.number}}", "ticket": world.ticket.number}
    )
    assert f"<p>{world.ticket.number}</p>" in on_ticket.content.decode()
    for unknown in (world.hidden.number, "T-9999", "x"):
        hidden = browser.post("/settings/macros/new", sent | {"body": "{{ticket.subject}}", "ticket": unknown})
        assert "A secret" not in hidden.content.decode()
        assert "There is no ticket with this number." in hidden.content.decode()
    wrong = browser.post("/settings/macros/new", sent | {"body": "{{x}}"}).content.decode()
    assert "There is no {{x}}" in wrong
    assert not Macro.objects.exists()
    assert not Tag.objects.exists()


def test_hostile_names_and_texts_stay_text(browser: Client, world: World) -> None:
    bad = "<img src=x onerror=alert(1)>{{agent.name}}"
    macro = create_macro(bad[:80], body=f"<script>alert(1)</script> {bad}", by=world.john)
    for address in ("/settings/macros", f"/settings/macros/{macro.pk}", at(world), at(world, f"/{macro.pk}")):
        html = words(browser, address)
        assert "<img src=x" not in html
        assert "<script>alert" not in html


def test_the_list_of_a_ticket_holds_what_fits(browser: Client, world: World, ask: Macro) -> None:
    create_macro("Close it", changes={"status": "CLOSED"}, shared=True, by=world.omar)
    create_macro("Switched off", body="x", is_active=False, by=world.john)
    create_macro("For others", body="x", shared=True, offered_to_id=world.secret.pk, by=world.omar)
    click = create_macro("Raise it", changes={"priority": "HIGH"}, by=world.john)
    html = words(browser, at(world))
    assert [name for name in ("Ask", "Close it", "Switched off", "For others", "Raise it") if name in html] == [
        "Ask",
        "Raise it",
    ]
    assert f'href="{at(world, f"/{ask.pk}")}"' in html
    assert f'action="{at(world, f"/{click.pk}")}"' in html
    assert "Raise it" not in words(browser, at(world, "?q=ask"))
    assert browser.get(at(world, "?colour=red")).status_code == 422
    menu = words(browser, at(world, "?menu=true"))
    assert "<html" not in menu
    assert "data-narrows" in menu


def test_without_a_script_it_is_looked_at_and_applied(browser: Client, world: World, ask: Macro) -> None:
    vip = Tag.objects.get(name="vip")
    html = words(browser, at(world, f"/{ask.pk}"))
    assert "Hello Sarah Johnson</textarea>" in html
    assert "Assigns it to you" in html
    data = {"macro": ask.pk, "macro_version": 1, "body": "Hello Sarah!", "change": ["status", f"add_tags:{vip.pk}"]}
    answer = browser.post(at(world, f"/{ask.pk}"), data)
    comment = Comment.objects.latest("pk")
    assert answer.headers["Location"] == f"{world.ticket.get_absolute_url()}#comment-{comment.pk}"
    assert (comment.body, comment.visibility) == ("Hello Sarah!", "PUBLIC")
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.status, ticket.assignee) == ("WAITING", None)
    assert browser.post(at(world, f"/{ask.pk}"), data | {"body": " "}).status_code == 422


def test_one_without_text_works_at_once_and_can_be_undone(browser: Client, world: World) -> None:
    changes = {"priority": "HIGH", "assignee": "me", "add_tags": ["vip"]}
    macro = create_macro("Raise it", changes=changes, by=world.john)
    answer = browser.post(at(world, f"/{macro.pk}"), follow=True)
    html = answer.content.decode()
    assert "applied to" in html
    undo = Activity.objects.filter(subject_type="ticket").latest("pk").batch_id
    assert f"/batches/{undo}/undo" in html
    assert browser.post(f"/batches/{undo}/undo").status_code == 302
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.priority, ticket.assignee, ticket.tags.count()) == ("MEDIUM", None, 0)


def test_one_without_text_has_a_page_on_which_changes_are_left_out(browser: Client, world: World) -> None:
    macro = create_macro("Raise it", changes={"priority": "HIGH", "category": "BUG"}, by=world.john)
    assert "<textarea" not in words(browser, at(world, f"/{macro.pk}"))
    browser.post(at(world, f"/{macro.pk}"), {"macro": macro.pk, "macro_version": 1, "change": ["category"]})
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.priority, ticket.category) == ("MEDIUM", "BUG")
    update_macro(macro, changes={"priority": "URGENT"}, by=world.john)
    assert browser.post(at(world, f"/{macro.pk}"), {"macro_version": 1}).status_code == 409


def send(client: Client, world: World, **data: Any) -> Any:
    return client.post(f"/tickets/{world.ticket.number}/comments", data)


def test_the_composer_sends_words_and_changes_together(browser: Client, world: World, ask: Macro) -> None:
    sent = send(browser, world, kind="reply", body="Mine", macro=ask.pk, macro_version=1, change=["status", "assignee"])
    assert sent.status_code == 302
    assert world.actions() == ["ticket.replied", "ticket.assigned", "ticket.status_changed"]
    assert "sent-reply" in browser.get(world.ticket.get_absolute_url()).content.decode()
    assert send(browser, world, kind="note", body="Mine", macro=ask.pk, then="RESOLVED").status_code == 302
    assert world.actions()[3:] == ["ticket.noted"]


def test_a_macro_that_is_gone_or_changed_sends_nothing(browser: Client, world: World, ask: Macro) -> None:
    update_macro(ask, name="Other", by=world.omar)
    assert send(browser, world, kind="reply", body="x", macro=ask.pk, macro_version=1).status_code == 409
    trash_macro(ask, by=world.omar)
    assert send(browser, world, kind="reply", body="x", macro=ask.pk).status_code == 409
    own = create_macro("Emma's", body="x", by=world.emma)
    assert send(browser, world, kind="reply", body="x", macro=own.pk).status_code == 409
    for nonsense in ("x", "-1", str(2**64)):
        assert send(browser, world, kind="reply", body="x", macro=nonsense).status_code == 422
    assert not Comment.objects.filter(author_type="user").exists()


def test_what_the_pages_cost(
    browser: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries, ask: Macro
) -> None:
    create_tag("more", by=world.omar)
    for number in range(20):
        changes = {"assignee": world.emma.pk, "team": world.secret.pk, "add_tags": ["more"]}
        create_macro(f"Macro {number}", body="x", changes=changes, shared=True, by=world.omar)
    costs = {"/settings/macros": 7, at(world): 8, at(world, "?menu=true"): 7, at(world, f"/{ask.pk}"): 8}
    for address in costs:
        browser.get(address)  # what is asked once and kept
    for address, cost in costs.items():
        with django_assert_num_queries(cost):
            assert browser.get(address).status_code == 200
