"""By mail: at once, once a day, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail

from supportflow.accounts.operations import deactivate_user, update_user
from supportflow.desk.content import Content
from supportflow.desk.models import Reading, Ticket
from supportflow.desk.operations import answer_ticket, assign_ticket, follow_ticket, move_ticket, update_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.models import OutgoingMail
from supportflow.notifications.models import Notification
from supportflow.notifications.operations import set_wishes
from supportflow.notifications.tasks import clear_old_notifications, send_digests, tell_what_is_due
from tests.conftest import BY, World
from tests.notifications.conftest import Told

WORDS = Content.from_markdown("Words.")


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment, tick=False):
        yield


def answered(world: World, moment: datetime) -> None:
    with at(moment):
        answer_ticket(world.ticket, WORDS, by=world.sarah)
        run_due_jobs()


def digests(moment: datetime) -> list[str]:
    """What goes out at this moment."""
    before = len(mail.outbox)
    with at(moment):
        for _run in range(2):
            send_digests.call()
    return [str(one.body) for one in mail.outbox[before:]]


@pytest.fixture
def daily(world: World) -> World:
    """John follows the ticket, lives in Berlin and wants one mail a day."""
    update_user(world.john, time_zone="Europe/Berlin", by=world.john)
    follow_ticket(world.ticket, by=world.john)
    set_wishes(world.john, {"ANSWERED": {"mail": "DAILY"}}, by=world.john)
    return world


def test_at_once_is_one_mail_with_no_way_into_a_loop(world: World) -> None:
    set_wishes(world.emma, {"ASSIGNED": {"mail": "NOW", "in_app": False}}, by=world.emma)
    assign_ticket(world.ticket, world.emma, by=world.john)
    run_due_jobs()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (
        [world.emma.email],
        f"John Reyes assigned {world.ticket.number} to you: Unable to login",
    )
    assert f"http://127.0.0.1:8000/tickets/{world.ticket.number}" in sent.body
    assert sent.extra_headers["List-Unsubscribe"] == "<http://127.0.0.1:8000/settings/notifications>"
    assert not Notification.objects.filter(is_shown=True).exists()
    run_due_jobs()
    assert len(mail.outbox) == 1


def test_it_goes_by_the_outgoing_mail(world: World, settings: object) -> None:
    settings.EMAIL_BACKEND = "supportflow.mail.backend.OutboxBackend"  # type: ignore[attr-defined]
    set_wishes(world.emma, {"ASSIGNED": {"mail": "NOW"}}, by=world.emma)
    assign_ticket(world.ticket, world.emma, by=world.john)
    run_due_jobs()
    owed = OutgoingMail.objects.get()
    raw = bytes(owed.raw or b"").decode()
    for header in ("Auto-Submitted: auto-generated", "X-Loop: support@supportflow.example", "List-Unsubscribe: <http"):
        assert header in raw


def test_nothing_is_mailed_of_what_may_not_be_seen_by_then(world: World) -> None:
    set_wishes(world.john, {"ASSIGNED": {"mail": "DAILY"}}, by=world.john)
    assign_ticket(world.ticket, world.john, by=world.omar)
    run_due_jobs()
    assert Notification.objects.filter(is_owed=True).count() == 1
    move_ticket(world.ticket, world.secret, by=world.omar)
    assert digests(datetime.now(UTC) + timedelta(days=2)) == []
    assert not Notification.objects.filter(is_owed=True).exists()


def test_once_a_day_at_eight_in_the_own_zone(daily: World) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    day = datetime(2027, 1, 12, tzinfo=berlin)
    answered(daily, day.replace(hour=6))
    answered(daily, day.replace(hour=7))
    assert digests(day.replace(hour=7, minute=59)) == []
    (body,) = digests(day.replace(hour=8, minute=5))
    assert f"2 new messages in {daily.ticket.number}, by Sarah Johnson last" in body
    answered(daily, day.replace(hour=9))
    assert digests(day.replace(hour=20)) == []
    assert len(digests(day.replace(day=13, hour=8))) == 1
    assert mail.outbox[-1].to == [daily.john.email]


@pytest.mark.parametrize("date", [(2027, 3, 28), (2027, 10, 31)])
def test_on_days_when_the_clock_moves_too(daily: World, date: tuple[int, int, int]) -> None:
    eight = datetime(*date, 8, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    answered(daily, eight - timedelta(hours=7))
    assert digests(eight - timedelta(minutes=1)) == []
    assert len(digests(eight)) == 1
    assert digests(eight + timedelta(hours=1)) == []


def test_a_worker_that_slept_at_eight_tells_later(daily: World) -> None:
    day = datetime(2027, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    answered(daily, day.replace(hour=6))
    assert len(digests(day.replace(hour=17))) == 1


def test_what_was_read_is_in_no_digest(daily: World) -> None:
    day = datetime(2027, 1, 12, 6, tzinfo=UTC)
    answered(daily, day)
    Reading.objects.filter(user=daily.john).update(seen_at=day + timedelta(minutes=5))
    assert digests(day + timedelta(hours=5)) == []
    assert not Notification.objects.filter(is_owed=True).exists()


def test_who_left_or_changed_the_wish_gets_none(daily: World) -> None:
    day = datetime(2027, 1, 12, 6, tzinfo=UTC)
    answered(daily, day)
    set_wishes(daily.john, {"ANSWERED": {"mail": "OFF"}}, by=daily.john)
    assert digests(day + timedelta(hours=5)) == []
    set_wishes(daily.john, {"ANSWERED": {"mail": "DAILY"}}, by=daily.john)
    answered(daily, day + timedelta(hours=6))
    deactivate_user(daily.john, by=daily.olivia)
    assert digests(day + timedelta(days=2)) == []


def test_due_soon_is_told_once_for_each_date(world: World, told: Told) -> None:
    follow_ticket(world.ticket, by=world.omar)
    assign_ticket(world.ticket, world.john, by=world.john)
    soon = datetime.now(UTC) + timedelta(hours=20)
    update_ticket(world.ticket, due_at=soon, by=world.john)
    for _run in range(2):
        tell_what_is_due.call()
    assert len(told.of(world.john)) == len(told.of(world.omar)) == 1
    assert "is due" in told.of(world.john)[0]
    update_ticket(world.ticket, due_at=soon + timedelta(hours=1), by=world.john)
    tell_what_is_due.call()
    assert told.newest(world.john).count == 2
    for far in (timedelta(days=3), timedelta(hours=-3)):
        Notification.objects.all().delete()
        update_ticket(world.ticket, due_at=datetime.now(UTC) + far, by=world.john)
        tell_what_is_due.call()
        assert told.of(world.john) == []


def test_many_that_are_due_are_told_in_pieces(
    world: World, told: Told, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: object
) -> None:
    monkeypatch.setattr("supportflow.notifications.tasks.AT_ONCE", 2)
    soon = datetime.now(UTC) + timedelta(hours=20)
    made = [
        Ticket.objects.create(subject="x", contact=world.sarah, created_by=world.john, assignee=world.john, due_at=soon)
        for _ticket in range(5)
    ]
    tell_what_is_due.call()
    assert len(told.of(world.john)) == len(made)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        tell_what_is_due.call()


def test_after_ninety_days_they_are_gone(world: World, told: Told) -> None:
    assign_ticket(world.ticket, world.john, by=BY)
    assert len(told.of(world.john)) == 1
    with at(datetime.now(UTC) + timedelta(days=89)):
        clear_old_notifications.call()
    assert Notification.objects.count() == 1
    with at(datetime.now(UTC) + timedelta(days=91)):
        clear_old_notifications.call()
    assert not Notification.objects.exists()
