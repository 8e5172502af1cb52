"""Mail fetched from a real Dovecot: nothing lost, nothing doubled, read only when it is durable."""

from datetime import timedelta
from email.policy import SMTP
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from supportflow import gauges
from supportflow.checks.mail import fetched_mail
from supportflow.desk.models import Comment, Ticket
from supportflow.jobs.models import Job
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail import imap, receiving
from supportflow.mail.account import check
from supportflow.mail.fetching import fetch
from supportflow.mail.models import FolderMail, InboundMail, MailFolder
from supportflow.mail.operations import keep_message
from supportflow.mail.parsing import parse
from supportflow.mail.tasks import fetch_mail, sweep
from tests.conftest import World
from tests.mail.conftest import use
from tests.mail.dovecot import USER, Dovecot
from tests.mail.test_receiving import mail

pytestmark = pytest.mark.services

SEEN = {"\\Seen"}


def letter(number: int, **headers: str) -> bytes:
    text = mail(f"Ana {number} <ana{number}@norte.example>", f"Letter {number}", Message_ID=f"<{number}@norte.example>")
    for name, value in headers.items():
        text[name.replace("_", "-")] = value
    return text.as_bytes(policy=SMTP)


def look() -> MailFolder:
    """As the schedule does it, and what follows."""
    MailFolder.objects.update(due_at=timezone.now())
    fetch_mail.enqueue()
    run_due_jobs(delayed=True)
    return MailFolder.objects.get()


def tickets() -> list[str]:
    return sorted(Ticket.objects.filter(subject__startswith="Letter").values_list("subject", flat=True))


def states() -> list[str]:
    return list(FolderMail.objects.order_by("pk").values_list("state", flat=True))


def test_an_unread_mail_becomes_a_ticket_and_is_read_then(world: World, server: Dovecot) -> None:
    server.put(letter(1, Return_Path="<bounces+ana@norte.example>"), letter(2))
    folder = look()
    assert tickets() == ["Letter 1", "Letter 2"]
    assert list(server.flags().values()) == [SEEN, SEEN]
    first = InboundMail.objects.order_by("pk")[0]
    assert (first.source, first.state, first.envelope_from) == ("imap", "DONE", "bounces+ana@norte.example")
    assert bytes(first.raw.content) == letter(1, Return_Path="<bounces+ana@norte.example>")
    assert (folder.name, folder.problem, folder.failures) == (f"{USER}@127.0.0.1/INBOX", "", 0)
    assert states() == ["DONE", "DONE"]


def test_by_imaps_it_is_the_same_mailbox(world: World, server: Dovecot, settings: Any) -> None:
    server.put(letter(1))
    look()
    use(settings, server.url.replace("imap:", "imaps:").replace(f":{server.port}/", f":{server.tls_port}/"))
    server.put(letter(2))
    look()
    assert tickets() == ["Letter 1", "Letter 2"]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    world: World, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    server.put(letter(1))
    assert "CERTIFICATE_VERIFY_FAILED" in look().problem


def test_what_was_read_before_stays_and_what_comes_later_is_ours_read_or_not(world: World, server: Dovecot) -> None:
    server.put(letter(1), flags="(\\Seen)")
    look()
    assert tickets() == []
    server.put(letter(2), flags="(\\Seen)")
    server.put(letter(3))
    look()
    look()
    assert tickets() == ["Letter 2", "Letter 3"]
    assert InboundMail.objects.filter(copies__gt=0).count() == 0


def test_what_others_marked_as_deleted_is_not_expunged_by_us(world: World, server: Dovecot) -> None:
    server.put(letter(1), flags="(\\Deleted)")
    server.put(letter(2))
    look()
    assert {"\\Deleted", "\\Seen"} in server.flags().values()


