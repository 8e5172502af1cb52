"""What is no request at all: a clear answer, and nothing written."""

import json
from typing import Any

from django.test import Client

from supportflow.desk.models import Ticket
from tests.api.conftest import Caller
from tests.conftest import World


def send(api: Caller, body: bytes, kind: str = "application/json", method: str = "POST", path: str = "tickets") -> Any:
    return api.client.generic(method, f"/api/{path}", body, kind, headers={"Authorization": f"Bearer {api.secret}"})


def test_what_cannot_be_read_is_400_and_says_where(api: Caller) -> None:
    deep = b'{"subject": "x", "custom": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    for body in (
        b"", b"no json", b"{", b'{"subject": "x",}', b'{"subject": "\xff\xfe"}', b'{"contact_id": NaN}',
        b'{"contact_id": -Infinity}', b'{"contact_id": ' + b"9" * 5000 + b"}", deep, b'{"subject": "a\x01"}',
    ):  # fmt: skip
        answer = send(api, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), body[:40]
    assert "line 1, column 2" in send(api, b"{").json()["detail"]


def test_what_is_no_object_is_422(api: Caller) -> None:
    for body in (b"[]", b'"text"', b"5", b"null", b"true"):
        assert send(api, body).status_code == 422, body


def test_another_media_type_is_415(api: Caller) -> None:
    for kind in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
    ):
        answer = send(api, b"{}", kind)
        assert (answer.status_code, answer.json()["code"]) == (415, "media_type"), kind
    assert send(api, b"{}", "application/json; charset=utf-8").status_code == 422


def test_half_a_surrogate_pair_is_422(api: Caller, world: World) -> None:
    for body in (
        {"subject": "\ud800", "contact_id": world.sarah.pk},
        {"subject": "x", "contact_id": world.sarah.pk, "custom": {"\udfff": 1}},
        {"subject": "x", "contact_id": world.sarah.pk, "tags": ["\ud83d"]},
        {"\ud800": 1},
    ):
        assert send(api, json.dumps(body).encode()).status_code == 422, body
    whole = json.dumps({"subject": "😀", "contact_id": world.sarah.pk}).encode()
    assert b"\\ud83d" in whole
    assert send(api, whole).status_code == 201


def test_a_body_over_four_megabytes_is_413(api: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    answer = send(api, b'{"subject": "' + b"x" * 10_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_the_same_key_twice_counts_once(api: Caller, world: World) -> None:
    body = b'{"subject": "a", "subject": "b", "contact_id": %d}' % world.sarah.pk
    assert send(api, body).json()["subject"] == "b"


def test_many_wrong_fields_are_told_up_to_a_bound(api: Caller) -> None:
    answer = send(api, json.dumps({f"field{number}": 1 for number in range(5000)}).encode())
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 50


def test_another_method_is_405_and_names_the_right_ones(api: Caller) -> None:
    for method, path, allowed in (
        ("PUT", "tickets", "GET, POST, HEAD"),
        ("POST", "tickets/1", "DELETE, GET, PATCH, PUT, HEAD"),
        ("DELETE", "comments", "GET, POST, HEAD"),
        ("GET", "tickets/1/restoration", "POST"),
        ("OPTIONS", "me", "GET, PATCH, HEAD"),
        ("TRACE", "search", "GET, HEAD"),
        ("POST", "openapi.json", "GET, HEAD"),
    ):
        answer = send(api, b"", method=method, path=path)
        assert (answer.status_code, answer["Allow"]) == (405, allowed), (method, path)
        assert answer.json()["code"] == "method_not_allowed"


def test_an_unknown_address_is_a_problem_too(api: Caller) -> None:
    for path in ("", "nothing", "tickets/", "tickets/1/nothing", "Tickets", "docs/x", "%F0%9F%98%80"):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert Client().get("/api/nothing").status_code == 404


def test_head_is_get_without_a_body(api: Caller, world: World) -> None:
    path = f"tickets/{world.ticket.number}"
    whole, head = api.get(path), api.call("head", path)
    assert (head.status_code, head.content) == (200, b"")
    assert (head["ETag"], head["Content-Length"]) == (whole["ETag"], whole["Content-Length"])


def test_parameters_where_there_are_none_are_refused(api: Caller, world: World) -> None:
    for method, path in (
        ("GET", f"tickets/{world.ticket.pk}"),
        ("DELETE", f"tickets/{world.ticket.pk}"),
        ("GET", "me"),
    ):
        answer = send(api, b"", method=method, path=f"{path}?force=true")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "force"
    assert Ticket.objects.get(pk=world.ticket.pk).deleted_at is None


def test_our_own_failure_says_nothing_of_its_cause(api: Caller, monkeypatch: Any) -> None:
    def broken(*_args: Any, **_values: Any) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("supportflow.desk.api.tickets.with_names", broken)
    answer = api.get("tickets")
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert "hunter2" not in answer.content.decode()


def test_a_wrong_host_is_told_to_programs_as_a_problem(db: None) -> None:
    answer = Client().get("/api/me", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert Client().get("/login", headers={"Host": "evil.example"})["Content-Type"].startswith("text/html")


def test_what_breaks_around_a_route_is_told_to_programs_as_a_problem(api: Caller, monkeypatch: Any) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("supportflow.api.urls._without_body", broken)
    api.client.raise_request_exception = False
    answer = api.call("head", "me")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
