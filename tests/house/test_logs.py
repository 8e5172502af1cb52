"""The log: one line a request, one JSON object a line whatever happens, and never a secret or what a customer wrote."""

import json
import logging
import smtplib
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from django.db import DataError, IntegrityError, connection
from django.test import Client

from supportflow.accounts.operations import create_token
from supportflow.core.logs import hide_secrets, keep_to_one_line, tell_error
from supportflow.core.statements import tallied
from supportflow.jobs.models import Job
from supportflow.jobs.testing import run_due_jobs
from supportflow.tracebacks import report
from tests.conftest import BY, World
from tests.house.processes import ROOT, Running, environment
from tests.processes import free_port

MARK = "xq7secret"  # begins every secret of these tests
COMMAND = [sys.executable, "-m", "supportflow"]


@pytest.fixture
def told() -> Iterator[list[dict[str, Any]]]:
    """The events of this process, as they would be written."""
    events: list[dict[str, Any]] = []

    def keep(_logger: Any, _method: str, event: Any) -> Any:
        events.append(dict(event))
        raise structlog.DropEvent

    was = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, tell_error, hide_secrets, keep],
        cache_logger_on_first_use=False,
    )
    yield events
    structlog.configure(**was)


def lines_of(running: Running) -> list[dict[str, Any]]:
    """Every line is an object, but for what is printed for people."""
    people = ("Ready: ", "Sign in: ")
    return [json.loads(line) for line in running.lines if not line.startswith(people)]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a1b2c3d4-e5f6", True),
        ("x" * 64, True),
        ("short", False),
        ("x" * 65, False),
        ("new\nline-is-long", False),
        ("<script>x", False),
    ],
)
def test_a_request_keeps_the_id_it_came_with_if_that_is_well_formed(client: Client, given: str, kept: bool) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer["X-Request-Id"] == given) is kept
    assert len(answer["X-Request-Id"]) >= 8


def test_a_job_carries_the_id_of_the_request_that_asked_for_it(world: World, client: Client) -> None:
    _token, text = create_token(world.john, "x", by=BY)
    Job.objects.all().delete()
    client.post(
        "/api/tickets",
        {"subject": "Where from?", "contact_id": world.sarah.pk},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}", "X-Request-ID": "from-the-proxy-1"},
    )
    assert set(Job.objects.values_list("request", flat=True)) == {"from-the-proxy-1"}
    run_due_jobs()


def test_statements_are_counted_and_slow_ones_told_without_their_values(
    world: World, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SLOW_QUERY_MS = 250
    with tallied() as tally:
        world.ticket.refresh_from_db()
        assert list(Job.objects.filter(task=f"{MARK}-1")) == []
    assert tally.statements == 2
    assert tally.seconds > 0
    sleep = "SELECT pg_sleep(0.3), %s" if connection.vendor == "postgresql" else (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i), %s FROM n"
    )  # fmt: skip
    with caplog.at_level(logging.WARNING), connection.cursor() as cursor:
        settings.SLOW_QUERY_MS = 50
        cursor.execute(sleep, [f"{MARK}-2"])
    (record,) = [record for record in caplog.records if "query.slow" in str(record.msg)]
    assert "SELECT" in str(record.msg)
    assert MARK not in str(record.msg)


def test_errors_are_told_without_what_they_hold() -> None:
    def failing(error: Exception) -> str:
        try:
            raise error
        except type(error) as caught:
            return report(caught)

    for error in (
        ValueError(f"{MARK} of a mail"),
        KeyError(MARK),
        IntegrityError(f'duplicate key value violates unique constraint "x"\nDETAIL: Key (a)=({MARK}) already exists.'),
        DataError(f'invalid input syntax for type integer: "{MARK}"'),
        ExceptionGroup("several", [ValueError(MARK)]),
        UnicodeDecodeError("utf-8", MARK.encode(), 0, 1, "no"),
    ):
        # The line of source that raised is code of ours, and holds the name of the mark alone.
        assert MARK not in failing(error), type(error)
    assert "unique constraint" in failing(IntegrityError('unique constraint "x"'))
    assert "has no attribute" in failing(AttributeError("'None' has no attribute 'x'"))
    assert "test_logs.py" in failing(ValueError("x"))


def test_nobody_can_write_a_line_of_our_log() -> None:
    event = keep_to_one_line(None, "info", {"event": "x\nforged", "path": "/a\x1b[31m\r\nb", "ms": 1})
    assert event == {"event": "x\\nforged", "path": "/a\\x1b[31m\\r\\nb", "ms": 1}


def test_names_and_shapes_of_secrets_are_masked(settings: Any) -> None:
    settings.EMAIL_URL = f"smtp://user:{MARK}-p%40ss@mail.example"
    event = hide_secrets(
        None,
        "info",
        {
            "event": f"login {MARK}-p@ss and {MARK}-p%40ss",
            "api_token": f"{MARK}-a",
            "note": f"sf_{MARK}abcdefgh Authorization: Bearer {MARK}abc postgres://u:{MARK}@host/x",
            "exception": f"password='{MARK}-b'",
        },
    )
    assert MARK not in str(event)


