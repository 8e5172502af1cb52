"""The same form sent twice works once; no JavaScript is needed for it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Manager
from django.test import Client

from supportflow.accounts.models import User
from supportflow.core.models import KeptAnswer
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Comment, Ticket
from tests.conftest import World
from tests.together import together

TICKET = {"subject": "Printer", "priority": "HIGH", "category": "BUG", "channel": "PHONE", "body": "It burns."}


def once(browser: Client, path: str) -> str:
    """The hidden value of the form that stands there."""
    found = re.search(r'name="once" value="([^"]+)"', browser.get(path).content.decode())
    assert found, path
    return found[1]


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_a_comment_sent_twice_is_one(browser: Client, world: World, kind: str) -> None:
    page, form = world.ticket.get_absolute_url(), {"kind": kind, "body": "Hello", "then": ""}
    form["once"] = once(browser, page)
    first, second = browser.post(f"{page}/comments", form), browser.post(f"{page}/comments", form)
    comment = Comment.objects.get(author_user=world.john)
    assert first["Location"] == second["Location"] == f"{page}#comment-{comment.pk}"
    assert f"sent-{kind}" in browser.get(page).content.decode()  # the second answer tells the same


def test_files_that_came_along_do_not_come_twice(browser: Client, world: World) -> None:
    page = world.ticket.get_absolute_url()
    form = {"kind": "note", "body": "See", "once": once(browser, page)}
    for _time in range(2):
        browser.post(f"{page}/comments", {**form, "uploads": SimpleUploadedFile("a.txt", b"abc")})
    assert [file.name for file in Comment.objects.get(author_user=world.john).attachments.all()] == ["a.txt"]


def test_other_words_from_the_same_form_are_another_comment(browser: Client, world: World) -> None:
    page = world.ticket.get_absolute_url()
    form = {"kind": "note", "once": once(browser, page)}
    for body in ("First", "Went back and wrote on", "First"):
        browser.post(f"{page}/comments", {**form, "body": body})
    assert Comment.objects.filter(author_user=world.john).count() == 2


def test_every_page_has_a_new_form(browser: Client, world: World) -> None:
    page = world.ticket.get_absolute_url()
    for _time in range(2):
        browser.post(f"{page}/comments", {"kind": "note", "body": "Same words", "once": once(browser, page)})
    assert Comment.objects.filter(author_user=world.john).count() == 2


def test_a_form_that_was_refused_may_be_sent_again(browser: Client, world: World) -> None:
    page = world.ticket.get_absolute_url()
    form = {"kind": "reply", "body": "Done", "then": "CLOSED", "once": once(browser, page)}
    assert [browser.post(f"{page}/comments", form).status_code for _time in range(2)] == [409, 409]
    assert (KeptAnswer.objects.count(), world.actions()) == (0, [])


def test_what_somebody_else_sent_counts_for_nobody_else(
    browser: Client, world: World, sign_in: Callable[[User], Client]
) -> None:
    page = world.ticket.get_absolute_url()
    form = {"kind": "note", "body": "Hello", "once": once(browser, page)}
    browser.post(f"{page}/comments", form)
    sign_in(world.emma).post(f"{page}/comments", form)
    assert {comment.author_user for comment in Comment.objects.filter(author_type="user")} == {world.john, world.emma}


def test_a_form_without_the_value_works_each_time(browser: Client, world: World) -> None:
    for value in ("", "short", "x" * 100, "nul\x00" * 5):
        browser.post(f"{world.ticket.get_absolute_url()}/comments", {"kind": "note", "body": "Hi", "once": value})
    assert Comment.objects.filter(author_user=world.john).count() == 4


@pytest.mark.parametrize(
    ("path", "form", "rows"),
    [
        ("/tickets/new", {**TICKET, "contact": "Ada <ada@new.example>"}, Ticket.objects),
        ("/contacts/new", {"first_name": "Ada", "lead_status": "NEW", "lead_score": "0"}, Contact.objects),
        ("/companies/new", {"name": "New Ltd"}, Company.objects),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_what_is_made_twice_at_the_same_moment_is_made_once(
    browser: Client, world: World, path: str, form: dict[str, str], rows: Manager[Any]
) -> None:
    before, form = rows.count(), {**form, "once": once(browser, path)}
    answers = together(*[lambda: browser.post(path, form)] * 4)
    assert [answer.status_code for answer in answers] == [302] * 4
    assert {answer["Location"] for answer in answers} == {rows.latest("pk").get_absolute_url()}
    assert rows.count() == before + 1
