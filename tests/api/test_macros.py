"""/api/macros, and applying one to a ticket."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import create_macro
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World

SENT = {"name": "Ask", "body": "Hello {{customer.first_name|there}}.", "status": "WAITING", "add_tags": ["vip"]}


@pytest.fixture
def shared(world: World) -> Macro:
    return create_macro("Shared", body="Hello", changes={"assignee": world.emma.pk}, shared=True, by=world.omar)


def test_a_macro_is_made_read_changed_replaced_and_thrown_away(api: Caller, world: World) -> None:
    answer = api.post("macros", SENT)
    made = answer.json()
    assert (answer.status_code, answer["ETag"], answer["Location"]) == (201, '"v1"', f"/api/macros/{made['id']}")
    assert made["summary"] == ["Sets status to Waiting", "Adds tag vip"]
    assert (made["owner"]["name"], made["shared"], made["priority"]) == ("John Reyes", False, None)
    path = f"macros/{made['id']}"
    assert api.get(path).json() == made
    changed = api.patch(path, {"status": None, "assignee": "me"}, {"If-Match": '"v1"'})
    assert (changed["ETag"], changed.json()["summary"]) == ('"v2"', ["Assigns it to you", "Adds tag vip"])
    assert api.patch(path, {"name": "x"}, {"If-Match": '"v1"'}).status_code == 412
    replaced = api.put(path, {"name": "Plain", "body": "Hello"}).json()
    assert (replaced["summary"], replaced["add_tags"]) == ([], [])
    assert api.get(path, {"If-None-Match": '"v3"'}).status_code == 304
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert world.actions() == ["tag.created", "macro.created", "macro.updated", "macro.updated", "macro.trashed"]


def test_lists_hold_the_shared_and_the_own(
    api: Caller, world: World, shared: Macro, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create_macro("Emma's", body="x", by=world.emma)
    api.post("macros", SENT)
    assert [item["name"] for item in api.items("macros")] == ["Ask", "Shared"]
    assert [item["name"] for item in api.items("macros?shared=true")] == ["Shared"]
    assert [item["name"] for item in api.items("macros?q=customer")] == ["Ask"]
    assert [item["name"] for item in api.items("macros?sort=-created_at&limit=1")] == ["Ask"]
    for number in range(3):
        with django_assert_num_queries(5):
            api.get("macros")
        create_macro(f"Another {number}", body="x", by=world.john)
    assert wrong_fields(api.get("macros?colour=red")) == ["colour"]


def test_what_is_not_the_callers_is_hidden_or_refused(api: Caller, world: World, shared: Macro) -> None:
    emmas = create_macro("Emma's", body="x", by=world.emma)
    for call in (
        api.get(f"macros/{emmas.pk}"),
        api.patch(f"macros/{emmas.pk}", {"name": "x"}),
        api.delete(f"macros/{emmas.pk}"),
        api.post(f"tickets/{world.ticket.number}/macros", {"macro_id": emmas.pk}),
        api.post(f"tickets/{world.hidden.number}/macros", {"macro_id": shared.pk}),
        api.get("macros/999999"),
        api.get("macros/x"),
    ):
        assert call.status_code == 404
    for call in (
        api.post("macros", SENT | {"shared": True}),
        api.patch(f"macros/{shared.pk}", {"name": "x"}),
        api.put(f"macros/{shared.pk}", SENT),
        api.delete(f"macros/{shared.pk}"),
    ):
        assert call.status_code == 403
    assert api.get(f"macros/{shared.pk}").json()["summary"] == ["Assigns it to Emma Clarke"]


@pytest.mark.parametrize(
    ("sent", "fields"),
    [
        ({}, ["name"]),
        ({"name": "x"}, ["body"]),
        ({"name": "x", "body": "{{customer.nam}}"}, ["body"]),
        ({"name": "x", "status": "NEVER"}, ["status"]),
        ({"name": "x", "assignee": 999_999}, ["assignee"]),
        ({"name": "x", "team": 999_999}, ["team"]),
        ({"name": "x", "remove_tags": ["never seen"]}, ["remove_tags"]),
        ({"name": "x", "body": "x", "offered_to_id": 999_999}, ["offered_to_id"]),
        ({"name": "x", "body": "x", "colour": "red"}, ["colour"]),
    ],
)
def test_nonsense_is_refused_by_the_field(api: Caller, sent: dict[str, Any], fields: list[str]) -> None:
    assert wrong_fields(api.post("macros", sent)) == fields


def test_words_that_are_neither_id_nor_word_are_refused(api: Caller) -> None:
    for name in ("assignee", "team"):
        answer = api.post("macros", {"name": "x", name: "everybody"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].startswith(name)


def test_looking_changes_nothing_and_applying_does_it_once(api: Caller, world: World) -> None:
    macro = api.post("macros", SENT).json()["id"]
    world.forget()
    path = f"tickets/{world.ticket.number}/macros"
    seen = api.post(path, {"macro_id": macro, "dry_run": True})
    assert seen.status_code == 200
    assert (seen.json()["body"], seen.json()["summary"]) == ("Hello Sarah.", ["Sets status to Waiting", "Adds tag vip"])
    assert (seen.json()["comment"], seen.json()["ticket"]) == (None, None)
    assert world.actions() == []
    key = {"Idempotency-Key": "once-and-only-once"}
    done, again = api.post(path, {"macro_id": macro}, key), api.post(path, {"macro_id": macro}, key)
    assert done.content == again.content
    told = done.json()
    assert (told["ticket"]["status"], told["comment"]["visibility"], told["dry_run"]) == ("WAITING", "PUBLIC", False)
    assert done["ETag"] == f'"v{Ticket.objects.get(pk=world.ticket.pk).version}"'
    assert world.actions() == ["ticket.replied", "ticket.tagged", "ticket.status_changed"]


def test_a_refusal_is_whole_and_says_why(api: Caller, world: World) -> None:
    macro = api.post("macros", SENT | {"status": "CLOSED"}).json()["id"]
    path = f"tickets/{world.ticket.number}/macros"
    answer = api.post(path, {"macro_id": macro})
    assert (answer.status_code, answer.json()["code"]) == (409, "status_move")
    api.patch(f"macros/{macro}", {"is_active": False})
    answer = api.post(path, {"macro_id": macro})
    assert (answer.status_code, answer.json()["code"]) == (409, "macro_inactive")
    assert wrong_fields(api.post(path, {})) == ["macro_id"]
    assert not Comment.objects.filter(author_type="user").exists()
