from typing import Any

import pytest

from supportflow.core.models import KeptAnswer
from supportflow.desk.models import Comment, Ticket
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World, make_world
from tests.together import together

KEY = {"Idempotency-Key": "5f0c6f2e-7a53-4a0b-9a43-0d6b1d1e6c1b"}


def test_the_same_key_gives_the_same_answer_and_happens_once(api: Caller, world: World) -> None:
    sent = {"subject": "Once", "contact_id": world.sarah.pk}
    first, again = api.post("tickets", sent, KEY), api.post("tickets", sent, KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for header in ("Location", "ETag", "Content-Type"):
        assert again[header] == first[header]
    assert world.actions() == ["ticket.created"]


def test_another_body_or_address_with_the_key_is_refused(api: Caller, world: World) -> None:
    api.post("tickets", {"subject": "Once", "contact_id": world.sarah.pk}, KEY)
    for path, sent in (("tickets", {"subject": "Twice", "contact_id": world.sarah.pk}), ("tags", {"name": "x"})):
        answer = api.post(path, sent, KEY)
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert world.actions() == ["ticket.created"]


def test_keys_are_each_tokens_own(api: Caller, api_of: Any, world: World) -> None:
    sent = {"subject": "Once", "contact_id": world.sarah.pk}
    assert api.post("tickets", sent, KEY).json()["id"] != api_of(world.emma).post("tickets", sent, KEY).json()["id"]


def test_a_refusal_is_not_kept(api: Caller, world: World) -> None:
    assert wrong_fields(api.post("tickets", {"subject": "x", "contact_id": 999_999}, KEY)) == ["contact_id"]
    assert not KeptAnswer.objects.exists()
    assert api.post("tickets", {"subject": "x", "contact_id": world.sarah.pk}, KEY).status_code == 201


def test_a_key_that_is_none_is_refused(api: Caller, world: World) -> None:
    for key in ("", " ", "x" * 256, "a b", "ключ", "a\x7f"):
        answer = api.post("tickets", {"subject": "x", "contact_id": world.sarah.pk}, {"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), key
    assert world.actions() == []


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_same_moment_make_one_comment() -> None:
    world = make_world()
    callers = [Caller(world.john)]
    callers += [Caller.__new__(Caller) for _number in range(3)]
    for twin in callers[1:]:
        twin.__dict__.update(callers[0].__dict__, client=type(callers[0].client)())
    world.forget()
    sent = {"ticket": world.ticket.number, "body": "Once.", "visibility": "PUBLIC"}
    answers = together(*(lambda caller=caller: caller.post("comments", sent, KEY) for caller in callers))
    assert [answer.status_code for answer in answers] == [201] * 4, [answer.content for answer in answers]
    assert len({answer.content for answer in answers}) == 1
    assert len({answer["Location"] for answer in answers}) == 1
    assert Comment.objects.filter(ticket=world.ticket, body="Once.").count() == 1
    assert world.actions() == ["ticket.replied"]


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_the_same_moment_with_one_etag_are_one_change() -> None:
    world = make_world()
    callers = [Caller(world.john), Caller(world.emma)]
    world.forget()
    path = f"tickets/{world.ticket.number}"
    answers = together(
        *(
            lambda caller=caller: caller.patch(path, {"subject": f"by {caller.user.name}"}, {"If-Match": '"v1"'})
            for caller in callers
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert Ticket.objects.get(pk=world.ticket.pk).version == 2
    assert world.actions() == ["ticket.updated"]
