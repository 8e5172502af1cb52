from typing import Any

import pytest
from django.db import IntegrityError, transaction

from supportflow.core.errors import Forbidden, Invalid
from supportflow.fields.models import Field
from supportflow.fields.operations import clean_custom, create_field, update_field
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
        field = update_field(field, label=" Customer\tnumber ", by=world.olivia)
    assert (field.label, field.version) == ("Customer number", 2)
    assert [a.changes for a in world.trail()] == [{"label": ["Custom field 1", "Customer number"]}]
    with pytest.raises(Forbidden):
        update_field(field, label="x", by=world.omar)
    with pytest.raises(Invalid):
        update_field(field, label="", by=world.olivia)


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


def test_a_slug_follows_from_the_first_label_and_is_never_given_twice(world: World) -> None:
    labels = ["Größe der Firma", "Grosse der Firma", "尺寸", "尺寸", "x" * 80]
    slugs = [create_field("ticket", label, by=world.olivia).slug for label in labels]
    assert slugs == ["groe_der_firma", "grosse_der_firma", "field", "field_2", "x" * 32]
    field = Field.objects.get(slug="field_2")
    assert update_field(field, label="Other", by=world.olivia).slug == "field_2"
    assert world.actions() == ["field.created"] * 5 + ["field.updated"]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"model": "user", "label": "x"}, "model"),
        ({"model": "ticket", "label": " "}, "label"),
        ({"model": "ticket", "label": "x" * 81}, "label"),
        ({"model": "ticket", "label": "x", "kind": "formula"}, "kind"),
        ({"model": "ticket", "label": "x", "kind": "choice"}, "options"),
        ({"model": "ticket", "label": "x", "kind": "choice", "options": ["y" * 101]}, "options"),
        ({"model": "ticket", "label": "x", "kind": "choice", "options": map(str, range(101))}, "options"),
        ({"model": "ticket", "label": "x", "kind": "text", "options": ["y"]}, "options"),
    ],
)
def test_a_field_that_does_not_fit_is_refused(world: World, values: dict[str, Any], named: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_field(**values, by=world.olivia)
    assert list(refusal.value.fields) == [named]


def test_a_model_has_no_endless_number_of_fields(world: World) -> None:
    Field.objects.bulk_create(Field(model="ticket", slug=f"f{n}", label="f", kind="text") for n in range(50))
    with pytest.raises(Invalid):
        create_field("ticket", "One more", by=world.olivia)
    create_field("company", "Another", by=world.olivia)


def order() -> list[str]:
    found = list(Field.objects.filter(model="contact").order_by("position").values_list("slug", "position"))
    assert [position for _slug, position in found] == list(range(1, len(found) + 1))
    return [slug for slug, _position in found]


def test_they_are_put_in_order(world: World) -> None:
    field = Field.objects.get(slug="custom_3")
    for _again in range(2):
        update_field(field, position=1, by=world.olivia)
        assert order() == ["custom_3", "custom_1", "custom_2"]
    assert world.actions() == ["field.updated"] * 3
    update_field(field, position=99, by=world.olivia)
    assert order() == ["custom_1", "custom_2", "custom_3"]


def test_retired_ones_stand_behind_those_in_use_and_no_place_is_left_out(world: World) -> None:
    first, second, third = Field.objects.filter(model="contact").order_by("position")
    update_field(first, is_retired=True, by=world.olivia)
    assert order() == ["custom_2", "custom_3", "custom_1"]
    update_field(second, position=3, by=world.olivia)
    assert order() == ["custom_3", "custom_2", "custom_1"]
    update_field(third, is_retired=True, by=world.olivia)
    update_field(first, is_retired=False, label="First", position=1, by=world.olivia)
    assert order() == ["custom_1", "custom_2", "custom_3"]
    assert create_field("contact", "Fourth", by=world.olivia).position == 3
    assert order() == ["custom_1", "custom_2", "fourth", "custom_3"]
    told = next(activity.changes for activity in world.trail() if "label" in activity.changes)
    assert told == {"label": ["Custom field 1", "First"], "is_retired": [True, False], "position": [3, 1]}


def test_what_a_row_has_outlives_field_and_choice(fields: None, world: World) -> None:
    size, words = Field.objects.get(slug="size"), Field.objects.get(slug="words")
    kept = {"size": "M", "words": "a"}
    update_field(size, options=["S"], by=world.olivia)
    update_field(words, is_retired=True, by=world.olivia)
    assert clean_custom("ticket", {"size": "M", "count": 3}, kept) == {"size": "M", "words": "a", "count": 3}
    assert clean_custom("ticket", {}, kept) == {"words": "a"}
    assert clean_custom("ticket", kept, kept) == kept
    for wrong in ({"size": "L"}, {"words": "b"}, {"nothing": 1}):
        with pytest.raises(Invalid):
            clean_custom("ticket", wrong, kept)
    with pytest.raises(Invalid):
        clean_custom("ticket", {"size": "M"}, {})
    with pytest.raises(Invalid):
        clean_custom("ticket", {"paid": 1}, {"paid": True})
