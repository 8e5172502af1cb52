"""Which ticket an answer belongs to: exact unguessable ids, and only for participants."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from django.utils import timezone

from supportflow.core import clock
from supportflow.core.errors import NotFound
from supportflow.crm.operations import create_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import note_on_ticket, reply_to_ticket, set_further_contacts, set_status, trash_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.identity import new_message_id, ours_among
from supportflow.mail.models import OutgoingMail
from supportflow.mail.receiving import receive
from tests.conftest import BY, World
from tests.mail.test_receiving import deliver, mail, ticket_of


def reply(world: World, text: str = "Try again.", ticket: Ticket | None = None) -> OutgoingMail:
    comment = reply_to_ticket(ticket or world.ticket, Content.from_markdown(text), by=world.john)
    run_due_jobs()
    return OutgoingMail.objects.get(comment_id=comment.pk)


def answer(to: OutgoingMail, sender: str = "sarah@acme.example", **more: str) -> EmailMessage:
    headers = {"In_Reply_To": to.message_id, "Message_ID": f"<{more.pop('id', 'a1')}@acme.example>", **more}
    return mail(sender, f"Re: {to.subject}", "Works now.\n\n> Try again.", **headers)


def test_an_answer_threads_and_shows_its_new_part(world: World) -> None:
    set_status(world.ticket, "WAITING", by=world.john)
    received = deliver(answer(reply(world)))
    assert ticket_of(received) == world.ticket
    comment = Comment.objects.get(pk=received.comment_id or 0)
    assert (comment.body, comment.author_contact) == ("Works now.", world.sarah)
    assert "Try again." in comment.full_html
    assert Ticket.objects.get(pk=world.ticket.pk).status == "OPEN"


def test_references_thread_as_well_as_in_reply_to(world: World) -> None:
    ours = reply(world)
    message = mail("sarah@acme.example", "Whatever", References=f"<x@y.example> {ours.message_id} <z@y.example>")
    assert ticket_of(deliver(message)) == world.ticket


def test_a_ticket_number_in_the_subject_grants_nothing(world: World) -> None:
    for sender in ("sarah@acme.example", "eve@evil.example"):
        assert ticket_of(deliver(mail(sender, f"Re: Unable to login [{world.ticket.number}]"))) != world.ticket


def test_a_stranger_with_the_right_id_gets_a_ticket_that_says_what_it_claims(world: World) -> None:
    ticket = ticket_of(deliver(answer(reply(world), "eve@evil.example")))
    assert ticket != world.ticket
    assert ticket.claims_to_answer == world.ticket
    with pytest.raises(NotFound):
        ticket.contact.must("ticket.answer", world.ticket)


def test_a_contact_that_an_agent_copied_in_may_answer(world: World) -> None:
    bob = create_contact(first_name="Bob", email="bob@else.example", by=BY)
    set_further_contacts(world.ticket, [bob], by=world.john)
    ours = reply(world)
    assert ours.recipients == ["sarah@acme.example", "bob@else.example"]
    assert ticket_of(deliver(answer(ours, "bob@else.example"))) == world.ticket


def test_an_id_that_is_made_up_or_changed_is_no_id_of_ours(world: World) -> None:
    ours = reply(world).message_id
    forged = re.sub(r"\.[0-9a-f]{20}@", "." + "0" * 20 + "@", ours)
    assert ours_among([forged, "<sf.x@y>", "", None, ours]) == [ours]
    unknown = new_message_id("supportflow.example")  # rightly signed, given to nobody
    for message_id in (forged, unknown):
        message = mail("sarah@acme.example", "Re", In_Reply_To=message_id, Message_ID=f"<{message_id[4:9]}@a.example>")
        assert ticket_of(deliver(message)) != world.ticket


def test_a_second_mail_of_the_same_sender_continues_the_first(world: World) -> None:
    first = ticket_of(deliver(mail(Message_ID="<1@norte.example>")))
    more = mail(
        subject="Re: Help", text="One more thing", Message_ID="<2@norte.example>", References="<1@norte.example>"
    )
    assert ticket_of(deliver(more)) == first
    stranger = mail("eve@evil.example", "Re: Help", Message_ID="<3@evil.example>", References="<1@norte.example>")
    assert ticket_of(deliver(stranger)) != first


def test_an_answer_to_a_closed_ticket_reopens_it_for_14_days_then_follows_up(world: World) -> None:
    ours = reply(world)
    for status in ("RESOLVED", "CLOSED"):
        set_status(world.ticket, status, by=world.john)
    with clock.at(timezone.now() + timedelta(days=15)):
        late = ticket_of(deliver(answer(ours, id="late")))
    assert (late.follow_up_of, late.subject) == (world.ticket, world.ticket.subject)
    assert ticket_of(deliver(answer(ours, id="soon"))) == world.ticket
    reopened = Ticket.objects.get(pk=world.ticket.pk)
    assert (reopened.status, reopened.reopened_count) == ("OPEN", 1)


def test_an_out_of_office_answer_threads_but_opens_nothing_and_is_not_answered(world: World) -> None:
    ours = reply(world)
    set_status(world.ticket, "RESOLVED", by=world.john)
    assert ticket_of(deliver(answer(ours, Auto_Submitted="auto-replied"))) == world.ticket
    assert Ticket.objects.get(pk=world.ticket.pk).status == "RESOLVED"
    assert OutgoingMail.objects.count() == 1


def test_an_answer_to_a_trashed_ticket_is_a_new_one(world: World) -> None:
    ours = reply(world)
    trash_ticket(world.ticket, by=world.john)
    assert ticket_of(deliver(answer(ours))) != world.ticket


def bounce(of: OutgoingMail, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.acme.example\r\nTo: support@supportflow.example\r\n"
        "Subject: Undelivered Mail Returned\r\n"
        f"Message-ID: <b-{action}@mx.acme.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nNo such user.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.acme.example\r\n\r\n"
        f"Final-Recipient: rfc822; sarah@acme.example\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        "--B\r\nContent-Type: message/rfc822\r\n\r\n"
        f"From: support@supportflow.example\r\nTo: sarah@acme.example\r\nMessage-ID: {of.message_id}\r\n"
        "Subject: x\r\n\r\nx\r\n--B--\r\n"
    ).encode()


def test_a_bounce_marks_the_comment_and_makes_no_ticket(world: World) -> None:
    ours, before = reply(world), Ticket.objects.count()
    assert deliver(bounce(ours, "delayed", "4.4.1")).state == "DONE"
    assert Comment.objects.get(pk=ours.comment_id or 0).delivery_state == "SENT"
    deliver(bounce(ours))
    comment = Comment.objects.get(pk=ours.comment_id or 0)
    assert comment.delivery_state == "BOUNCED"
    assert "sarah@acme.example" in comment.delivery_error
    assert Ticket.objects.count() == before
    assert OutgoingMail.objects.count() == 1


def test_a_forged_bounce_marks_nothing(world: World) -> None:
    ours = reply(world)
    stranger, before = OutgoingMail(message_id="<T-0001@supportflow.example>"), Ticket.objects.count()
    received, _new = receive(bounce(stranger), "", ["support@supportflow.example"], source="smtp")
    run_due_jobs()
    received.refresh_from_db()
    assert (received.state, Ticket.objects.count()) == ("DONE", before)
    assert Comment.objects.get(pk=ours.comment_id or 0).delivery_state == "SENT"


def test_a_note_never_leaves(world: World, settings: object) -> None:
    note_on_ticket(world.ticket, Content.from_markdown("SECRET"), by=world.john)
    reply(world)
    run_due_jobs(delayed=True)
    assert [len(m.recipients) for m in OutgoingMail.objects.all()] == [1]
    kept = list((settings.DATA / "outgoing").glob("*.eml"))  # type: ignore[attr-defined]
    assert kept
    assert not any(b"SECRET" in file.read_bytes() for file in kept)


def test_the_mail_that_leaves_is_whole(world: World, settings: object) -> None:
    opening = ticket_of(deliver(mail("sarah@acme.example", Message_ID="<1@acme.example>")))
    ours = reply(world, "Größe **zählt**.\n\nBcc: eve@evil.example", opening)
    raw = (settings.DATA / "outgoing" / ours.file_name).read_bytes()  # type: ignore[attr-defined]
    sent = message_from_bytes(raw, policy=default)
    assert isinstance(sent, EmailMessage)
    assert sent["From"].addresses[0].display_name == "John Reyes"
    assert sent["From"].addresses[0].addr_spec == "support@supportflow.example"
    assert (sent["In-Reply-To"], sent["Message-ID"]) == ("<1@acme.example>", ours.message_id)
    assert sent["Subject"] == f"Re: Help [{opening.number}]"
    assert sent["Bcc"] is None
    plain, html = sent.get_body(("plain",)), sent.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Größe" in plain.get_content()
    assert "<strong>zählt</strong>" in html.get_content()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_an_html_answer_keeps_its_form_above_the_quote(world: World) -> None:
    ours = reply(world)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "sarah@acme.example", "support@supportflow.example", "Re: x"
    message["In-Reply-To"], message["Message-ID"] = ours.message_id, "<h@acme.example>"
    quote = '<div class="gmail_quote">On Monday John wrote:<blockquote>Try again.</blockquote></div>'
    html = f"<div>It is <b>fixed</b>.</div>{quote}"
    message.set_content(html, subtype="html")
    comment = Comment.objects.get(pk=deliver(message).comment_id or 0)
    assert "<b>fixed</b>" in comment.body_html
    assert "Try again" not in comment.body_html
    assert "Try again" in comment.full_html
