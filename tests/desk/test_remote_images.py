"""Pictures on other servers come when somebody asked, through us, and nothing else does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from supportflow.accounts.models import User
from supportflow.core.outward import Fetched, NotFetched
from supportflow.core.richtext import from_mail_html
from supportflow.desk.content import Content
from supportflow.desk.models import Comment
from supportflow.desk.operations import answer_ticket
from supportflow.desk.views import images
from tests.conftest import World

PNG = b"\x89PNG\r\n\x1a\n and so on"
MAIL = (
    '<p>Look <img src="https://pictures.example/a.png?x=1&amp;y=2" alt="A" width="300">'
    '<img src="https://spy.example/t.gif" width="1" height="1"><img src="https://pictures.example/b.png"></p>'
)


@pytest.fixture
def comment(world: World) -> Comment:
    html = from_mail_html(MAIL, {}).html
    return answer_ticket(world.ticket, Content("Look", html, "Look", full_html=html), by=world.sarah)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were fetched."""
    seen: list[str] = []

    def fetch(address: str, **_limits: Any) -> Fetched:
        seen.append(address)
        return Fetched(PNG, "image/png")

    monkeypatch.setattr(images, "fetch", fetch)
    return seen


def test_nothing_is_fetched_until_somebody_asks(
    browser: Client, world: World, comment: Comment, asked: list[str]
) -> None:
    page = browser.get(world.ticket.get_absolute_url()).content.decode()
    assert "Images on other servers are not loaded" in page
    assert "pictures.example" not in page
    assert browser.get(f"/comments/{comment.pk}/images/new/0").status_code == 404
    answer = browser.post(f"/comments/{comment.pk}/images")
    assert answer["Location"] == f"{world.ticket.get_absolute_url()}#comment-{comment.pk}"
    page = browser.get(world.ticket.get_absolute_url()).content.decode()
    assert f'<img src="/comments/{comment.pk}/images/new/0" alt="A" width="300" loading="lazy">' in page
    assert f"/comments/{comment.pk}/images/whole/2" in page
    assert "spy.example" not in page
    assert "not loaded" not in page
    picture = browser.get(f"/comments/{comment.pk}/images/new/0")
    assert (picture.content, picture["Content-Type"], asked) == (
        PNG, "image/png", ["https://pictures.example/a.png?x=1&y=2"],
    )  # fmt: skip
    assert "sandbox" in picture["Content-Security-Policy"]


def test_only_pictures_of_that_message_come_and_no_trackers(
    browser: Client, world: World, comment: Comment, asked: list[str], sign_in: Callable[[User], Client]
) -> None:
    browser.post(f"/comments/{comment.pk}/images")
    for path in ("new/1", "new/3", "whole/99", "other/0", "new/99999999999999999999"):
        assert browser.get(f"/comments/{comment.pk}/images/{path}").status_code == 404, path
    hidden = world.hidden.comments.get()
    assert browser.post(f"/comments/{hidden.pk}/images").status_code == 404
    assert sign_in(world.emma).get(f"/comments/{comment.pk}/images/new/0").status_code == 404  # she did not ask
    assert asked == []


@pytest.mark.parametrize(
    "found",
    [Fetched(b"<svg onload=alert(1)>", "image/svg+xml"), Fetched(b"<html>", "image/png"), NotFetched("too slow")],
)
def test_what_is_no_picture_is_not_passed_on(
    browser: Client, comment: Comment, monkeypatch: pytest.MonkeyPatch, found: Any
) -> None:
    def fetch(_address: str, **_limits: Any) -> Fetched:
        if isinstance(found, Exception):
            raise found
        answer: Fetched = found
        return answer

    monkeypatch.setattr(images, "fetch", fetch)
    browser.post(f"/comments/{comment.pk}/images")
    assert browser.get(f"/comments/{comment.pk}/images/new/0").status_code == 404
