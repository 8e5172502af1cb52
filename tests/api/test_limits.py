from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from supportflow.core.api.limits import Counter
from supportflow.core.api.problems import Problem


@pytest.fixture(autouse=True)
def one_minute() -> Iterator[None]:
    """Counts start anew with the minute; these tests stay within one."""
    with time_machine.travel("2026-05-01T12:00:10Z", tick=False):
        yield


@pytest.fixture
def counts_in_the_database(db: None, settings: Any) -> None:
    backend = "django.core.cache.backends.db.DatabaseCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "counts_of_a_test"}}
    call_command("createcachetable", verbosity=0)


def granted(counters: list[Counter], limit: int) -> int:
    """How many uses all of them get, taking turns, until each is refused."""
    count, going = 0, list(counters)
    while going:
        for counter in list(going):
            try:
                counter.use("key", limit)
                count += 1
            except Problem:
                going.remove(counter)
    return count


def test_in_memory_each_use_counts(db: None) -> None:
    assert granted([Counter("one")], 25) == 25


def test_processes_that_share_a_database_keep_to_one_limit(counts_in_the_database: None) -> None:
    # Blocks of three: a process may be left with one that it did not use up.
    assert 300 - 2 * 3 <= granted([Counter("shared"), Counter("shared")], 300) <= 300


def test_a_count_in_the_database_is_not_asked_at_each_use(
    counts_in_the_database: None, django_assert_max_num_queries: Any
) -> None:
    counter = Counter("rare")
    counter.use("key", 1000)
    with django_assert_max_num_queries(0):
        for _again in range(9):
            assert counter.use("key", 1000).remaining > 980
