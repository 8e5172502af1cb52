"""The SMTP listener, spoken to by the standard library's client and by rude ones."""

import smtplib
import socket
from collections.abc import Iterator
from email.policy import SMTP
from typing import Any

import pytest
from django.db import DatabaseError

from supportflow.desk.models import Comment, Ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail import listener, receiving
from supportflow.mail.models import InboundMail
from supportflow.mail.receiving import read, receive
from tests.conftest import World, make_world
from tests.mail.test_receiving import SUPPORT, mail
from tests.processes import free_port
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.fixture
def smtp(world: World, settings: Any) -> Iterator[smtplib.SMTP]:
    settings.SMTP_LISTEN = ("127.0.0.1", free_port())
    running = listener.start()
    host, port = settings.SMTP_LISTEN
    client = smtplib.SMTP(host, port, timeout=30)
    yield client
    client.close()
    running.stop()


def test_250_means_stored(smtp: smtplib.SMTP) -> None:
    raw = mail().as_bytes(policy=SMTP)
    smtp.sendmail("ana@norte.example", [SUPPORT], raw)
    kept = InboundMail.objects.get()
    assert (kept.state, kept.source) == ("RECEIVED", "smtp")
    assert (kept.envelope_from, kept.envelope_to) == ("ana@norte.example", [SUPPORT])
    assert bytes(kept.raw.content) == raw
    run_due_jobs()
    assert Ticket.objects.filter(subject="Help").count() == 1


def test_a_mail_for_nobody_here_is_refused_by_recipient(smtp: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        smtp.sendmail("ana@norte.example", ["bob@elsewhere.example"], mail().as_bytes())
    assert refusal.value.recipients["bob@elsewhere.example"][0] == 550
    refused = smtp.sendmail("ana@norte.example", [SUPPORT, "bob@elsewhere.example"], mail().as_bytes())
    assert set(refused) == {"bob@elsewhere.example"}


def test_a_mail_over_the_limit_is_552_and_said_beforehand(smtp: smtplib.SMTP) -> None:
    smtp.ehlo()
    assert smtp.esmtp_features["size"] == str(35 * 1024 * 1024)
    with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        smtp.sendmail("ana@norte.example", [SUPPORT], b"x" * (60 * 1024 * 1024))
    assert refusal.value.smtp_code == 552
    assert not InboundMail.objects.exists()


def test_a_line_longer_than_the_standard_allows_is_taken(smtp: smtplib.SMTP) -> None:
    smtp.sendmail("ana@norte.example", [SUPPORT], b"From: ana@norte.example\r\n\r\n" + b"x" * 200_000)
    assert InboundMail.objects.get().size > 200_000


def test_a_bounce_without_sender_is_taken(smtp: smtplib.SMTP) -> None:
    smtp.sendmail("", [SUPPORT], mail().as_bytes())
    assert InboundMail.objects.get().envelope_from == ""


@pytest.mark.parametrize("strange", [b"\xff", b"\x00", b"\x1b"])
def test_a_mail_is_kept_whatever_stands_on_its_envelope(smtp: smtplib.SMTP, strange: bytes) -> None:
    """A 451 for it would come again and again, until the sender gives up."""
    smtp.ehlo()
    for line in (b"MAIL FROM:<a" + strange + b"@norte.example>", b"RCPT TO:<b" + strange + b"@supportflow.example>"):
        smtp.send(line + b"\r\n")
        assert smtp.getreply()[0] == 250
    smtp.send(b"RCPT TO:<b" + strange + b"@elsewhere" + strange + b".example>\r\n")
    assert smtp.getreply()[0] == 550
    assert smtp.data(mail().as_bytes())[0] == 250
    kept = InboundMail.objects.get()
    assert (kept.envelope_from, kept.envelope_to) == ("a@norte.example", ["b@supportflow.example"])
    run_due_jobs()
    assert Ticket.objects.filter(subject="Help").count() == 1


def test_what_cannot_be_stored_now_is_a_451_and_comes_again(
    smtp: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_args: object, **_more: object) -> None:
        raise DatabaseError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(listener, "receive", disk_full)
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            smtp.sendmail("ana@norte.example", [SUPPORT], mail().as_bytes())
    assert refusal.value.smtp_code == 451
    smtp.sendmail("ana@norte.example", [SUPPORT], mail().as_bytes())
    assert InboundMail.objects.count() == 1


@pytest.mark.parametrize(
    "noise", [b"\x00" * 5000 + b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"A" * 100_000 + b"\r\n", b"DATA\r\n"]
)
def test_noise_is_answered_and_the_next_mail_is_taken(smtp: smtplib.SMTP, settings: Any, noise: bytes) -> None:
    with socket.create_connection(settings.SMTP_LISTEN, timeout=30) as rude:
        rude.sendall(noise)
        assert rude.recv(1000).startswith(b"220")
    smtp.sendmail("ana@norte.example", [SUPPORT], mail().as_bytes())
    assert InboundMail.objects.count() == 1


def test_eight_deliveries_of_one_mail_at_the_same_moment_are_one_row(world: World) -> None:
    raw = mail(Message_ID="<1@norte.example>").as_bytes()
    together(*[lambda: receive(raw, source="smtp")] * 8)
    assert InboundMail.objects.count() == 1


def test_eight_workers_with_copies_of_one_mail_make_one_comment(world: World) -> None:
    """The same Message-ID on eight ways, from a sender nobody knows yet."""
    copies = [mail(Message_ID="<1@norte.example>", Received=f"by way {way}").as_bytes() for way in range(8)]
    ids = [receive(raw, source="smtp")[0].pk for raw in copies]
    for _try in range(3):  # a job's retries: who loses the race for the new contact finds it then
        together(*[lambda pk=pk: read(pk) for pk in ids])
    states = sorted(InboundMail.objects.values_list("state", flat=True))
    assert states == ["DONE"] + ["DUPLICATE"] * 7
    assert Ticket.objects.filter(subject="Help").count() == 1
    assert Comment.objects.filter(ticket__subject="Help").count() == 1


def test_a_reader_killed_between_two_lines_leaves_nothing_half_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    received, _new = receive(mail().as_bytes(), source="smtp")

    def die(*_args: object, **_more: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "settle_inbound", die)
        with pytest.raises(SystemExit):
            read(received.pk)
    assert not Ticket.objects.filter(subject="Help").exists()
    run_due_jobs()
    assert Ticket.objects.filter(subject="Help").count() == 1