def post(connection: HTTPConnection, path: str, body: Any, kind: str = "application/json", **headers: str) -> int:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    connection.request("POST", path, text, {"Content-Type": kind, **headers})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_secrets_pushed_through_every_door_stand_nowhere_in_the_output(tmp_path: Path) -> None:
    """Sign-in, tokens, password reset, bad JSON, forms, cookies, query strings, mail in and out."""
    smtp, away = free_port(), free_port()
    values = {
        "LOG_FORMAT": "json",
        "SMTP_LISTEN": f"127.0.0.1:{smtp}",
        "EMAIL_URL": f"smtp://user:{MARK}-mail@127.0.0.1:{away}",
        "SUPPORTFLOW_METRICS_TOKEN": f"{MARK}-metrics-token",
        "SUPPORTFLOW_SECRET_KEY": f"{MARK}-key-0123456789-abcdefghijkl",
        "SLOW_QUERY_MS": "1",
    }
    running = Running([*COMMAND, "serve", "--port", "0", "--data", str(tmp_path)], ROOT, **values)
    try:
        port = int(running.wait_for_line("Ready: ").rpartition(":")[2])
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        form = "application/x-www-form-urlencoded"
        post(connection, "/login", urlencode({"login": "admin@supportflow.example", "password": f"{MARK}-1"}), form)
        post(connection, "/password/reset", urlencode({"email": "admin@supportflow.example"}), form)
        post(connection, f"/invitation/{MARK}:1-2", "", form)
        post(connection, f"/password/reset/key/1-{MARK}-2", urlencode({"password1": f"{MARK}-3"}), form)
        post(connection, "/api/tickets", f'{{"subject": "{MARK}-4', Authorization=f"Bearer sf_{MARK}5")
        post(connection, f"/api/tickets?q={MARK}-6", {"subject": f"{MARK}-7"}, Cookie=f"sessionid={MARK}-8")
        post(connection, f"/tickets?q={MARK}-9", urlencode({"csrfmiddlewaretoken": f"{MARK}-10"}), form)
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {MARK}-11"})
        connection.getresponse().read()
        with smtplib.SMTP("127.0.0.1", smtp) as server:
            for number, text in enumerate(
                (f"Subject: {MARK}-12\n\nBody {MARK}-13", f"Subject: x\nDate: {MARK}\n\n{MARK}")
            ):
                mail = f"From: {MARK}-14@acme.example\nMessage-ID: <{number}@acme.example>\n{text}".encode()
                server.sendmail("a@acme.example", ["support@supportflow.example"], mail)
        token = subprocess.check_output(
            [*COMMAND, "token", "create", "--user", "admin@supportflow.example", "--name", "x"],
            cwd=ROOT,
            env=environment(SUPPORTFLOW_DATA=str(tmp_path), SUPPORTFLOW_SECRET_KEY=values["SUPPORTFLOW_SECRET_KEY"]),
            text=True,
        ).strip()
        post(connection, "/api/contacts", {"first_name": f"{MARK}-15"}, Authorization=f"Bearer {token}")
        connection.close()
        wait: Callable[[], bool] = lambda: any("mail.tasks" in line for line in list(running.lines))  # noqa: E731
        running._wait(wait, "a job of the mail")
    finally:
        running.end()
    output = "\n".join(running.lines)
    assert MARK not in output, [line for line in running.lines if MARK in line][:3]
    assert token not in output
    requests = [line for line in lines_of(running) if line["event"] == "request"]
    assert {"/login", "/api/tickets"} <= {line["path"] for line in requests}
    assert {"request", "route", "status", "ms", "queries", "query_ms", "user", "method"} <= set(requests[0])
    assert any(line["user"] for line in requests), "who used a token"


WRONG_URLS = [
    f"postgres://user:{MARK}@127.0.0.1:1/name",
    f"postgres://user:{MARK}@no-such-host.invalid/name",
    f"postgres://user:{MARK}@127.0.0.1:notaport/name",
    f"postgres://user:{MARK}@127.0.0.1:99999/name",
    f"postgres://user:{MARK}@127.0.0.1/",
    f"mysql://user:{MARK}@127.0.0.1/name",
    f"postgres//user:{MARK}@host",
    f"{MARK}",
    f"sqlite:////no/such/folder/{MARK[:2]}.sqlite3",
    f"postgres://user:{MARK}@[::1/name",
    f"postgres://user:{MARK}@127.0.0.1:1/name?sslmode=perhaps",
]


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_wrong_database_url_is_one_line_without_the_password(tmp_path: Path, url: str) -> None:
    done = subprocess.run(
        [*COMMAND, "migrate"],
        check=False,
        cwd=ROOT,
        env=environment(SUPPORTFLOW_DATA=str(tmp_path), DATABASE_URL=url),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.stderr
    assert done.stderr.startswith("Error: ")
    assert "atabase" in done.stderr or "DATABASE_URL" in done.stderr
    assert MARK not in done.stderr
