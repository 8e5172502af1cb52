import pytest

from supportflow.core.errors import Forbidden, Invalid, NotFound, Stale
from supportflow.crm.operations import tag_contact
from supportflow.desk.operations import tag_ticket
from supportflow.tags.operations import DEFAULT_COLOR, create_tag, delete_tag, tags_by_name, update_tag
from tests.conftest import World


def test_a_tag_has_a_tidy_name_and_a_colour(world: World) -> None:
    tag = create_tag("  Very \n important ", " #C0392B", by=world.john)
    assert (tag.name, tag.color, tag.version) == ("Very important", "#c0392b", 1)
    assert create_tag("plain", by=world.john).color == DEFAULT_COLOR
    assert [activity.metadata for activity in world.trail()] == [
        {"name": "Very important", "color": "#c0392b"},
        {"name": "plain", "color": DEFAULT_COLOR},
    ]


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "a,b", "a\x00", "vip", "VIP", "STRASSE", "straße"])
def test_a_name_that_is_taken_or_none_is_refused(world: World, name: str) -> None:
    create_tag("Vip", by=world.john)
    create_tag("Straße", by=world.john)
    with pytest.raises(Invalid) as refusal:
        create_tag(name, by=world.john)
    assert list(refusal.value.fields) == ["name"]


@pytest.mark.parametrize("color", ["", "red", "#fff", "#12345g", "c0392b", "#c0392b;x", "#c0392b\n#"])
def test_a_colour_is_six_hexadecimal_digits(world: World, color: str) -> None:
    with pytest.raises(Invalid, match="hexadecimal"):
        create_tag("vip", color, by=world.john)


def test_renaming_and_recolouring_is_one_change(world: World) -> None:
    tag = create_tag("vip", by=world.john)
    for _again in range(2):
        tag = update_tag(tag, name="VIP customer", color="#000000", by=world.omar)
    assert (tag.key, tag.version) == ("vip customer", 2)
    assert world.actions() == ["tag.created", "tag.updated"]
    assert world.trail()[1].changes == {"name": ["vip", "VIP customer"], "color": [DEFAULT_COLOR, "#000000"]}
    assert world.trail()[1].subject_version == 2
    assert update_tag(tag, name="vip CUSTOMER", by=world.omar).name == "vip CUSTOMER"
    with pytest.raises(Stale):
        update_tag(tag, color="#111111", version=1, by=world.omar)


def test_agents_make_tags_and_supervisors_change_them(world: World) -> None:
    tag = create_tag("vip", by=world.john)
    with pytest.raises(Forbidden):
        update_tag(tag, name="x", by=world.john)
    with pytest.raises(Forbidden):
        delete_tag(tag, by=world.john)
    with pytest.raises(Forbidden):
        create_tag("x", by=world.sarah)


def test_a_deleted_tag_comes_off_everything_and_stays_in_the_trail(world: World) -> None:
    tag = create_tag("vip", by=world.john)
    tag_ticket(world.ticket, [tag], by=world.john)
    tag_contact(world.sarah, [tag], by=world.john)
    with pytest.raises(Stale):
        delete_tag(tag, version=7, by=world.omar)
    delete_tag(tag, by=world.omar)
    assert not world.ticket.tags.exists()
    assert not world.sarah.tags.exists()
    last = world.trail()[-1]
    assert (last.action, last.subject_id, last.metadata["name"]) == ("tag.deleted", tag.pk, "vip")
    assert world.trail()[1].changes == {"tags": [[], ["vip"]]}
    with pytest.raises(NotFound):
        update_tag(tag, name="x", by=world.omar)


def test_tags_by_name_finds_any_case_and_makes_what_is_missing(world: World) -> None:
    vip = create_tag("VIP", by=world.john)
    found = tags_by_name(["vip", "Vip ", "new"], by=world.john)
    assert [tag.name for tag in found] == ["VIP", "new"]
    assert found[0] == vip
    assert world.actions() == ["tag.created", "tag.created"]
    assert tags_by_name([], by=world.john) == []
    with pytest.raises(Invalid, match="no tag other"):
        tags_by_name(["vip", "other"], by=world.john, create=False)
    with pytest.raises(Invalid, match="At most 50"):
        tags_by_name([f"tag {number}" for number in range(51)], by=world.john)
