from typing import Any

import pytest

from supportflow.desk.models import Comment
from supportflow.desk.operations import create_macro, create_ticket, trash_ticket
from supportflow.jobs.testing import run_due_jobs
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World


def sent(world: World, **values: Any) -> dict[str, Any]:
    tickets = [world.ticket.number, world.hidden.pk]
    return {"tickets": tickets, "visibility": "PUBLIC", "body": "Hello {{customer.first_name}}", **values}


def test_it_is_checked_sent_and_looked_at(api: Caller, world: World) -> None:
    left_out = [{"ticket": world.hidden.number, "reason": "This does not exist, or you may not see it."}]
    check = api.post("bulk-replies/check", sent(world))
    assert check.status_code == 200
    assert check.json() == {"tickets": [world.ticket.number], "addresses": 1, "left_out": left_out}
    answer = api.post("bulk-replies", sent(world, status="WAITING"))
    reply = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"/api/bulk-replies/{reply['id']}")
    assert (reply["state"], reply["total"], reply["handled"], reply["addresses"]) == ("HELD", 1, 0, 1)
    assert reply["left_out"] == left_out
    run_due_jobs(delayed=True)
    after = api.get(f"bulk-replies/{reply['id']}").json()
    assert (after["state"], after["handled"], after["status"]) == ("SENT", 1, "WAITING")
    assert Comment.objects.latest("pk").body == "Hello Sarah"
    late = api.post(f"bulk-replies/{reply['id']}/undo")
    assert (late.status_code, late.json()["code"]) == (409, "already_sent")


def test_taken_back_nothing_goes_out(api: Caller, world: World) -> None:
    reply = api.post("bulk-replies", sent(world)).json()
    before = Comment.objects.count()
    assert api.post(f"bulk-replies/{reply['id']}/undo").json()["state"] == "TAKEN_BACK"
    assert api.post(f"bulk-replies/{reply['id']}/undo").status_code == 200
    run_due_jobs(delayed=True)
    assert Comment.objects.count() == before


def test_the_same_key_sends_once(api: Caller, world: World) -> None:
    first, second = (api.post("bulk-replies", sent(world), {"Idempotency-Key": "once"}).json() for _ in range(2))
    assert first == second
    before = Comment.objects.count()
    run_due_jobs(delayed=True)
    assert Comment.objects.count() == before + 1


def test_a_macro_and_a_note(api: Caller, world: World) -> None:
    macro = create_macro("Look", body="Look, {{agent.first_name}}", changes={"priority": "HIGH"}, by=world.john)
    other = create_ticket("Other", world.sarah, by=world.john)
    data = {"tickets": [world.ticket.number, other.number], "visibility": "INTERNAL", "macro_id": macro.pk}
    assert api.post("bulk-replies", data).json()["total"] == 2
    run_due_jobs(delayed=True)
    notes = Comment.objects.filter(visibility="INTERNAL").values_list("body", flat=True)
    assert list(notes) == ["Look, John"] * 2
    other.refresh_from_db()
    assert other.priority == "HIGH"


def test_nobody_else_finds_it(api: Caller, api_of: Any, world: World) -> None:
    reply = api.post("bulk-replies", sent(world)).json()
    other = api_of(world.emma)
    assert other.get(f"bulk-replies/{reply['id']}").status_code == 404
    assert other.post(f"bulk-replies/{reply['id']}/undo").status_code == 404


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "{{customer.shoe}}"}, "body"),
        ({"tickets": []}, "tickets"),
        ({"tickets": list(range(1, 1002))}, "tickets"),
        ({"visibility": "LOUD"}, "visibility"),
        ({"status": "SOON"}, "status"),
    ],
)
def test_nonsense_is_named(api: Caller, world: World, values: dict[str, Any], field: str) -> None:
    assert wrong_fields(api.post("bulk-replies", sent(world, **values))) == [field]


def test_where_nobody_may_get_it_it_is_refused(api: Caller, world: World) -> None:
    trash_ticket(world.ticket, by=world.john)
    answer = api.post("bulk-replies", sent(world))
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_gets_it")
