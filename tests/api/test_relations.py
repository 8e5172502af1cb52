"""/api/tickets/…/merge, links, checklist, time, snooze, similar; /api/comments/…/split and mail."""

from datetime import timedelta
from typing import Any

import pytest

from supportflow.core import clock
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import answer_ticket, create_ticket
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World


@pytest.fixture
def second(world: World) -> Ticket:
    return create_ticket("Login broken", world.lisa, Content.from_markdown("Me too."), by=world.john)


def path(ticket: Ticket, rest: str) -> str:
    return f"tickets/{ticket.number}/{rest}"


def test_merging_and_undoing_it(api: Caller, world: World, second: Ticket) -> None:
    answer = api.post(path(second, "merge"), {"into": world.ticket.number})
    assert (answer.status_code, answer.json()["number"]) == (200, world.ticket.number)
    assert [one["name"] for one in answer.json()["further_contacts"]] == ["Lisa Martinez"]
    assert api.get(path(second, "links")).json()["merged_into"]["number"] == world.ticket.number
    assert [one["id"] for one in api.get(path(world.ticket, "links")).json()["merged"]] == [second.pk]
    assert len(api.items(f"comments?ticket={world.ticket.number}")) == 2
    again = api.post(path(second, "merge"), {"into": world.ticket.number})
    assert (again.status_code, again.json()["code"]) == (409, "merged_already")
    assert api.patch(f"tickets/{second.number}", {"status": "OPEN"}).json()["code"] == "merged"
    assert api.delete(path(second, "merge")).status_code == 204
    assert api.delete(path(second, "merge")).json()["code"] == "not_merged"
    assert api.get(path(second, "links")).json() == {"merged_into": None, "merged": [], "links": []}


def test_links(api: Caller, world: World, second: Ticket) -> None:
    made = api.post(path(world.ticket, "links"), {"ticket": second.number, "kind": "PARENT"})
    assert (made.status_code, made.json()["ticket"]["number"]) == (200, second.number)
    assert api.get(path(second, "links")).json()["links"][0]["kind"] == "CHILD"
    assert api.delete(path(second, f"links/{world.ticket.number}")).status_code == 204
    assert api.delete(path(second, f"links/{world.ticket.number}")).status_code == 404


def test_a_checklist(api: Caller, world: World) -> None:
    for text in ("one", "two"):
        assert api.post(path(world.ticket, "checklist"), {"text": text}).status_code == 201
    first, last = api.get(path(world.ticket, "checklist")).json()["items"]
    changed = api.patch(path(world.ticket, f"checklist/{last['id']}"), {"is_done": True, "position": 1})
    assert changed.json() == {**last, "is_done": True, "position": 1}
    stale = api.patch(path(world.ticket, f"checklist/{last['id']}"), {"text": "x"}, {"If-Match": '"v1"'})
    assert stale.status_code == 412
    assert api.delete(path(world.ticket, f"checklist/{first['id']}")).status_code == 204
    assert [one["text"] for one in api.get(path(world.ticket, "checklist")).json()["items"]] == ["two"]


def test_time(api: Caller, world: World) -> None:
    entry = api.post(path(world.ticket, "time"), {"minutes": 25, "note": "Read"})
    assert (entry.status_code, entry.json()["user"]["name"]) == (201, "John Reyes")
    assert api.get(path(world.ticket, "time")).json() == {"minutes": 25, "items": [entry.json()]}
    assert api.delete(path(world.ticket, f"time/{entry.json()['id']}")).status_code == 204
    assert api.get(path(world.ticket, "time")).json()["minutes"] == 0


def test_snooze(api: Caller, world: World) -> None:
    until = (clock.now() + timedelta(days=1)).isoformat()
    assert api.put(path(world.ticket, "snooze"), {"until": until}).status_code == 200
    assert api.get(path(world.ticket, "snooze")).json()["until"]
    assert [one["number"] for one in api.items("tickets?snoozed=true")] == [world.ticket.number]
    assert api.delete(path(world.ticket, "snooze")).status_code == 204
    assert api.get(path(world.ticket, "snooze")).json() == {"until": None}


def test_splitting(api: Caller, world: World) -> None:
    comment = answer_ticket(world.ticket, Content.from_markdown("And this?"), by=world.sarah)
    made = api.post(f"comments/{comment.pk}/split", {"subject": "This"})
    assert (made.status_code, made.json()["description"]) == (201, "And this?")
    assert api.get(f"comments/{comment.pk}").json()["ticket"] == made.json()["number"]
    opening = world.ticket.comments.get(is_opening=True)
    assert api.post(f"comments/{opening.pk}/split", {}).json()["code"] == "split_opening"
    assert api.get(f"comments/{comment.pk}/mail").status_code == 404


@pytest.mark.parametrize(
    ("method", "rest", "data", "fields"),
    [
        ("post", "merge", {}, ["into"]),
        ("post", "merge", {"into": "T-9999"}, ["into"]),
        ("post", "links", {"ticket": "x"}, ["ticket"]),
        ("post", "links", {"ticket": "T-9999"}, ["ticket"]),
        ("post", "checklist", {"text": ""}, ["text"]),
        ("post", "time", {"minutes": 0}, ["minutes"]),
        ("post", "time", {"minutes": 5, "user": 3}, ["user"]),
        ("put", "snooze", {"until": "soon"}, ["until"]),
        ("put", "snooze", {"until": "2001-01-01T00:00:00Z"}, ["until"]),
    ],
)
def test_nonsense_is_refused_by_the_field(
    api: Caller, world: World, method: str, rest: str, data: dict[str, Any], fields: list[str]
) -> None:
    assert wrong_fields(api.call(method, path(world.ticket, rest), data)) == fields


def test_a_hidden_ticket_is_not_there(api: Caller, world: World, second: Ticket) -> None:
    hidden = world.hidden
    for rest in ("links", "checklist", "time", "snooze", "similar"):
        assert api.get(path(hidden, rest)).status_code == 404
    for call in (
        api.post(path(hidden, "merge"), {"into": second.number}),
        api.delete(path(hidden, "merge")),
        api.post(path(hidden, "checklist"), {"text": "x"}),
        api.post(path(hidden, "time"), {"minutes": 5}),
        api.post(f"comments/{hidden.comments.get().pk}/split", {}),
        api.get(f"comments/{hidden.comments.get().pk}/mail"),
    ):
        assert call.status_code == 404
    assert wrong_fields(api.post(path(second, "merge"), {"into": hidden.number})) == ["into"]
