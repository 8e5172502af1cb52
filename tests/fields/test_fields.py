from typing import Any

import pytest
from django.db import IntegrityError, transaction

from supportflow.core.errors import Forbidden, Invalid
from supportflow.fields.models import Field
from supportflow.fields.operations import clean_custom, relabel_field
from tests.conftest import World

KINDS = {"words": "text", "count": "number", "day": "date", "size": "choice", "paid": "check"}


@pytest.fixture
def fields(db: None) -> None:
    for slug, kind in KINDS.items():
        Field.objects.create(model="ticket", slug=slug, label=slug, kind=kind, options=["S", "M"])


def test_contacts_have_three_from_the_start(db: None) -> None:
    assert list(Field.objects.order_by("position").values_list("model", "slug", "kind")) == [
        ("contact", "custom_1", "text"),
        ("contact", "custom_2", "text"),
        ("contact", "custom_3", "text"),
    ]


def test_an_administrator_relabels_them(world: World) -> None:
    field = Field.objects.get(slug="custom_1")
    for _again in range(2):
        field = relabel_field(field, " Customer\tnumber ", by=world.olivia)
    assert (field.label, field.version) == ("Customer number", 2)
    assert [a.changes for a in world.trail()] == [{"label": ["Custom field 1", "Customer number"]}]
    with pytest.raises(Forbidden):
        relabel_field(field, "x", by=world.omar)
    with pytest.raises(Invalid):
        relabel_field(field, "", by=world.olivia)


@pytest.mark.parametrize(
    ("slug", "value", "kept"),
    [
        ("words", " a \n b ", "a b"),
        ("count", 3, 3),
        ("count", -0.5, -0.5),
        ("day", "2026-02-28", "2026-02-28"),
        ("size", "M", "M"),
        ("paid", False, False),
    ],
)
def test_values_of_every_kind_are_kept_typed(fields: None, slug: str, value: Any, kept: Any) -> None:
    assert clean_custom("ticket", {slug: value}) == {slug: kept}


@pytest.mark.parametrize(
    ("slug", "value"),
    [
        ("words", 3),
        ("words", "x" * 501),
        ("words", "a\x00"),
        ("words", ["a"]),
        ("count", "3"),
        ("count", True),
        ("count", float("nan")),
        ("count", float("inf")),
        ("count", 10**400),
        ("day", "28.2.2026"),
        ("day", "2026-02-30"),
        ("day", 20260228),
        ("size", "XL"),
        ("size", {}),
        ("paid", "yes"),
        ("paid", 1),
    ],
)
def test_other_values_are_refused_by_the_fields_name(fields: None, slug: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_custom("ticket", {slug: value})
    assert list(refusal.value.fields) == [f"custom.{slug}"]


def test_unknown_fields_name_the_known_ones_and_empty_values_are_left_out(fields: None) -> None:
    with pytest.raises(Invalid, match="count, day, paid, size, words"):
        clean_custom("ticket", {"wrods": "a"})
    with pytest.raises(Invalid):
        clean_custom("contact", {"words": "a"})
    assert clean_custom("ticket", {"words": "", "count": None, "paid": True}) == {"paid": True}
    assert clean_custom("ticket", {}) == {}


def test_the_database_knows_the_kinds_and_one_field_of_a_name(fields: None) -> None:
    for wrong in ({"kind": "formula"}, {"slug": "count"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Field.objects.create(**{"model": "ticket", "slug": "x", "label": "x", "kind": "text"} | wrong)
