"""A forgotten password, through the form and the mail in the outbox."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from supportflow.jobs.models import Job
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.models import OutgoingMail
from tests.accounts.test_signing_in import sign_in
from tests.conftest import PASSWORD, World

NEW = "quite-another-one"


@pytest.fixture(autouse=True)
def the_real_outbox(settings: Any) -> None:
    """pytest-django puts another mail backend in its place."""
    settings.EMAIL_BACKEND = "supportflow.mail.backend.OutboxBackend"


def ask(email: str) -> str:
    answer = Client().post("/password/reset", {"email": email}, follow=True)
    assert answer.status_code == 200
    run_due_jobs()
    return answer.content.decode()


def link() -> str:
    raw = bytes(OutgoingMail.objects.get().raw or b"").decode()
    found = re.search(r"http://127\.0\.0\.1:8000(/password/reset/key/\S+)", raw.replace("=\r\n", "").replace("=\n", ""))
    assert found
    return found[1]


def test_the_link_in_the_mail_sets_a_new_password_once(world: World) -> None:
    ask("john@supportflow.example")
    client = Client()
    form = client.get(link(), follow=True)
    address = form.redirect_chain[-1][0]
    done = client.post(address, {"password1": NEW, "password2": NEW}, follow=True)
    assert done.status_code == 200
    assert sign_in("john@supportflow.example", PASSWORD)[1].status_code == 200
    assert sign_in("john@supportflow.example", NEW)[1].status_code == 302
    assert "user.password_changed" in world.actions()
    again = Client()
    page = again.get(link(), follow=True)
    assert "password1" not in page.content.decode()


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(world: World) -> None:
    known, unknown = ask("john@supportflow.example"), ask("nobody@supportflow.example")
    strip = re.compile(r'value="[^"]*"|nonce|[0-9a-f]{16}')
    assert strip.sub("", known) == strip.sub("", unknown)
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize("address", ["system@supportflow.invalid", "", "no address", "a\x00@b.example", "x" * 10_000])
def test_no_mail_for_what_nobody_can_sign_in_with(world: World, address: str) -> None:
    ask(address)
    assert not OutgoingMail.objects.exists()


def test_a_weak_password_is_refused_with_the_reason(world: World) -> None:
    ask("john@supportflow.example")
    client = Client()
    address = client.get(link(), follow=True).redirect_chain[-1][0]
    answer = client.post(address, {"password1": "12345", "password2": "12345"})
    assert "too short" in answer.content.decode()
    assert sign_in("john@supportflow.example", PASSWORD)[1].status_code == 302


def test_a_forged_host_does_not_get_into_the_link(world: World) -> None:
    Client().post("/password/reset", {"email": "john@supportflow.example"}, headers={"host": "localhost"})
    run_due_jobs()
    assert link()


def test_the_page_does_the_same_work_for_an_unknown_address(world: World) -> None:
    """What follows, the worker does: nobody can tell by the time that an answer takes."""
    client, queries = Client(), []
    for name in ("first", "john", "nobody"):  # the first one begins the count of this network address
        with CaptureQueriesContext(connection) as captured:
            client.post("/password/reset", {"email": f"{name}@supportflow.example"})
        queries.append(len(captured))
    assert queries[1] == queries[2]
    assert not OutgoingMail.objects.exists()
    assert [job.task for job in Job.objects.all()] == ["supportflow.accounts.tasks.mail_reset_link"] * 3
