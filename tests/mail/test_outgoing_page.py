from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from supportflow.accounts.models import User
from supportflow.mail.models import OutgoingMail
from tests.conftest import World

RAW = b"Subject: Choose a password\r\nTo: admin@supportflow.example\r\n\r\nhttps://desk.example/secret-link\r\n"


@pytest.fixture
def reset(world: World) -> OutgoingMail:
    """A password link of the system's own."""
    return OutgoingMail.objects.create(
        message_id="<1@desk>",
        sender="a@desk",
        recipients=["admin@supportflow.example"],
        subject="Choose a password",
        raw=RAW,
    )


def test_admins_see_the_mails_and_nobody_else(
    browser: Client, world: World, reset: OutgoingMail, sign_in: Callable[[User], Client]
) -> None:
    assert browser.get("/settings/outgoing-mail").status_code == 403
    assert b"/settings/outgoing-mail" not in browser.get("/tickets").content
    html = sign_in(world.olivia).get("/settings/outgoing-mail").content
    assert b"Choose a password" in html
    assert b"No SMTP server is set" in html


def test_an_admin_reads_what_the_system_mailed(
    world: World, reset: OutgoingMail, sign_in: Callable[[User], Client]
) -> None:
    olivia = sign_in(world.olivia)
    assert b"secret-link" in olivia.get(f"/settings/outgoing-mail/{reset.pk}").content
    assert olivia.get(f"/settings/outgoing-mail/{reset.pk}/raw").content == RAW
    assert sign_in(world.omar).get(f"/settings/outgoing-mail/{reset.pk}/raw").status_code == 403


def test_a_kept_mail_of_a_comment_is_shown(
    world: World, sign_in: Callable[[User], Client], settings: Any, tmp_path: Path
) -> None:
    settings.DATA = tmp_path
    mail = OutgoingMail.objects.create(
        message_id="<2@desk>", comment_id=7, ticket_id=world.ticket.pk, sender="a@desk", recipients=["s@x.example"],
        subject="Re: Unable to login", state="KEPT",
    )  # fmt: skip
    folder = settings.DATA / "outgoing"
    folder.mkdir()
    (folder / mail.file_name).write_bytes(b"Subject: Re\r\n\r\nTry <b>again</b>.\r\n")
    html = sign_in(world.olivia).get(f"/settings/outgoing-mail/{mail.pk}").content
    assert b"Try &lt;b&gt;again&lt;/b&gt;." in html
    assert world.ticket.number.encode() in html


def test_a_failed_mail_is_sent_again(world: World, reset: OutgoingMail, sign_in: Callable[[User], Client]) -> None:
    olivia = sign_in(world.olivia)
    assert olivia.post(f"/settings/outgoing-mail/{reset.pk}/retry").status_code == 409
    OutgoingMail.objects.filter(pk=reset.pk).update(state="FAILED", error="550 no such user")
    assert b"550 no such user" in olivia.get(f"/settings/outgoing-mail/{reset.pk}").content
    assert olivia.post(f"/settings/outgoing-mail/{reset.pk}/retry").status_code == 302
    reset.refresh_from_db()
    assert reset.state == "QUEUED"


def test_states_filter_the_list(world: World, reset: OutgoingMail, sign_in: Callable[[User], Client]) -> None:
    olivia = sign_in(world.olivia)
    assert b"Choose a password" not in olivia.get("/settings/outgoing-mail?state=SENT").content
    assert olivia.get("/settings/outgoing-mail?state=LOST").status_code == 422