def test_a_mail_that_was_deleted_before_we_had_it_is_accounted_for(
    world: World, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(letter(1), letter(2))
    real = imap.Box.fetch

    def too_late(box: imap.Box, uid: int) -> imap.Fetched | None:
        with server.client() as client:
            client.store("1", "+FLAGS", "(\\Deleted)")
            client.expunge()
        monkeypatch.setattr(imap.Box, "fetch", real)
        return real(box, uid)

    monkeypatch.setattr(imap.Box, "fetch", too_late)
    look()
    assert states() == ["GONE", "DONE"]
    assert tickets() == ["Letter 2"]


def test_a_mail_that_poisons_the_reader_is_quarantined_between_good_ones(
    world: World, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = parse

    def explode(raw: bytes) -> Any:
        if b"Letter 2" in raw:
            raise RuntimeError("poison")
        return real(raw)

    monkeypatch.setattr(receiving, "parse", explode)
    server.put(letter(1), letter(2), b"no header at all", letter(3))
    look()
    assert tickets() == ["Letter 1", "Letter 3"]
    assert sorted(InboundMail.objects.values_list("state", flat=True)) == ["DONE", "DONE", "QUARANTINED", "QUARANTINED"]
    assert list(server.flags().values()) == [SEEN] * 4


def test_a_mail_that_the_server_cannot_give_holds_no_other_up(world: World, server: Dovecot) -> None:
    """A file that Dovecot may not read: it refuses this one, or hangs up each time."""
    server.put(letter(1))
    look()
    server.put(letter(2))
    [damaged] = [file for file in server.folder.glob("mail/*/*") if b"Letter 2" in file.read_bytes()]
    damaged.chmod(0)
    server.put(letter(3), letter(4))
    for _try in range(3):
        folder = look()
    assert tickets() == ["Letter 1", "Letter 3", "Letter 4"]
    bad = FolderMail.objects.get(state="FOUND")
    assert (bad.attempts, bool(bad.reason)) == (1, True)
    FolderMail.objects.update(due_at=timezone.now())
    folder = look()
    assert FolderMail.objects.get(state="FOUND").attempts == 2
    damaged.chmod(0o644)
    FolderMail.objects.update(due_at=timezone.now())
    look()
    folder = look()
    assert tickets() == ["Letter 1", "Letter 2", "Letter 3", "Letter 4"]
    assert folder.problem == ""


def test_a_mail_that_our_database_refuses_holds_no_other_up(
    world: World, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(row: FolderMail, raw: bytes, *more: Any, **named: Any) -> InboundMail | None:
        if b"Letter 1" in raw:
            raise ValueError("a bug of ours")
        return keep_message(row, raw, *more, **named)

    server.put(letter(1), letter(2))
    with monkeypatch.context() as patch:
        patch.setattr("supportflow.mail.fetching.keep_message", refuse)
        look()
    assert tickets() == ["Letter 2"]
    assert sorted(map(len, server.flags().values())) == [0, 1]
    assert "a bug of ours" in FolderMail.objects.get(state="FOUND").reason
    FolderMail.objects.update(due_at=timezone.now())
    look()
    assert tickets() == ["Letter 1", "Letter 2"]


def test_a_mark_that_does_not_get_through_is_made_up_for(
    world: World, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(box: imap.Box, uid: int) -> None:
        raise imap.NotFetched("The connection broke.")

    def refuse(box: imap.Box, uid: int) -> None:
        raise imap.Refusal("Read-only")

    server.put(letter(1), letter(2))
    for failure in (break_off, break_off, refuse):
        with monkeypatch.context() as patch:
            patch.setattr(imap.Box, "mark_read", failure)
            look()
    assert "cannot be marked as read. Read-only" in MailFolder.objects.get().problem
    assert states() == ["KEPT", "KEPT"], "one that cannot be marked holds no other up"
    assert look().problem == ""
    assert list(server.flags().values()) == [SEEN, SEEN]
    assert list(InboundMail.objects.values_list("state", "copies")) == [("DONE", 0)] * 2


def test_a_mail_over_35_megabytes_waits_for_a_person_and_is_fetched_once(
    world: World, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = letter(1) + b"x" * 70 + b"\r\n"
    large += (b"y" * 78 + b"\r\n") * (36 * 1024 * 1024 // 80)
    server.put(large, letter(2))
    fetched: list[int] = []
    real = imap.Box.fetch

    def counting(box: imap.Box, uid: int) -> imap.Fetched | None:
        fetched.append(uid)
        return real(box, uid)

    monkeypatch.setattr(imap.Box, "fetch", counting)
    look()
    look()
    assert len(fetched) == 2
    assert tickets() == ["Letter 2"]
    held = InboundMail.objects.get(state="QUARANTINED")
    assert (held.size, len(held.raw.content)) == (len(large), 100_000)
    assert "35 MB" in held.reason
    assert sorted(map(len, server.flags().values())) == [0, 1], "the large one stays unread"


def test_numbered_anew_all_is_looked_at_and_nothing_comes_twice(world: World, server: Dovecot) -> None:
    server.put(letter(1), letter(2))
    look()
    server.put(letter(3))
    server.number_anew()
    server.put(letter(4), flags="(\\Seen)")
    before = MailFolder.objects.get().uidvalidity
    folder = look()
    assert folder.uidvalidity != before
    assert tickets() == ["Letter 1", "Letter 2", "Letter 3", "Letter 4"]
    assert sorted(InboundMail.objects.values_list("copies", flat=True)) == [0, 0, 1, 1]
    assert all(flags == SEEN for flags in server.flags().values())
    assert Comment.objects.filter(ticket__subject__startswith="Letter").count() == 4


def test_a_wrong_password_is_told_without_it_and_tried_less_and_less(
    world: World, server: Dovecot, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.put(letter(1))
    use(settings, server.url_with(password="not-this-one"))
    folder = look()
    assert "refuses the sign-in" in folder.problem
    assert "not-this-one" not in folder.problem + caplog.text
    waits = [(folder.due_at - timezone.now()).total_seconds()]
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _try in range(7):
            clock.shift(timedelta(minutes=16))
            fetch()
            waits.append((MailFolder.objects.get().due_at - timezone.now()).total_seconds())
            assert not fetch(), "not again before its time"
    assert [round(wait / 30) for wait in waits] == [1, 2, 4, 8, 16, 30, 30, 30]
    use(settings, server.url)
    assert look().problem == ""
    assert tickets() == ["Letter 1"]


def test_a_folder_that_is_not_there_is_named(world: World, server: Dovecot, settings: Any) -> None:
    use(settings, server.url_with(folder="Nowhere"))
    assert "The folder Nowhere cannot be opened" in look().problem


def test_a_server_that_is_gone_is_found_again(world: World, server: Dovecot) -> None:
    server.put(letter(1))
    server.stop()
    try:
        assert "refused" in look().problem
    finally:
        server.start()
    assert look().problem == ""
    assert tickets() == ["Letter 1"]


def test_without_imap_url_nobody_looks(world: World, settings: Any) -> None:
    settings.IMAP = None
    sweep.func()
    assert not Job.objects.filter(task__endswith="fetch_mail").exists()
    fetch_mail.func()
    assert not MailFolder.objects.exists()


def test_a_mail_that_was_passed_over_raises_the_alarm_and_is_fetched(world: World, server: Dovecot) -> None:
    server.put(letter(1), flags="(\\Seen)")
    look()
    server.put(letter(2), letter(3))
    folder = look()
    assert check().problems == {}
    FolderMail.objects.filter(uid=folder.first_uid + 1).delete()
    account = check()
    assert account.problems == {"PASSED_OVER": 1}
    assert account.examples["PASSED_OVER"] == [f"UID {folder.first_uid + 1}"]
    look()
    assert tickets() == ["Letter 2", "Letter 3"]
    assert FolderMail.objects.filter(state="DONE").count() == 2
    assert check().problems == {}


def test_a_mail_that_cannot_be_fetched_for_an_hour_raises_the_alarm(
    world: World, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(box: imap.Box, uid: int) -> imap.Fetched | None:
        raise imap.Refusal("NO")

    monkeypatch.setattr(imap.Box, "fetch", refuse)
    server.put(letter(1))
    look()
    assert check().problems == {}
    FolderMail.objects.update(found_at=timezone.now() - timedelta(minutes=61))
    account = check()
    assert account.problems == {"UNFETCHED": 1}
    assert account.examples["UNFETCHED"][0].endswith(" NO")


def test_the_count_goes_on_without_the_imap_server(world: World, server: Dovecot, settings: Any) -> None:
    server.put(letter(1))
    look()
    use(settings, server.url_with(password="not-this-one"))
    assert check().problems == {}


def test_check_and_page_tell_how_the_mailbox_stands(
    world: World, server: Dovecot, settings: Any, sign_in: Any, client: Client
) -> None:
    assert settings.IMAP is not None
    assert fetched_mail(settings.IMAP).state == "ok"
    look()
    gauges._kept.forget()
    assert "supportflow_mail_fetch_failures 0.0" in client.get("/metrics").content.decode()
    use(settings, server.url_with(folder="Nowhere"))
    finding = fetched_mail(settings.IMAP)
    assert finding.is_wrong
    assert "The folder Nowhere cannot be opened" in finding.text
    MailFolder.objects.all().delete()
    look()
    page = sign_in(world.olivia).get("/settings/operations").content.decode()
    assert f"Mail is not fetched from {USER}@127.0.0.1/Nowhere" in page
    assert "Next try:" in page
