"""Acts, timed."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

AT_ONCE = 4  # clients
WARM_UP = 5  # times, not counted: the first of its kind writes SQL and compiles templates
LEAST, MOST = 10, 2_000  # times

# Does it, and returns how long the part that counts took, in seconds.
Act = Callable[[], float]


@dataclass(frozen=True)
class Figure:
    """Milliseconds, as the client saw them."""

    p50: float
    p95: float
    times: int


def measure(act: Act, seconds: float) -> Figure:
    for _ in range(WARM_UP):
        act()
    took: list[float] = []
    end = time.monotonic() + seconds
    while len(took) < LEAST or (time.monotonic() < end and len(took) < MOST):
        took.append(act())
    return figure(took)


def figure(took: Sequence[float]) -> Figure:
    """Of times in seconds."""
    ordered = sorted(took)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 3)

    return Figure(at(0.5), at(0.95), len(ordered))


def rate(acts: Sequence[Act], seconds: float) -> float:
    """How many a second, all acts at once, each again and again on a thread of its own."""
    done = [0] * len(acts)
    failures: list[Exception] = []
    end = time.monotonic() + seconds

    def keep_on(place: int) -> None:
        try:
            while time.monotonic() < end:
                acts[place]()
                done[place] += 1
        except Exception as error:  # noqa: BLE001  raised in the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=keep_on, args=(place,)) for place in range(len(acts))]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return round(sum(done) / (time.monotonic() - began), 1)


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
