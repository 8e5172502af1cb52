from typing import Any

from supportflow.fields.models import Field
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World

SIZE = {"model": "ticket", "label": "Size", "kind": "choice", "options": ["S", "M"]}


def test_an_administrator_keeps_them(world: World, api: Caller, api_of: Any) -> None:
    olivia = api_of(world.olivia)
    answer = olivia.post("fields", SIZE)
    made = answer.json()
    assert (answer.status_code, made["slug"], made["position"], made["is_retired"]) == (201, "size", 1, False)
    path = f"fields/{made['id']}"
    assert api.get(path).json() == made  # everybody may know what there is
    assert [row["slug"] for row in api.items("fields?model=contact")] == ["custom_1", "custom_2", "custom_3"]
    changed = olivia.patch(path, {"label": "T-shirt", "options": ["S"]}, {"If-Match": answer["ETag"]})
    assert (changed.json()["label"], changed.json()["options"], changed["ETag"]) == ("T-shirt", ["S"], '"v2"')
    assert olivia.patch(path, {"label": "x"}, {"If-Match": '"v1"'}).status_code == 412
    third = Field.objects.get(slug="custom_3")
    assert olivia.patch(f"fields/{third.pk}", {"position": 1}).json()["position"] == 1
    retired = olivia.patch(path, {"is_retired": True}).json()
    assert (retired["is_retired"], retired["position"]) == (True, 1)
    third = olivia.patch(f"fields/{third.pk}", {"is_retired": True}).json()
    assert [(row["slug"], row["position"]) for row in api.items("fields?model=contact&sort=position")] == [
        ("custom_1", 1),
        ("custom_2", 2),
        ("custom_3", 3),
    ]
    assert olivia.patch(f"fields/{third['id']}", {"position": third["position"]}).json() == third
    assert api.items("fields?is_retired=true&model=ticket")[0]["slug"] == "size"
    assert api.get(f"tickets/{world.ticket.number}").json()["custom"] == {}
    for call in (api.post("fields", SIZE), api.patch(path, {"label": "x"})):
        assert call.status_code == 403
    assert api.get("fields/999999").status_code == 404


def test_nonsense_is_refused_by_the_field(world: World, api_of: Any) -> None:
    olivia = api_of(world.olivia)
    for change, named in (
        ({"label": ""}, ["label"]),
        ({"model": "user"}, ["model"]),
        ({"kind": "formula"}, ["kind"]),
        ({"options": []}, ["options"]),
        ({"kind": "text"}, ["options"]),
        ({"slug": "x"}, ["slug"]),
    ):
        assert wrong_fields(olivia.post("fields", SIZE | change)) == named


def test_values_of_a_ticket_follow(world: World, api: Caller, api_of: Any) -> None:
    olivia = api_of(world.olivia)
    size = olivia.post("fields", SIZE).json()["id"]
    path = f"tickets/{world.ticket.number}"
    assert api.patch(path, {"custom": {"size": "M"}}).json()["custom"] == {"size": "M"}
    assert wrong_fields(api.patch(path, {"custom": {"size": "XL"}})) == ["custom.size"]
    olivia.patch(f"fields/{size}", {"is_retired": True})
    assert api.patch(path, {"custom": {}, "priority": "HIGH"}).json()["custom"] == {}
    olivia.patch(f"fields/{size}", {"is_retired": False})
    assert api.get(path).json()["custom"] == {"size": "M"}
