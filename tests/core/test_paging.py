"""Lists page by keyset: every row once, in order, both ways, whatever happens meanwhile."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supportflow.core.errors import Invalid
from supportflow.core.paging import COUNTED_UP_TO, Page, bounded_count, page
from supportflow.crm.models import Company, Contact

SORTS = {
    "name": "name",
    "age": "created_at",
    "health": "health_score",
    "since": "customer_since",
    "deleted": "deleted_at",
}
SORTS_BOTH_WAYS = [*SORTS, *(f"-{name}" for name in SORTS)]
START = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

few = st.integers(0, 3)
moments = few.map(lambda microseconds: START + timedelta(microseconds=microseconds))
rows = st.lists(
    st.builds(
        Company,
        name=st.sampled_from("abc"),
        created_at=moments,
        health_score=st.none() | few,
        customer_since=st.none() | few.map(lambda days: (START + timedelta(days=days)).date()),
        deleted_at=st.none() | moments,
    ),
    max_size=14,
)


def companies() -> QuerySet[Company]:
    return Company.objects.all()


def listed(sort: str, limit: int, cursor: str | None = None) -> Page[Company]:
    return page(companies(), sort=sort, allowed=SORTS, limit=limit, cursor=cursor)


def walk(sort: str, limit: int, side: str = "next", cursor: str | None = None) -> Iterator[list[int]]:
    while True:
        found = listed(sort, limit, cursor)
        yield [row.pk for row in found.items]
        cursor = getattr(found, side)
        if cursor is None:
            return


def in_order(sort: str) -> list[int]:
    """The rows sorted by Python: by value, then id, both turned around by `-`; empty values last."""
    column, down = SORTS[sort.removeprefix("-")], sort.startswith("-")

    def key(row: Company) -> Any:
        return (getattr(row, column), row.pk)

    filled = [row for row in companies() if getattr(row, column) is not None]
    empty = [row for row in companies() if getattr(row, column) is None]
    return [
        row.pk for row in [*sorted(filled, key=key, reverse=down), *sorted(empty, key=lambda r: r.pk, reverse=down)]
    ]


@pytest.mark.django_db
@EXAMPLES
@given(rows=rows, limit=st.integers(1, 5), sort=st.sampled_from(SORTS_BOTH_WAYS))
def test_there_and_back_gives_every_row_once_in_order(rows: list[Company], limit: int, sort: str) -> None:
    with transaction.atomic():
        Company.objects.bulk_create(rows)
        pages = list(walk(sort, limit))
        assert [pk for part in pages for pk in part] == in_order(sort)
        cursor = None
        for _page in pages[1:]:
            cursor = listed(sort, limit, cursor).next
        back = list(walk(sort, limit, "previous", cursor))
        assert back == pages[::-1]
        transaction.set_rollback(True)


@pytest.mark.django_db
@EXAMPLES
@given(rows=rows, more=rows, limit=st.integers(1, 4), sort=st.sampled_from(SORTS_BOTH_WAYS), data=st.data())
def test_rows_that_come_and_go_break_nothing_and_repeat_nothing(
    rows: list[Company], more: list[Company], limit: int, sort: str, data: st.DataObject
) -> None:
    with transaction.atomic():
        Company.objects.bulk_create(rows)
        stayed, seen = set(companies().values_list("pk", flat=True)), []
        for part in walk(sort, limit):
            seen += part
            lose_one: bool = data.draw(st.booleans())
            if stayed and lose_one:
                gone = data.draw(st.sampled_from(sorted(stayed)))
                Company.objects.filter(pk=gone).delete()
                stayed.discard(gone)
            if more:
                more.pop().save(force_insert=True)
        assert len(seen) == len(set(seen))
        assert stayed <= set(seen)
        transaction.set_rollback(True)


@pytest.fixture
def twelve(db: None) -> None:
    Company.objects.bulk_create([Company(name=f"{place:02}") for place in range(12)])


def test_neither_end_has_a_cursor_beyond_it(twelve: None) -> None:
    first = listed("name", 6)
    last = listed("name", 6, first.next)
    assert first.previous is last.next is None
    assert first.next is not None
    assert last.previous is not None
    assert listed("name", 12).next is None


def test_a_page_whose_rows_are_gone_is_empty(twelve: None) -> None:
    cursor = listed("name", 6).next
    Company.objects.all().delete()
    assert listed("name", 6, cursor) == Page([], None, None)


def test_the_longest_name_fits_into_a_cursor(db: None) -> None:
    for place in range(2):
        Company.objects.create(name="".join(chr(0x1F300 + (7 * at + place) % 600) for at in range(200)))
    cursor = listed("name", 1).next
    assert cursor
    assert len(cursor) <= 2000
    assert len(listed("name", 1, cursor).items) == 1


def old_style(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def cut(cursor: str) -> str:
    return cursor[:-1]


def turned(cursor: str) -> str:
    return cursor[1] + cursor[0] + cursor[2:]


@pytest.mark.parametrize(
    "garbage",
    [
        "x",
        ":",
        "\x00",
        "🙂:🙂",
        "\udcff:x",
        "a" * 100_000,
        old_style("name", 0, "x", 1),
        old_style("health", 0, 1e999, 1),
        old_style("age", 0, "0001-01-01T00:00:00+14:00", 1),
        old_style("name", 0, "a\x00", 1),
        "[" * 3000,
        cut,
        turned,
    ],
)
def test_garbage_is_refused_by_name(twelve: None, garbage: str | Callable[[str], str]) -> None:
    real = listed("name", 6).next
    assert real
    with pytest.raises(Invalid) as refusal:
        listed("name", 6, garbage if isinstance(garbage, str) else garbage(real))
    assert set(refusal.value.fields) == {"cursor"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.text(min_size=1))
def test_any_other_text_is_refused_by_name(twelve: None, garbage: str) -> None:
    with pytest.raises(Invalid):
        listed("name", 6, garbage)


def test_a_cursor_fits_its_own_sort_and_list_alone(twelve: None) -> None:
    cursor = listed("name", 6).next
    for sort in ("-name", "age"):
        with pytest.raises(Invalid):
            listed(sort, 6, cursor)
    with pytest.raises(Invalid):
        page(Contact.objects.all(), sort="name", allowed={"name": "first_name"}, limit=6, cursor=cursor)


@pytest.mark.parametrize("sort", ["password", "", "-", "--name", "name ", "owner__password"])
def test_an_unknown_sort_names_the_known_ones(db: None, sort: str) -> None:
    with pytest.raises(Invalid) as refusal:
        listed(sort, 6)
    assert "age, deleted, health, name, since" in str(refusal.value)


def test_counts_are_exact_up_to_a_thousand(db: None) -> None:
    assert bounded_count(companies()) == 0
    Company.objects.bulk_create([Company(name="x") for _ in range(COUNTED_UP_TO)])
    assert bounded_count(companies().order_by("name")) == COUNTED_UP_TO
    Company.objects.bulk_create([Company(name="x") for _ in range(5)])
    assert bounded_count(companies()) == COUNTED_UP_TO + 1
