from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from supportflow.jobs import schedule, schedules
from supportflow.jobs.models import Job, Schedule
from supportflow.jobs.schedules import enqueue_due
from tests.jobs.some_tasks import schedule_ticks, tick, urgent

pytestmark = pytest.mark.django_db
HOURLY = timedelta(hours=1)


@pytest.fixture(autouse=True)
def only_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedules, "_rhythms", {})
    schedule_ticks(HOURLY)


def test_the_first_time_is_at_once_then_once_each_rhythm() -> None:
    assert [enqueue_due(), enqueue_due()] == [1, 0]
    with time_machine.travel(timezone.now() + HOURLY + timedelta(seconds=1)):
        assert [enqueue_due(), enqueue_due()] == [1, 0]


def test_missed_times_are_made_up_for_once() -> None:
    enqueue_due()
    Job.objects.all().delete()
    with time_machine.travel(timezone.now() + timedelta(days=10)):
        assert [enqueue_due(), enqueue_due()] == [1, 0]


def test_a_run_that_still_waits_is_not_queued_again() -> None:
    enqueue_due()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        enqueue_due()
    assert Job.objects.count() == 1


def test_of_two_workers_that_see_the_same_time_one_enqueues() -> None:
    enqueue_due()
    seen = Schedule.objects.get().next_at
    rhythm = schedules._rhythms["tests.tick"]
    assert schedules._enqueue_once(rhythm, seen)
    assert not schedules._enqueue_once(rhythm, seen)


def test_a_clock_set_back_does_not_silence_a_schedule() -> None:
    enqueue_due()
    with time_machine.travel(timezone.now() - timedelta(days=400)):
        assert [enqueue_due(), enqueue_due()] == [1, 0]


def test_mistakes_are_named_at_start() -> None:
    with pytest.raises(ValueError, match=r"Two schedules are called tests\.tick"):
        schedule("tests.tick", HOURLY, urgent)  # type: ignore[arg-type]  # the name is what is wrong here
    with pytest.raises(ValueError, match="at least a second"):
        schedule("tests.too_often", timedelta(0), tick)
