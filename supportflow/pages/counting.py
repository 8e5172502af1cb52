"""Numbers beside the places of the navigation, for whoever is signed in. Each app registers its own."""

from collections.abc import Callable
from typing import Any

Counter = Callable[[Any], int]
_counters: dict[str, Counter] = {}


def counts(name: str) -> Callable[[Counter], Counter]:
    """Declare what stands at `data-count="name"`; one more than `paging.COUNTED_UP_TO` means "more"."""

    def register(counter: Counter) -> Counter:
        _counters[name] = counter
        return counter

    return register


def counted_for(user: Any) -> dict[str, int]:
    return {name: counter(user) for name, counter in _counters.items()}
