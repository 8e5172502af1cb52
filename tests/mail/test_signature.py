"""What a person has under the own replies."""

from email import message_from_bytes
from email.policy import default
from typing import Any

from supportflow.accounts.models import User
from supportflow.accounts.operations import update_user
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import reply_to_ticket
from supportflow.mail.composing import compose
from supportflow.mail.models import OutgoingMail
from tests.conftest import World


def mailed(ticket: Ticket, by: User) -> tuple[str, str, Comment]:
    comment = reply_to_ticket(ticket, Content.from_markdown("Try again."), by=by)
    mail = OutgoingMail.objects.create(
        message_id="<x@y>", sender="support@supportflow.example", recipients=["sarah@acme.example"]
    )
    message: Any = message_from_bytes(compose(mail, comment), policy=default)
    plain, html = (message.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    return plain, html, comment


def test_a_signature_stands_under_the_mail_and_not_in_the_conversation(world: World) -> None:
    john = update_user(world.john, signature="John\n**Support** <b>", by=world.john)
    text, html, comment = mailed(world.ticket, john)
    assert text == "Try again.\n\n-- \nJohn\nSupport <b>\n"
    assert "<strong>Support</strong> &lt;b&gt;" in html
    assert "Support" not in comment.body_html + comment.body_text


def test_without_one_nothing_is_added(world: World) -> None:
    text, html, _comment = mailed(world.ticket, world.john)
    assert text == "Try again.\n"
    assert "--" not in html
