"""Fetching while servers hang, lines break, and workers are killed or meet."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from supportflow.desk.models import Comment, Ticket
from supportflow.mail import imap
from supportflow.mail.fetching import fetch
from supportflow.mail.models import FolderMail, InboundMail, MailFolder
from tests.conftest import World, make_world
from tests.growing.programs import Program, supportflow
from tests.mail.conftest import use
from tests.mail.dovecot import Dovecot
from tests.mail.killed_fetch import STEPS
from tests.mail.rude import relay, silent_server
from tests.mail.test_fetching import SEEN, letter, look, tickets
from tests.processes import ROOT, environment
from tests.together import together
from tests.waiting import until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


@pytest.mark.parametrize("says", [b"", b"* OK wait\r\n", b"* OK " + b"x" * 100])
def test_a_server_that_hangs_is_given_up(
    world: World, server: Dovecot, settings: Any, monkeypatch: pytest.MonkeyPatch, says: bytes
) -> None:
    monkeypatch.setattr(imap, "PATIENCE", 0.5)
    with silent_server(says) as port:
        use(settings, server.url_with(port=port))
        began = time.monotonic()
        folder = look()
    assert "does not answer within" in folder.problem
    assert time.monotonic() - began < 10


def test_a_server_that_drips_is_given_up_in_the_end(
    world: World, server: Dovecot, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, the whole never."""
    monkeypatch.setattr(imap, "LONGEST", 2.0)
    server.put(letter(1) + b"z" * 1_000_000)
    with relay(server.port, 500_000, drips=True) as rude:
        use(settings, server.url_with(port=rude.port))
        began = time.monotonic()
        assert look().problem
    assert time.monotonic() - began < 10
    assert tickets() == []


@pytest.mark.parametrize("says", [b"* BYE not now\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff\r\n" * 50])
def test_nonsense_is_told_and_tried_again(world: World, server: Dovecot, settings: Any, says: bytes) -> None:
    with silent_server(says) as port:
        use(settings, server.url_with(port=port))
        folder = look()
    assert folder.problem
    assert (folder.failures, folder.due_at > timezone.now()) == (1, True)


def test_a_line_that_breaks_in_the_middle_of_a_mail_costs_nothing(world: World, server: Dovecot, settings: Any) -> None:
    """Whatever was half received is thrown away; what was whole stays."""
    server.put(letter(1), letter(2) + b"z" * 3_000_000, letter(3))
    with relay(server.port, 1_000_000) as rude:
        use(settings, server.url_with(port=rude.port))
        folder = look()
        assert folder.problem
        assert tickets() == ["Letter 1"]
        folder = look()  # the fresh one goes first now
        assert tickets() == ["Letter 1", "Letter 3"]
    use(settings, server.url)
    FolderMail.objects.update(due_at=timezone.now())
    assert look().problem == ""
    assert tickets() == ["Letter 1", "Letter 2", "Letter 3"]
    assert bytes(InboundMail.objects.order_by("pk").last().raw.content).endswith(b"z" * 3_000_000)  # type: ignore[union-attr]
    assert InboundMail.objects.filter(copies__gt=0).count() == 0


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_any_two_lines_nothing_is_lost_or_doubled(world: World, server: Dovecot, step: str) -> None:
    server.put(letter(1), letter(2))
    done = subprocess.run(
        [sys.executable, "-m", "tests.mail.killed_fetch", step],
        cwd=ROOT,
        env=environment(IMAP_URL=server.url, DJANGO_SETTINGS_MODULE="supportflow.settings"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    read = sum(flags == SEEN for flags in server.flags().values())
    assert read <= InboundMail.objects.count(), "read before it was durable"
    FolderMail.objects.update(due_at=timezone.now())
    assert look().problem == ""
    look()
    assert tickets() == ["Letter 1", "Letter 2"]
    assert Comment.objects.filter(ticket__subject__startswith="Letter").count() == 2
    assert list(InboundMail.objects.values_list("state", "copies")) == [("DONE", 0)] * 2
    assert list(server.flags().values()) == [SEEN, SEEN]


def test_two_looks_at_the_same_moment_share_the_mails(world: World, server: Dovecot) -> None:
    """As when a lease was lost and its holder goes on."""
    server.put(*map(letter, range(12)))
    assert [error for error in together(fetch, fetch, fetch, fetch) if isinstance(error, Exception)] == []
    look()
    assert len(tickets()) == 12
    assert InboundMail.objects.filter(copies=0).count() == 12
    assert FolderMail.objects.filter(state="DONE").count() == 12


def test_two_workers_fetch_nothing_twice(world: World, server: Dovecot, tmp_path: Path) -> None:
    server.put(*map(letter, range(30)))
    with working(server, tmp_path / "a") as one, working(server, tmp_path / "b") as other:
        until(lambda: Ticket.objects.filter(subject__startswith="Letter").count() == 30, "30 tickets")
        until(lambda: all(flags == SEEN for flags in server.flags().values()), "30 marks")
        logs = one.log + other.log
    assert InboundMail.objects.filter(copies=0).count() == 30
    assert logs.count("mail.received") == 30


def test_a_worker_that_is_killed_is_followed_by_the_next(world: World, server: Dovecot, tmp_path: Path) -> None:
    """kill -9 at some moment of the fetch, three times."""
    server.put(*map(letter, range(40)))
    for number in range(3):
        before = InboundMail.objects.count()
        with working(server, tmp_path / str(number)) as worker:
            until(partial(is_more_than, before + 7), "some mails")
            worker.kill()
    FolderMail.objects.update(due_at=timezone.now())
    with working(server, tmp_path / "last"):
        until(lambda: len(tickets()) == 40, "40 tickets")
        until(lambda: all(flags == SEEN for flags in server.flags().values()), "40 marks")
    assert InboundMail.objects.filter(copies=0, state="DONE").count() == 40


def is_more_than(number: int) -> bool:
    return InboundMail.objects.count() > number


@contextmanager
def working(server: Dovecot, folder: Path) -> Iterator[Program]:
    folder.mkdir()
    program = supportflow(["worker"], folder, dict(environment(IMAP_URL=server.url)))
    MailFolder.objects.update(due_at=timezone.now())
    program.start()
    try:
        yield program
    finally:
        program.stop()
