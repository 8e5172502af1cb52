"""Saved views by the API."""

from supportflow.saved_views.operations import create_view
from tests.api.conftest import Caller
from tests.conftest import World

QUERY = "status=OPEN&not_priority=LOW&sort=-priority&columns=number%2Cstatus&layout=board"


def test_a_view_is_made_read_changed_and_deleted(api: Caller, world: World) -> None:
    made = api.post("views", {"name": "Open work", "query": QUERY})
    assert made.status_code == 201
    view = made.json()
    assert (view["query"], view["shared"], view["owner"]["name"]) == (QUERY, False, world.john.name)
    assert view["url"].endswith(f"/tickets?view={view['id']}&{QUERY}")
    assert api.get("views?q=work").json()["items"] == [view]
    changed = api.patch(f"views/{view['id']}", {"query": "status=WAITING"}, headers={"If-Match": made["ETag"]})
    assert changed.json()["query"] == "status=WAITING"
    assert api.patch(f"views/{view['id']}", {"name": "x"}, headers={"If-Match": made["ETag"]}).status_code == 412
    assert api.delete(f"views/{view['id']}").status_code == 204
    assert api.get(f"views/{view['id']}").status_code == 404
    assert world.actions() == ["view.created", "view.updated", "view.deleted"]


def test_what_is_anothers_or_not_allowed_is_refused(api: Caller, world: World) -> None:
    other = create_view("Emma's", by=world.emma)
    shared = create_view("All", shared=True, by=world.omar)
    assert [item["name"] for item in api.get("views").json()["items"]] == ["All"]
    assert api.get(f"views/{other.pk}").status_code == 404
    assert api.patch(f"views/{shared.pk}", {"name": "Mine"}).status_code == 403
    assert api.delete(f"views/{shared.pk}").status_code == 403
    assert api.post("views", {"name": "Mine", "shared": True}).status_code == 403


def test_nonsense_is_told_by_field(api: Caller, world: World) -> None:
    for sent, field in (
        ({"name": ""}, "name"),
        ({"name": "x", "query": "status=MAYBE"}, "status"),
        ({"name": "x", "query": "colour=red"}, "colour"),
        ({"name": "x", "query": "sort=colour"}, "sort"),
        ({"name": "x", "color": "red"}, "color"),
    ):
        answer = api.post("views", sent)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
