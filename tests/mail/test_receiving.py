"""Mail in: durable first, then a ticket or a comment, once."""

from email.message import EmailMessage
from typing import Any

import pytest

from supportflow.crm.models import Contact
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import create_mailbox
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail import receiving
from supportflow.mail.models import InboundMail, OutgoingMail
from supportflow.mail.receiving import TooLarge, receive
from tests.conftest import BY, World

SUPPORT = "support@supportflow.example"


def mail(
    sender: str = "Ana Torres <ana@norte.example>", subject: str = "Help", text: str = "Please help.", **headers: str
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, SUPPORT, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def deliver(message: EmailMessage | bytes, to: str = SUPPORT) -> InboundMail:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    received, _new = receive(raw, "envelope@norte.example", [to], source="smtp")
    run_due_jobs(delayed=True)
    received.refresh_from_db()
    return received


def ticket_of(received: InboundMail) -> Ticket:
    assert received.state == "DONE", received.reason
    assert received.ticket_id
    return Ticket.objects.get(pk=received.ticket_id)


def test_a_mail_becomes_a_ticket_of_its_sender(world: World) -> None:
    ticket = ticket_of(deliver(mail(Message_ID="<1@norte.example>")))
    comment = ticket.comments.get()
    assert (ticket.subject, ticket.channel, ticket.contact.name) == ("Help", "EMAIL", "Ana Torres")
    assert (ticket.created_by.role, ticket.mailbox) == ("SYSTEM", world.mailbox)
    assert (comment.author_contact, comment.visibility, comment.is_opening) == (ticket.contact, "PUBLIC", True)
    assert comment.body_text == "Please help."
    assert world.actions() == ["contact.created", "ticket.created"]
    assert {activity.actor_type for activity in world.trail()} == {"system", "contact"}


def test_a_known_sender_in_any_case_is_that_contact_and_company(world: World) -> None:
    ticket = ticket_of(deliver(mail("SARAH@Acme.Example")))
    assert (ticket.contact, ticket.company) == (world.sarah, world.acme)


def test_a_new_sender_joins_the_company_of_the_domain(world: World) -> None:
    assert ticket_of(deliver(mail("new@eu.acme.example"))).company == world.acme


def test_the_same_bytes_twice_are_one_mail(world: World) -> None:
    first, second = deliver(mail()), deliver(mail())
    assert first == second
    assert Ticket.objects.filter(subject="Help").count() == 1


def test_the_same_message_id_on_another_way_is_a_duplicate(world: World) -> None:
    deliver(mail(Message_ID="<1@norte.example>"))
    again = deliver(mail(Message_ID="<1@norte.example>", Received="from elsewhere"))
    assert again.state == "DUPLICATE"
    assert Ticket.objects.filter(subject="Help").count() == 1


def test_nobody_keeps_a_mail_out_by_using_its_message_id_first(world: World) -> None:
    deliver(mail("eve@evil.example", Message_ID="<1@norte.example>"))
    assert deliver(mail(Message_ID="<1@norte.example>")).state == "DONE"


def test_an_attachment_is_kept_byte_by_byte(world: World) -> None:
    message = mail()
    content = bytes(range(256)) * 10
    message.add_attachment(content, maintype="application", subtype="pdf", filename="../../Größe\u202e.pdf")
    attachment = ticket_of(deliver(message)).comments.get().attachments.get()
    from django.core.files.storage import default_storage

    with default_storage.open(attachment.storage_name) as file:
        assert file.read() == content
    assert (attachment.name, attachment.size) == ("Größe.pdf", 2560)


def test_html_is_sanitised_and_its_pictures_are_ours(world: World) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ana@norte.example", SUPPORT, "Look"
    html = '<p onclick="x()">Hi<script>alert(1)</script><img src="cid:pic"><img src="http://track.example/1.gif"></p>'
    message.set_content(html, subtype="html")
    message.add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<pic>", filename="pic.png")
    comment = ticket_of(deliver(message)).comments.get()
    picture = comment.attachments.get()
    assert f"/attachments/{picture.pk}/picture" in comment.body_html
    for danger in ("script", "onclick", ' src="http://track'):
        assert danger not in comment.body_html


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\x00\xff" * 500, b"no header at all"])
def test_what_cannot_be_read_is_quarantined_with_its_reason_and_the_next_goes_on(world: World, raw: bytes) -> None:
    bad = deliver(raw)
    assert bad.state == "QUARANTINED"
    assert bad.reason
    assert bytes(bad.raw.content) == raw
    assert ticket_of(deliver(mail())).subject == "Help"


def test_a_mail_without_text_and_subject_still_becomes_a_ticket(world: World) -> None:
    ticket = ticket_of(deliver(b"From: ana@norte.example\r\n\r\n"))
    assert ticket.subject == "(no subject)"
    assert "no text" in ticket.comments.get().body_html


def test_a_poison_mail_is_quarantined_after_three_tries(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def explode(*_args: Any) -> None:
        calls.append(1)
        raise RuntimeError("poison")

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "find_thread", explode)
        bad = deliver(mail())
    assert (bad.state, len(calls)) == ("QUARANTINED", 3)
    assert "poison" in bad.reason
    assert not Contact.objects.filter(emails__key="ana@norte.example").exists()  # nothing half-written
    assert world.actions() == ["mail.quarantined"]


def test_a_huge_subject_is_cut_and_control_characters_go(world: World) -> None:
    raw = b"From: ana@norte.example\r\nSubject: " + b"\x07long " * 200_000 + b"\r\n\r\nHi"
    subject = ticket_of(deliver(raw)).subject
    assert 200 <= len(subject) <= 250
    assert subject.startswith("long long")


def test_a_mail_over_35_megabytes_is_refused_before_it_is_stored(world: World) -> None:
    with pytest.raises(TooLarge):
        receive(b"x" * (35 * 1024 * 1024 + 1), source="file")
    assert not InboundMail.objects.exists()


@pytest.mark.parametrize("sender", [SUPPORT, "SUPPORT@supportflow.example", "Sales <sales@supportflow.example>"])
def test_our_own_mail_makes_no_ticket(world: World, sender: str) -> None:
    create_mailbox("sales@supportflow.example", "Sales", by=BY)
    before = Ticket.objects.count()
    assert deliver(mail(sender)).state == "QUARANTINED"
    assert deliver(mail(X_Loop=SUPPORT)).state == "QUARANTINED"
    assert Ticket.objects.count() == before


def test_an_automatic_mail_is_kept_and_never_answered(world: World) -> None:
    comment = ticket_of(deliver(mail(Auto_Submitted="auto-replied"))).comments.get()
    assert comment.is_automatic
    assert not OutgoingMail.objects.exists()


def test_the_mailbox_is_the_one_it_was_addressed_to(world: World) -> None:
    sales = create_mailbox("sales@supportflow.example", "Sales", by=BY)
    assert ticket_of(deliver(mail(), to="SALES@supportflow.example")).mailbox == sales


def test_copied_addresses_stand_on_the_comment_and_nowhere_else(world: World) -> None:
    ticket = ticket_of(deliver(mail(Cc=f"bob@else.example, {SUPPORT}, broken, Ana <ana@norte.example>")))
    assert ticket.comments.get().cc == ["bob@else.example"]
    assert not ticket.further_contacts.exists()
    assert not Contact.objects.filter(emails__key="bob@else.example").exists()


def test_every_received_mail_has_a_state(world: World) -> None:
    for message in (
        mail(),
        mail(subject="Two"),
        mail(SUPPORT, "Three"),
        mail(subject="Four", Message_ID="<4@x.example>"),
    ):
        deliver(message)
    deliver(mail(subject="Four!", Message_ID="<4@x.example>"))
    states = sorted(InboundMail.objects.values_list("state", flat=True))
    assert states == ["DONE", "DONE", "DONE", "DUPLICATE", "QUARANTINED"]
    assert Comment.objects.filter(ticket__pk__gt=world.hidden.pk).count() == 3
