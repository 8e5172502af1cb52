"""Mail finds its conversation after a merge, a split and their undoing; and the raw mail of a comment."""

from django.test import Client

from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import create_ticket, merge_ticket, split_comment, unmerge_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.composing import thread_of
from supportflow.mail.models import OutgoingMail
from supportflow.mail.receiving import receive
from tests.conftest import World
from tests.mail.test_receiving import deliver, mail, ticket_of
from tests.mail.test_threading import answer, reply


def test_an_answer_to_the_merged_ticket_arrives_in_the_other(world: World) -> None:
    ours = reply(world)
    other = create_ticket("Other", world.sarah, by=world.john)
    merge_ticket(world.ticket, other, by=world.john)
    assert ticket_of(deliver(answer(ours))) == other
    after = deliver(answer(ours, id="a2"))
    unmerge_ticket(Ticket.objects.get(pk=world.ticket.pk), by=world.john)
    assert ticket_of(deliver(answer(ours, id="a3"))) == world.ticket
    assert Comment.objects.get(pk=after.comment_id or 0).ticket == other  # what came meanwhile stays


def test_a_ticket_without_a_word_of_ours_left_is_still_followed(world: World) -> None:
    first = deliver(mail("sarah@acme.example", "Help", Message_ID="<s1@acme.example>"))
    other = create_ticket("Other", world.sarah, by=world.john)
    merge_ticket(ticket_of(first), other, by=world.john)
    again = mail("sarah@acme.example", "Re: Help", In_Reply_To="<s1@acme.example>", Message_ID="<s2@acme.example>")
    assert ticket_of(deliver(again)) == other


def test_an_answer_to_what_was_split_off_goes_there(world: World) -> None:
    ours = reply(world)
    new = split_comment(Comment.objects.get(pk=ours.comment_id or 0), "Apart", by=world.john)
    assert ticket_of(deliver(answer(ours))) == new


def test_a_reply_after_a_merge_refers_to_the_mails_that_came_along(world: World) -> None:
    deliver(mail("lisa@elsewhere.example", "Mine", Message_ID="<l1@elsewhere.example>"))
    lisas = Ticket.objects.latest("pk")
    merge_ticket(lisas, world.ticket, by=world.john)
    sent = reply(world)
    assert "<l1@elsewhere.example>" in thread_of(world.ticket, before=sent)
    assert set(OutgoingMail.objects.get(pk=sent.pk).recipients) == {"sarah@acme.example", "lisa@elsewhere.example"}


def test_the_raw_mail_is_shown_as_text_and_comes_as_a_file(browser: Client, world: World) -> None:
    raw = b"From: sarah@acme.example\nSubject: Raw\nMessage-ID: <r@acme.example>\n\n<script>alert(1)</script> \xff\x00"
    row, _is_new = receive(raw, source="file")
    run_due_jobs()
    row.refresh_from_db()
    path = f"/comments/{row.comment_id}"
    assert "Show the raw mail" in browser.get(f"{path}/menu").content.decode()
    page = browser.get(f"{path}/mail").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    file = browser.get(f"{path}/mail.eml")
    assert file.content == raw
    assert file["Content-Disposition"].startswith("attachment")
    assert (file["Content-Type"], file["X-Content-Type-Options"]) == ("message/rfc822", "nosniff")
