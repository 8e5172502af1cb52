"""Putting a ticket off, for oneself."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.errors import Invalid, NotFound
from supportflow.desk.content import Content
from supportflow.desk.models import Reading
from supportflow.desk.moments import moment
from supportflow.desk.operations import (
    answer_ticket,
    see_ticket,
    snooze_ticket,
    wake_ticket,
)
from supportflow.desk.tasks import wake
from supportflow.jobs.models import Job
from supportflow.jobs.testing import run_due_jobs
from tests.conftest import World


def mine(world: World, user: User | None = None) -> Reading:
    return Reading.objects.get(ticket=world.ticket, user=user or world.john)


def is_unread(world: World) -> bool:
    world.ticket.refresh_from_db()
    seen = mine(world).seen_at
    return seen is None or seen < world.ticket.updated_at


def test_it_comes_back_unread_at_its_time(world: World) -> None:
    see_ticket(world.ticket, by=world.john)
    until = clock.now() + timedelta(hours=2)
    snooze_ticket(world.ticket, until, by=world.john)
    assert not is_unread(world)
    assert Job.objects.get(task="supportflow.desk.tasks.wake").run_at == until
    wake.call(mine(world).pk)
    assert mine(world).snoozed_until == until  # not yet
    with time_machine.travel(until + timedelta(seconds=1), tick=False):
        wake.call(mine(world).pk)
        wake.call(mine(world).pk)
    assert mine(world).snoozed_until is None
    assert is_unread(world)
    assert world.actions() == ["ticket.snoozed", "ticket.woken"]
    assert world.trail()[-1].metadata["why"] == "time"


def test_the_customers_answer_wakes_it_earlier(world: World) -> None:
    for user in (world.john, world.emma):
        snooze_ticket(world.ticket, clock.now() + timedelta(days=1), by=user)
    answer_ticket(world.ticket, Content.from_markdown("Out of office"), automatic=True, by=world.sarah)
    run_due_jobs()
    assert mine(world).snoozed_until
    answer_ticket(world.ticket, Content.from_markdown("Hello?"), by=world.sarah)
    run_due_jobs()
    assert (mine(world).snoozed_until, mine(world, world.emma).snoozed_until) == (None, None)
    assert is_unread(world)
    assert [one.metadata["why"] for one in world.trail() if one.action == "ticket.woken"] == ["answer", "answer"]


def test_the_last_word_counts_and_the_first_job_finds_nothing_to_do(world: World) -> None:
    first, later = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=5)
    snooze_ticket(world.ticket, first, by=world.john)
    snooze_ticket(world.ticket, later, by=world.john)
    snooze_ticket(world.ticket, later, by=world.john)
    with time_machine.travel(first + timedelta(minutes=1), tick=False):
        wake.call(mine(world).pk)
    assert mine(world).snoozed_until == later
    assert world.actions() == ["ticket.snoozed", "ticket.snoozed"]
    wake_ticket(mine(world), by=world.john)
    wake_ticket(mine(world), by=world.john)
    assert world.actions()[2:] == ["ticket.woken"]


def test_the_past_and_a_far_future_are_refused(world: World) -> None:
    for until in (
        clock.now() - timedelta(seconds=1),
        clock.now() + timedelta(days=400),
        datetime(2030, 1, 1),  # noqa: DTZ001
    ):
        with pytest.raises(Invalid):
            snooze_ticket(world.ticket, until, by=world.john)
    with pytest.raises(NotFound):
        snooze_ticket(world.hidden, clock.now() + timedelta(hours=1), by=world.john)
    emmas = snooze_ticket(world.ticket, clock.now() + timedelta(hours=1), by=world.emma)
    with pytest.raises(NotFound):
        wake_ticket(emmas, by=world.john)


@pytest.mark.parametrize(
    ("when", "told"),
    [("later", "2026-05-06T13:00"), ("tomorrow", "2026-05-07T09:00"), ("week", "2026-05-11T09:00")],
)
def test_the_menu_speaks_of_the_readers_day(when: str, told: str) -> None:
    now = datetime(2026, 5, 6, 10, 40, tzinfo=UTC)  # a Wednesday
    assert moment(when, now=now).strftime("%Y-%m-%dT%H:%M") == told


@pytest.mark.parametrize("typed", ["", "soon", "2026-99-01T10:00", "x" * 1000])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        moment("", typed)
