from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest
from django.test import Client, RequestFactory

from supportflow.pages.errors import server_error
from tests.conftest import World


def test_pages_carry_the_strict_policy(browser: Client) -> None:
    answer = browser.get("/tickets")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "private" in answer["Cache-Control"]


def test_an_unknown_page_says_what_to_do(browser: Client) -> None:
    answer = browser.get("/no/such/page")
    assert answer.status_code == 404
    assert b"We could not find that page" in answer.content


def test_a_hostile_address_is_shown_escaped(browser: Client) -> None:
    answer = browser.get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert b"<script>alert" not in answer.content


def test_a_form_out_of_date_says_so(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.john)
    answer = client.post("/theme", {"theme": "dark"})
    assert answer.status_code == 403
    assert b"This form is out of date" in answer.content


def test_the_500_page_asks_nothing_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_options: Any) -> None:
        raise AssertionError("the page for a broken database used it")

    monkeypatch.setattr(connection, "cursor", broken)
    request: HttpRequest = RequestFactory().get("/tickets")
    answer = server_error(request)
    assert answer.status_code == 500
    assert b"Something broke on our side" in answer.content


def test_strangers_are_asked_to_sign_in(client: Client, world: World) -> None:
    for path in (
        "/tickets",
        f"/tickets/{world.ticket.number}",
        "/contacts",
        "/companies/1",
        "/settings/tags",
        "/profile",
    ):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/login?next="), path


def test_too_many_files_are_refused_by_their_number(browser: Client, world: World) -> None:
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(21)]
    answer = browser.post(
        f"{world.ticket.get_absolute_url()}/comments", {"kind": "note", "body": "See", "uploads": files}
    )
    assert (answer.status_code, b"At most 20 files" in answer.content, world.actions()) == (413, True, [])


def test_too_many_fields_are_refused_in_words(browser: Client, world: World) -> None:
    answer = browser.post(f"{world.ticket.get_absolute_url()}/fields", {f"f{number}": "" for number in range(1001)})
    assert (answer.status_code, b"too many fields" in answer.content) == (413, True)
