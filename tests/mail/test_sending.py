"""The outbox against an SMTP server that really answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from supportflow.core import clock
from supportflow.desk.content import Content
from supportflow.desk.models import Comment
from supportflow.desk.operations import create_ticket, purge_ticket, reply_to_ticket, trash_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.models import OutgoingMail
from supportflow.mail.operations import retry_outgoing
from supportflow.mail.sending import owe_comment, send
from tests.conftest import World
from tests.processes import free_port


@dataclass
class Server:
    """Answers DATA with what it is told to, and keeps what it accepted."""

    answers: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    accepted: list[Envelope] = field(default_factory=list)
    hang_up: bool = False

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.accepted.append(envelope)
        if self.hang_up:
            self.hang_up = False
            assert server.transport is not None
            server.transport.close()  # dead after the dot
        return answer


def as_bytes(content: bytes | str | None) -> bytes:
    return content if isinstance(content, bytes) else (content or "").encode()


def message_ids(server: Server) -> list[bytes]:
    contents = (as_bytes(envelope.content) for envelope in server.accepted)
    return [line for content in contents for line in content.splitlines() if b"Message-ID" in line]


@pytest.fixture
def server(settings: object) -> Iterator[Server]:
    made = Server()
    controller = Controller(made, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{controller.port}"  # type: ignore[attr-defined]
    yield made
    controller.stop()


def reply(world: World) -> Comment:
    comment = reply_to_ticket(world.ticket, Content.from_markdown("Try again."), by=world.john)
    run_due_jobs()
    comment.refresh_from_db()
    return comment


def later() -> None:
    """Now is when the next try is due."""
    mail = OutgoingMail.objects.get()
    with clock.at(mail.due_at):
        send(mail.pk)


def test_a_reply_arrives_and_the_comment_says_so(world: World, server: Server) -> None:
    comment = reply(world)
    (envelope,) = server.accepted
    assert (envelope.mail_from, envelope.rcpt_tos) == ("support@supportflow.example", ["sarah@acme.example"])
    assert (comment.delivery_state, comment.delivery_error) == ("SENT", "")
    assert world.actions() == ["ticket.replied", "ticket.delivery_noted"]


def test_a_busy_server_gets_the_same_message_again_later(world: World, server: Server) -> None:
    server.answers = ["451 busy", "451 busy"]
    comment = reply(world)
    assert comment.delivery_state == "QUEUED"
    assert "451" in comment.delivery_error
    send(OutgoingMail.objects.get().pk)  # not due: quiet
    later()
    later()
    comment.refresh_from_db()
    assert comment.delivery_state == "SENT"
    assert len(server.accepted) == 1


def test_a_final_refusal_fails_with_its_reason_and_can_be_retried(world: World, server: Server) -> None:
    server.answers = ["554 5.7.1 Spam"]
    comment = reply(world)
    assert (comment.delivery_state, "554" in comment.delivery_error) == ("FAILED", True)
    retry_outgoing(OutgoingMail.objects.get(), by=world.olivia)
    run_due_jobs()
    comment.refresh_from_db()
    assert comment.delivery_state == "SENT"


def test_an_unknown_recipient_fails_at_once(world: World, server: Server) -> None:
    server.refused = {"sarah@acme.example"}
    assert reply(world).delivery_state == "FAILED"


def test_a_server_that_is_down_is_tried_until_the_tries_are_over(world: World, settings: object) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:1"  # type: ignore[attr-defined]
    comment = reply(world)
    assert comment.delivery_state == "QUEUED"
    for _try in range(13):
        later()
    comment.refresh_from_db()
    assert comment.delivery_state == "FAILED"


def test_death_after_the_dot_costs_at_most_a_repeat_with_the_same_id(world: World, server: Server) -> None:
    server.hang_up = True
    comment = reply(world)
    assert comment.delivery_state == "QUEUED"
    later()
    first, second = message_ids(server)
    assert first == second


def test_a_worker_that_dies_before_the_comment_says_so_leaves_nothing_half_done(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: object, **_options: object) -> None:
        raise Killed

    comment = reply_to_ticket(world.ticket, Content.from_markdown("Try again."), by=world.john)
    owe_comment(comment)
    mail = OutgoingMail.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr("supportflow.mail.sending.note_delivery", die)
        with pytest.raises(Killed):
            send(mail.pk)
    later()
    comment.refresh_from_db()
    assert (comment.delivery_state, OutgoingMail.objects.get().state) == ("SENT", "SENT")
    first, second = message_ids(server)
    assert first == second


def test_a_comment_is_owed_one_mail_however_often_it_is_asked(world: World, server: Server) -> None:
    comment = reply_to_ticket(world.ticket, Content.from_markdown("Once."), by=world.john)
    owe_comment(comment)
    owe_comment(comment)
    run_due_jobs()
    assert len(server.accepted) == 1


def test_the_customers_own_words_are_never_mailed_back(world: World, server: Server) -> None:
    create_ticket("By phone", world.sarah, Content.from_markdown("She called."), channel="PHONE", by=world.john)
    run_due_jobs()
    assert server.accepted == []


def test_a_conversation_that_an_agent_starts_is_mailed(world: World, server: Server) -> None:
    create_ticket("Our offer", world.sarah, Content.from_markdown("Dear Sarah"), outbound=True, by=world.john)
    run_due_jobs()
    assert b"Subject: Our offer [T-" in as_bytes(server.accepted[0].content)


def test_a_purged_tickets_mail_does_not_leave(world: World, server: Server) -> None:
    server.answers = ["451 busy"]
    reply(world)
    trash_ticket(world.ticket, by=world.john)
    purge_ticket(world.ticket, by=world.olivia)
    later()
    assert OutgoingMail.objects.get().state == "CANCELLED"
    assert server.accepted == []


def test_one_refused_copy_does_not_hold_the_others(world: World, server: Server) -> None:
    server.refused = {"gone@acme.example"}
    comment = reply_to_ticket(world.ticket, Content.from_markdown("Hi"), cc=["gone@acme.example"], by=world.john)
    run_due_jobs()
    comment.refresh_from_db()
    assert comment.delivery_state == "SENT"
    assert "gone@acme.example: 550" in comment.delivery_error
