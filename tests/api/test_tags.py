from typing import Any

from supportflow.desk.models import Ticket
from supportflow.tags.models import Tag
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World


def test_a_tag_is_made_listed_changed_and_deleted(api: Caller, api_of: Any, world: World) -> None:
    omar = api_of(world.omar)
    answer = api.post("tags", {"name": "VIP ", "color": "#B8860B"})
    tag = answer.json()
    path = f"tags/{tag['id']}"
    assert (answer.status_code, answer["Location"]) == (201, f"/api/{path}")
    assert tag == {"id": tag["id"], "name": "VIP", "color": "#b8860b"}
    assert api.items("tags") == api.items("tags?q=vi") == [tag]
    api.patch(f"tickets/{world.ticket.pk}", {"tags": ["vip"]})
    assert omar.patch(path, {"name": "key account"}).json()["name"] == "key account"
    assert omar.put(path, {"name": "Vip"}).json() == {"id": tag["id"], "name": "Vip", "color": "#6b7280"}
    assert api.get(f"tickets/{world.ticket.pk}").json()["tags"][0]["name"] == "Vip"
    assert omar.delete(path).status_code == 204
    assert omar.delete(path).status_code == 404
    assert Ticket.objects.get(pk=world.ticket.pk).tags.count() == 0
    assert world.actions() == ["tag.created", "ticket.tagged", "tag.updated", "tag.updated", "tag.deleted"]


def test_an_agent_makes_tags_and_changes_none(api: Caller, world: World) -> None:
    path = f"tags/{api.post('tags', {'name': 'vip'}).json()['id']}"
    answers = [api.put(path, {"name": "x"}), api.patch(path, {"name": "x"}), api.delete(path)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 3
    assert world.actions() == ["tag.created"]


def test_wrong_tags_are_refused_by_the_field(api: Caller) -> None:
    api.post("tags", {"name": "Größe"})
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": "GRÖSSE"}, ["name"]),
        ({"name": "größe"}, ["name"]),
        ({"name": "a,b"}, ["name"]),
        ({"name": "x" * 41}, ["name"]),
        ({"name": "x", "color": "red"}, ["color"]),
        ({"name": "x", "color": None}, ["color"]),
        ({"name": "x", "colour": "#000000"}, ["colour"]),
    ]
    for values, fields in wrong:
        assert wrong_fields(api.post("tags", values)) == fields, values
    assert Tag.objects.count() == 1
