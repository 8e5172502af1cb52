"""Who will get a reply is told before it is sent; who stands in Bcc is told to nobody else."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.test import Client

from supportflow.crm.operations import create_contact, update_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Comment
from supportflow.desk.operations import reply_to_ticket, set_further_contacts
from supportflow.desk.recipients import recipients_of_reply
from supportflow.mail.composing import compose, recipients_of
from supportflow.mail.models import OutgoingMail
from supportflow.mail.sending import owe_comment
from tests.conftest import World


def test_each_recipient_stands_there_once_with_what_is_unusual(world: World) -> None:
    set_further_contacts(world.ticket, [world.lisa], by=world.john)
    rows = recipients_of_reply(
        world.ticket,
        ["new@acme.example", "SARAH@acme.example", "nonsense"],
        ["support@supportflow.example", "x@y.example"],
    )
    told = [(row.line, row.name or row.address, row.is_new, row.is_outside, row.is_ours, row.is_wrong) for row in rows]
    assert told == [
        ("to", "Sarah Johnson", False, False, False, False),
        ("copied", "Lisa Martinez", False, True, False, False),
        ("cc", "new@acme.example", True, False, False, False),
        ("cc", "nonsense", False, False, False, True),
        ("bcc", "support@supportflow.example", False, False, True, False),
        ("bcc", "x@y.example", True, True, False, False),
    ]


def test_without_a_company_nobody_is_outside(world: World) -> None:
    world.ticket.company = None
    [sarah, other] = recipients_of_reply(world.ticket, ["x@y.example"], [])
    assert not sarah.is_outside
    assert (other.is_new, other.is_outside) == (True, False)


def test_the_page_marks_them(browser: Client, world: World) -> None:
    address = f"/tickets/{world.ticket.number}/recipients"
    html = browser.get(address, {"cc": "<b>x</b>, a@b.example", "bcc": "boss@acme.example"}).content.decode()
    assert "&lt;b&gt;x" in html
    assert "outside Acme Corporation" in html
    assert browser.get(address, {"cc": "a@b.example," * 500}).status_code == 200


def mail_of(comment: Comment) -> tuple[EmailMessage, list[str]]:
    owe_comment(comment)
    mail = OutgoingMail.objects.get(comment_id=comment.pk)
    raw = compose(mail, comment)
    assert b"boss" not in raw
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message, mail.recipients


def reply(world: World, **values: Any) -> Comment:
    return reply_to_ticket(world.ticket, Content.from_markdown("Hello"), **values, by=world.john)


def test_bcc_gets_the_mail_and_stands_in_no_header(browser: Client, world: World) -> None:
    comment = reply(world, cc=["it@acme.example"], bcc=["boss@acme.example"])
    message, envelope = mail_of(comment)
    assert envelope == ["sarah@acme.example", "it@acme.example", "boss@acme.example"]
    assert (message["To"].addresses[0].addr_spec, message["Cc"], message["Bcc"]) == (
        "sarah@acme.example",
        "it@acme.example",
        None,
    )
    assert "bcc boss@acme.example" in browser.get(world.ticket.get_absolute_url()).content.decode()


def test_who_stands_in_the_open_stands_there_alone(world: World) -> None:
    comment = reply(world, cc=["it@acme.example"], bcc=["IT@acme.example", "Sarah@acme.example"])
    assert comment.bcc is None
    assert recipients_of(comment) == ["sarah@acme.example", "it@acme.example"]


def test_a_mail_for_bcc_alone_names_nobody(world: World) -> None:
    update_contact(world.sarah, emails=[], by=world.john)
    comment = reply(world, bcc=["boss@acme.example"])
    assert comment.delivery_state == "QUEUED"
    message, envelope = mail_of(comment)
    assert envelope == ["boss@acme.example"]
    assert message["To"] == "undisclosed-recipients:;"


@pytest.mark.parametrize("bcc", ["nobody", ", ".join(f"a{n}@b.example" for n in range(51))])
def test_bcc_is_checked_as_cc_is(browser: Client, world: World, bcc: str) -> None:
    form = {"kind": "reply", "body": "x", "bcc": bcc}
    assert browser.post(f"/tickets/{world.ticket.number}/comments", form).status_code == 422
    assert world.actions() == []


def test_a_crowd_that_is_copied_in_hides_nobody_who_was_typed(world: World) -> None:
    crowd = [create_contact(first_name=f"No {n}", email=f"n{n}@x.example", by=world.john) for n in range(100)]
    set_further_contacts(world.ticket, crowd, by=world.john)
    rows = recipients_of_reply(world.ticket, ["new@acme.example"], ["x@y.example"])
    assert [row.address for row in rows[-2:]] == ["new@acme.example", "x@y.example"]
