"""Every received mail is accounted for: the numbers add up, and what they leave out raises the alarm."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from supportflow import gauges
from supportflow.checks import work
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import purge_ticket, trash_ticket
from supportflow.jobs.models import Job, Schedule
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.account import Outcome, check, of_the_last_day, outcomes, total
from supportflow.mail.models import InboundMail, MailAccount
from supportflow.mail.operations import ACCOUNTS_KEPT, discard_inbound
from supportflow.mail.receiving import receive
from tests.conftest import World
from tests.mail.test_receiving import deliver, mail, ticket_of

PAGE = "/settings/operations"


def counted() -> dict[str, int]:
    return {name: count for name, count in check().counts.items() if count}


def purge(ticket: Ticket, world: World) -> None:
    trash_ticket(ticket, by=world.olivia)
    purge_ticket(ticket, by=world.olivia)


def test_every_mail_stands_in_one_number(world: World) -> None:
    first = ticket_of(deliver(mail(Message_ID="<1@norte.example>")))
    deliver(mail(Message_ID="<2@norte.example>", In_Reply_To="<1@norte.example>"))
    for _again in range(3):
        deliver(mail(Message_ID="<3@norte.example>", subject="Three"))  # the same bytes
    deliver(mail(Message_ID="<3@norte.example>", subject="Three", Received="on another way"))
    deliver(b"no header at all")
    discard_inbound(deliver(b"none here either"), by=world.olivia)
    purge(ticket_of(deliver(mail(Message_ID="<4@norte.example>"))), world)
    receive(mail(Message_ID="<5@norte.example>").as_bytes(), source="smtp")  # and nobody has read it yet
    assert counted() == {
        "TICKET": 2, "ADDED": 1, "DUPLICATE": 3, "QUARANTINED": 1, "DISCARDED": 1, "PURGED": 1, "RECEIVED": 1,
    }  # fmt: skip
    assert first.comments.count() == 2
    assert total(MailAccount.objects.get().counts) == 10
    assert of_the_last_day() == MailAccount.objects.get().counts
    assert MailAccount.objects.get().problems == {}


def test_a_bounce_is_noted_without_a_comment(world: World) -> None:
    raw = (
        b"From: MAILER-DAEMON@norte.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; norte.example\r\n\r\n"
        b"Final-Recipient: rfc822; bob@norte.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n"
    )
    receive(raw, "", [], source="smtp")
    run_due_jobs()
    assert counted() == {"NOTED": 1}


def test_old_mails_are_not_of_today(world: World) -> None:
    received = deliver(mail())
    InboundMail.objects.filter(pk=received.pk).update(received_at=timezone.now() - timedelta(hours=25))
    assert sum(of_the_last_day().values()) == 0
    assert total(check().counts) == 1


@pytest.fixture
def lost(world: World) -> InboundMail:
    """Taken in, says its row, and its comment is not there."""
    received = deliver(mail())
    Comment.objects.filter(pk=received.comment_id or 0).delete()
    return received


def test_a_mail_whose_comment_is_not_there_raises_the_alarm(
    lost: InboundMail, world: World, sign_in: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    Schedule.objects.update_or_create(name="mail.sweep", defaults={"next_at": timezone.now() + timedelta(seconds=20)})
    gauges._kept.forget()
    account = check()
    assert (account.problems, account.examples) == ({"LOST": 1}, {"LOST": [str(lost.pk)]})
    [told] = [record for record in caplog.records if "mail.unaccounted" in record.getMessage()]
    assert told.levelname == "ERROR"
    page = sign_in(world.olivia).get(PAGE).content.decode()
    assert "Not every received mail is accounted for" in page
    assert f'href="{PAGE}/mails/{lost.pk}"' in page
    assert "Nothing waits for you" not in page
    finding = work.account()
    assert finding.is_wrong
    assert f"1 count as read and have no comment ({lost.pk})" in finding.text
    assert 'supportflow_mail_unaccounted{problem="lost"} 1.0' in client.get("/metrics").content.decode()


def test_a_mail_that_nobody_reads_raises_the_alarm_after_an_hour(world: World) -> None:
    received, _new = receive(mail().as_bytes(), source="smtp")
    assert check().problems == {}
    InboundMail.objects.filter(pk=received.pk).update(received_at=timezone.now() - timedelta(minutes=61))
    account = check()
    assert (account.problems, account.examples) == ({"UNREAD": 1}, {"UNREAD": [str(received.pk)]})


def test_a_state_that_nobody_knows_counts_as_lost(world: World) -> None:
    deliver(mail())
    InboundMail.objects.update(state="ODD")
    assert outcomes(InboundMail.objects.all())[Outcome.LOST] == 1


def test_the_alarm_ends_with_the_next_count(lost: InboundMail, world: World, sign_in: Any) -> None:
    check()
    purge(Ticket.objects.get(pk=lost.ticket_id or 0), world)
    olivia = sign_in(world.olivia)
    assert olivia.post(f"{PAGE}/account").status_code == 302
    run_due_jobs()
    assert MailAccount.objects.order_by("-pk")[0].problems == {}
    assert "Not every received mail" not in olivia.get(PAGE).content.decode()
    assert not work.account().is_wrong


def test_only_administrators_have_them_counted(world: World, sign_in: Any) -> None:
    assert Client().post(f"{PAGE}/account").status_code == 302
    assert sign_in(world.omar).post(f"{PAGE}/account").status_code == 403
    assert sign_in(world.olivia).get(f"{PAGE}/account").status_code == 405
    assert not Job.objects.filter(task__endswith="check_account").exists()


def test_a_count_that_is_old_or_missing_is_told(world: World) -> None:
    assert "none yet" in work.account().text
    check()
    assert "all 0 are accounted for" in work.account().text
    MailAccount.objects.update(checked_at=timezone.now() - timedelta(days=3))
    assert work.account().is_wrong


def test_of_the_counts_the_last_ones_stay(db: None) -> None:
    for _day in range(ACCOUNTS_KEPT + 3):
        check()
    assert MailAccount.objects.count() == ACCOUNTS_KEPT


def test_many_mails_are_counted_in_bites(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportflow.mail.account.AT_ONCE", 2)
    for number in range(7):
        deliver(mail(subject=f"Number {number}"))
    assert counted() == {"TICKET": 7}
