"""Through the sign-in form, as a person would."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from supportflow.accounts.hashers import Argon2
from supportflow.accounts.operations import deactivate_user, set_password
from tests.conftest import BY, PASSWORD, World


def sign_in(email: str, password: str, client: Client | None = None, **more: str) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post("/login", {"login": email, "password": password, **more})


def test_the_right_password_opens_the_desk(world: World) -> None:
    client, answer = sign_in("JOHN@supportflow.example", PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/", follow=False)["Location"] == "/tickets"
    assert client.get("/tickets").status_code == 200


def test_signing_in_leads_back_to_the_page_that_asked_for_it(world: World) -> None:
    client = Client()
    asked = client.get("/tickets?status=OPEN")
    assert asked.status_code == 302
    page = client.get(asked["Location"])
    assert page.status_code == 200
    _client, answer = sign_in("john@supportflow.example", PASSWORD, client, next="/tickets?status=OPEN")
    assert answer["Location"] == "/tickets?status=OPEN"


def test_nobody_is_led_to_another_site(world: World) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        _client, answer = sign_in("john@supportflow.example", PASSWORD, next=elsewhere)
        assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("john@supportflow.example", "wrong"),
        ("nobody@supportflow.example", PASSWORD),
        ("system@supportflow.invalid", "!"),
    ],
)
def test_a_wrong_password_and_an_unknown_address_answer_alike(world: World, email: str, password: str) -> None:
    client, answer = sign_in(email, password)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "do not match" in page or "not correct" in page
    assert client.get("/tickets").status_code == 302


@pytest.mark.parametrize("login", ["", "x" * 100_000, "a\x00b@example.com", "%", "' OR 1=1 --"])
def test_nonsense_is_answered_with_the_form(world: World, login: str) -> None:
    _client, answer = sign_in(login, "x" * 10_000)
    assert answer.status_code == 200


def test_guessing_is_slowed_down_and_said(world: World) -> None:
    for _try in range(5):
        sign_in("john@supportflow.example", "wrong")
    _client, answer = sign_in("john@supportflow.example", "wrong")
    assert "Too many" in answer.content.decode()
    _client, answer = sign_in("john@supportflow.example", PASSWORD)
    assert answer.status_code == 200  # the right one neither, until the time is over
    cache.clear()
    assert sign_in("john@supportflow.example", PASSWORD)[1].status_code == 302


def test_deactivation_ends_open_sessions_at_once(world: World) -> None:
    client, _answer = sign_in("john@supportflow.example", PASSWORD)
    assert client.get("/tickets").status_code == 200
    deactivate_user(world.john, by=world.olivia)
    assert client.get("/tickets").status_code == 302
    assert sign_in("john@supportflow.example", PASSWORD, client)[0].get("/tickets").status_code == 302


def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    client, _answer = sign_in("john@supportflow.example", PASSWORD)
    set_password(world.john, "another-good-password", by=BY)
    assert client.get("/tickets").status_code == 302


def test_signing_out_needs_a_post_and_ends_the_session(world: World) -> None:
    client, _answer = sign_in("john@supportflow.example", PASSWORD)
    assert client.get("/logout").status_code == 200
    assert client.get("/tickets").status_code == 200
    assert client.post("/logout").status_code == 302
    assert client.get("/tickets").status_code == 302


def test_nobody_signs_up(world: World) -> None:
    for path in ("/signup", "/accounts/signup/", "/accounts/login/", "/accounts/email/"):
        assert Client().get(path).status_code == 404


def test_passwords_cost_19_mebibytes() -> None:
    assert Argon2().encode("x", "salt-salt").split("$")[3] == "m=19456,t=2,p=1"
