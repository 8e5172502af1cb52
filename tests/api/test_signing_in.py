from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from supportflow.accounts.models import ApiToken
from supportflow.accounts.operations import create_token, deactivate_user, revoke_token
from supportflow.api import schema
from supportflow.api.openapi import operations
from supportflow.core import clock
from tests.api.conftest import Caller
from tests.conftest import BY, World


def me_with(authorization: str | None) -> Any:
    headers = {} if authorization is None else {"Authorization": authorization}
    return Client().get("/api/me", headers=headers)


def test_a_live_token_is_its_user(api: Caller) -> None:
    answer = api.get("me")
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["role"]) == ("John Reyes", "AGENT")
    assert "ticket.create" in answer.json()["permissions"]
    assert "user.update" not in answer.json()["permissions"]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Bearer", "token_missing"),
        ("Basic am9objpzZWNyZXQ=", "token_missing"),
        ("Bearer sf_unknown", "token_dead"),
        ("Bearer \udcff\udcfe", "token_dead"),
        ("Bearer " + "x" * 5000, "token_dead"),
    ],
)
def test_no_or_a_wrong_token_is_told_how_to_sign_in(db: None, authorization: str | None, code: str) -> None:
    answer = me_with(authorization)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer["WWW-Authenticate"].startswith('Bearer realm="SupportFlow"')
    assert answer["Content-Type"] == "application/problem+json"


def test_revoked_expired_and_deactivated_tokens_are_dead(world: World) -> None:
    later = timezone.now() + timedelta(hours=1)
    revoked, revoked_text = create_token(world.john, "a", by=BY)
    _expiring, expiring_text = create_token(world.john, "b", expires_at=later, by=BY)
    _emmas, emmas_text = create_token(world.emma, "c", by=BY)
    texts = (revoked_text, expiring_text, emmas_text)
    assert [me_with(f"Bearer {text}").status_code for text in texts] == [200, 200, 200]
    revoke_token(revoked, by=world.john)
    deactivate_user(world.emma, by=world.olivia)
    with clock.at(later + timedelta(seconds=1)):
        answers = [me_with(f"Bearer {text}") for text in texts]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(401, "token_dead")] * 3


def test_a_session_is_no_token(browser: Client) -> None:
    assert browser.get("/api/me").status_code == 401


def test_every_route_wants_a_token_before_it_says_anything_else(world: World) -> None:
    client = Client()
    for count, (method, path, _operation) in enumerate(operations(schema())):
        address = path.replace("{number}", "T-0001").replace("{id}", "999999")
        stranger = f"198.51.{count // 200}.{count % 200}"  # one address may not guess so often in a minute
        answer = client.generic(method, address, b"no json", "application/json", REMOTE_ADDR=stranger)
        assert answer.status_code == 401, (method, path)


def test_use_of_a_token_is_noted_once_a_minute(api: Caller) -> None:
    api.get("me")
    first = ApiToken.objects.get(pk=api.token.pk).last_used_at
    api.get("me")
    assert first is not None
    assert ApiToken.objects.get(pk=api.token.pk).last_used_at == first


def test_over_the_rate_the_answer_is_429_with_the_time_to_wait(
    api: Caller, api_of: Any, world: World, settings: Any
) -> None:
    settings.API_RATE = 3
    emma = api_of(world.emma)
    with time_machine.travel(timezone.now(), tick=False):  # counts start anew with the minute
        answers = [api.get("me") for _again in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1].json()["code"] == "too_many_requests"
    assert emma.get("me").status_code == 200, "each token has its own"


def test_whoever_tries_tokens_is_slowed_down_and_others_are_not(api: Caller) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        statuses = [me_with(f"Bearer sf_{number}").status_code for number in range(61)]
    assert set(statuses[:60]) == {401}
    assert statuses[60] == 429
    assert api.get("me").status_code == 200


def test_behind_a_proxy_each_caller_is_counted_alone(db: None, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def try_from(forwarded: str) -> int:
        status: int = Client().get("/api/me", headers={"X-Forwarded-For": forwarded}).status_code
        return status

    with time_machine.travel(timezone.now(), tick=False):
        for number in range(60):
            try_from(f"198.51.100.{number}, 203.0.113.7")  # what the caller claims itself counts for nothing
        assert try_from("203.0.113.7") == 429
        assert try_from("203.0.113.8") == 401
        assert try_from("no address\x7f") == 401
