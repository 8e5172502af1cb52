"""Work by the clock. The rhythm stands in the code, the next time in the database, moved by compare-and-set."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django_tasks.base import Task

from supportflow.jobs.declaring import DatabaseTask

TaskT = TypeVar("TaskT", bound=Task[..., Any])


@dataclass(frozen=True)
class Rhythm:
    name: str
    every: timedelta
    task: Task[[], Any]


_rhythms: dict[str, Rhythm] = {}


def schedule(name: str, every: timedelta, task: Task[[], Any]) -> None:
    """Enqueue `task` once in each `every`, whatever the number of workers. The first time is at once.

    A run that takes longer than the rhythm is followed by one more run, never by a pile of them.
    """
    assert isinstance(task, DatabaseTask)
    if task.unique is None:
        task = replace(task, unique="schedule")
    if every < timedelta(seconds=1):
        raise ValueError(f"{name}: a schedule's rhythm is at least a second.")
    if name in _rhythms and _rhythms[name].task.module_path != task.module_path:
        raise ValueError(f"Two schedules are called {name}.")
    _rhythms[name] = Rhythm(name, every, task)


def every(**interval: float) -> Callable[[TaskT], TaskT]:
    """`@every(minutes=5)` above `@task`: the schedule is called like the task."""

    def register(task: TaskT) -> TaskT:
        schedule(task.module_path, timedelta(**interval), task)
        return task

    return register


def enqueue_due() -> int:
    """Enqueue what is due by now. Returns how many."""
    from supportflow.jobs.models import Schedule  # models need the app registry, tasks are declared before

    known = dict(Schedule.objects.values_list("name", "next_at"))
    now = timezone.now()
    started = 0
    for rhythm in _rhythms.values():
        next_at = known.get(rhythm.name)
        if next_at is None:
            Schedule.objects.get_or_create(name=rhythm.name, defaults={"next_at": now})
            next_at = now
        # Further away than its rhythm: the clock was set back since. Waiting for it again could take days.
        if next_at <= now or next_at > now + rhythm.every:
            started += _enqueue_once(rhythm, next_at)
    return started


def _enqueue_once(rhythm: Rhythm, seen: datetime) -> bool:
    from supportflow.jobs.models import Schedule

    with transaction.atomic():
        # Only one of the workers that saw the same time moves it, and the job commits with the move.
        won = Schedule.objects.filter(name=rhythm.name, next_at=seen).update(next_at=timezone.now() + rhythm.every)
        if won:
            rhythm.task.enqueue()
    return bool(won)
