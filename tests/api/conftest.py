"""Callers of the API, each with a token of their own."""

from typing import Any

import pytest
from django.test import Client

from supportflow.accounts.models import ApiToken, User
from supportflow.accounts.operations import create_token
from tests.conftest import BY, World


class Caller:
    """Calls with a token. What it answers is Django's test response; every error must be problem+json."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.token, self.secret = create_token(user, "tests", by=BY)
        self.client = Client()

    def call(self, method: str, path: str, data: Any = None, headers: dict[str, str] | None = None) -> Any:
        given = {} if data is None else {"data": data, "content_type": "application/json"}
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        answer: Any = getattr(self.client, method)(f"/api/{path}", headers=sent, **given)
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json", answer.content
            assert answer.json()["status"] == answer.status_code
        return answer

    def get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return self.call("get", path, headers=headers)

    def post(self, path: str, data: Any = None, headers: dict[str, str] | None = None) -> Any:
        return self.call("post", path, {} if data is None else data, headers)

    def put(self, path: str, data: Any, headers: dict[str, str] | None = None) -> Any:
        return self.call("put", path, data, headers)

    def patch(self, path: str, data: Any, headers: dict[str, str] | None = None) -> Any:
        return self.call("patch", path, data, headers)

    def delete(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return self.call("delete", path, headers=headers)

    def items(self, path: str) -> list[Any]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.content
        found: list[Any] = answer.json()["items"]
        return found


def wrong_fields(answer: Any) -> list[str]:
    """The fields that a 422 names."""
    assert answer.status_code == 422, (answer.status_code, answer.content)
    return sorted(error["field"] for error in answer.json()["errors"])


@pytest.fixture
def api(world: World) -> Caller:
    """John, an agent who is in no private team."""
    caller = Caller(world.john)
    world.forget()
    return caller


@pytest.fixture
def api_of(world: World) -> Any:
    def caller_of(user: User) -> Caller:
        caller = Caller(user)
        world.forget()
        return caller

    return caller_of


__all__ = ["ApiToken", "Caller", "wrong_fields"]
