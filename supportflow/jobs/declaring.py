"""What a task is: the django-tasks Task with retries and a key that keeps it from being queued twice."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar, overload

import django_tasks
from django_tasks.base import Task

P = ParamSpec("P")
T = TypeVar("T")

Backoff = Callable[[int], float]  # the number of the attempt that failed, from 1 → seconds to wait
LONGEST_WAIT = 3600.0
KEY_LENGTH = 250
# The priority of work that waits for servers elsewhere: it never has more than half of a worker's threads, so that
# one of them which hangs holds nothing else up.
PATIENT = -100


def exponential(first: float = 4.0) -> Backoff:
    """Doubling waits: `first` seconds after the first failure, then twice as long each time."""

    def wait(attempt: int) -> float:
        return first * 2.0 ** min(attempt - 1, 30)

    return wait


def waiting_time(backoff: Backoff, attempt: int) -> timedelta:
    """Jitter keeps a hundred jobs that failed together from coming back together."""
    spread: float = random.uniform(0.75, 1.25)  # noqa: S311  not a secret
    return timedelta(seconds=min(LONGEST_WAIT, max(0.0, backoff(attempt)) * spread))


DEFAULT_BACKOFF = exponential()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseTask(Task[P, T]):
    """A task whose `enqueue` writes a row in the current transaction.

    max_attempts -- after this many failed runs (also runs whose worker died) the job stays as FAILED
    backoff      -- seconds to wait after the n-th failure; jitter is added, an hour is the most
    unique       -- a text, or a function of the arguments that gives one: while a job with it waits, another enqueue is
                    quiet; while it runs, one more run is noted and follows. Equal keys mean the same work.
    """

    max_attempts: int = 10
    backoff: Backoff = DEFAULT_BACKOFF
    unique: str | Callable[..., str] | None = None

    def live_key(self, args: list[Any], kwargs: dict[str, Any]) -> str | None:
        if self.unique is None:
            return None
        key = self.unique(*args, **kwargs) if callable(self.unique) else self.unique
        if len(whole := f"{self.module_path}:{key}") > KEY_LENGTH:
            raise ValueError(f"{self.module_path}: the unique key is longer than {KEY_LENGTH} characters; hash it.")
        return whole


@overload
def task(function: Callable[P, T], /) -> Task[P, T]: ...
@overload
def task(
    *,
    max_attempts: int = 10,
    backoff: Backoff | None = None,
    unique: str | Callable[..., str] | None = None,
    priority: int = 0,
) -> Callable[[Callable[P, T]], Task[P, T]]: ...
def task(
    function: Callable[P, T] | None = None,
    /,
    *,
    max_attempts: int = 10,
    backoff: Backoff | None = None,
    unique: str | Callable[..., str] | None = None,
    priority: int = 0,
) -> Task[P, T] | Callable[[Callable[P, T]], Task[P, T]]:
    """Make a module's function a task. It may run more than once: write it so that the second run does no harm."""
    declare: Callable[[Callable[P, T]], Task[P, T]] = django_tasks.task(
        max_attempts=max_attempts, backoff=backoff or DEFAULT_BACKOFF, unique=unique, priority=priority
    )
    return declare(function) if function else declare
