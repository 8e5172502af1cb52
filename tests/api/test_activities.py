from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportflow.core import clock
from supportflow.crm.operations import create_contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import assign_ticket, move_ticket, purge_ticket, set_status, trash_ticket
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World


def test_a_ticket_tells_its_story(api: Caller, world: World) -> None:
    assign_ticket(world.ticket, world.emma, by=world.john)
    path = f"activities?ticket={world.ticket.number}"
    newest, created = api.items(path)
    assert newest == {
        "id": newest["id"],
        "action": "ticket.assigned",
        "actor": {"type": "user", "id": world.john.pk, "name": "John Reyes"},
        "ticket": {"id": world.ticket.pk, "number": world.ticket.number, "subject": "Unable to login"},
        "contact": {"id": world.sarah.pk, "name": "Sarah Johnson"},
        "company": {"id": world.acme.pk, "name": "Acme Corporation"},
        "changes": {"assignee": [None, world.emma.pk]},
        "metadata": {"names": [None, "Emma Clarke"]},
        "created_at": newest["created_at"],
    }
    assert created["actor"] == {"type": "system", "id": None, "name": "SupportFlow (test)"}
    assert api.get(f"activities/{newest['id']}").json() == newest
    assert api.items(f"{path}&after={created['id']}") == [newest]
    assert [row["id"] for row in api.items(f"{path}&after=0")] == [created["id"], newest["id"]]
    assert api.items(f"{path}&action=ticket.assigned&action=x") == [newest]
    assert {row["action"] for row in api.items(f"activities?contact={world.sarah.pk}")} == {
        "contact.created", "ticket.created", "ticket.assigned",
    }  # fmt: skip
    assert len(api.items(f"activities?company={world.acme.pk}&limit=2")) == 2


def test_wrong_questions_are_answered_by_the_parameter(api: Caller) -> None:
    wrong = {
        "ticket=x": ["ticket"],
        "ticket=1&ticket=2": ["ticket"],
        "contact=x": ["contact"],
        f"after={2**63}": ["after"],
        "after=-1": ["after"],
        "actor=1": ["actor"],
        "action=": ["action"],
    }
    for query, fields in wrong.items():
        assert wrong_fields(api.get(f"activities?{query}")) == fields, query
    for query in ("ticket=T-999999", "contact=999999", "company=999999"):
        assert api.get(f"activities?{query}").status_code == 404


def test_what_is_hidden_leaves_no_line(api: Caller, api_of: Any, world: World) -> None:
    hidden = api_of(world.priya).items(f"activities?ticket={world.hidden.number}")
    assert [row["action"] for row in hidden] == ["ticket.created"]
    assert api.get(f"activities?ticket={world.hidden.number}").status_code == 404
    assert api.get(f"activities/{hidden[0]['id']}").status_code == 404
    assert "A secret" not in str(api.items("activities?limit=200"))
    assert "A secret" not in str(api.items(f"activities?contact={world.lisa.pk}"))
    move_ticket(world.ticket, world.secret, by=world.olivia)
    assert "Unable to login" not in str(api.items("activities?limit=200"))


def test_users_tokens_and_teams_are_the_administrators_affair(api: Caller, api_of: Any, world: World) -> None:
    def kinds(caller: Caller) -> set[str]:
        return {row["action"].split(".")[0] for row in caller.items("activities?limit=200")}

    assert not kinds(api) & {"user", "token", "team", "mailbox"}
    assert not kinds(api_of(world.omar)) & {"user", "token", "mailbox"}
    assert kinds(api_of(world.olivia)) >= {"user", "team", "ticket"}


def test_what_is_purged_is_null_and_its_line_stays(api_of: Any, world: World) -> None:
    trash_ticket(world.ticket, by=world.olivia)
    purge_ticket(world.ticket, by=world.olivia)
    purged = api_of(world.olivia).items("activities?action=ticket.purged")[0]
    assert (purged["action"], purged["ticket"]) == ("ticket.purged", None)


def test_a_change_is_taken_back_once_and_in_time(api: Caller, world: World) -> None:
    set_status(world.ticket, "WAITING", by=world.john)
    waiting = world.trail()[-1].pk
    answer = api.post(f"activities/{waiting}/undoing")
    undone = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"/api/activities/{undone['id']}")
    assert (undone["action"], undone["changes"]) == ("ticket.status_changed.undone", {"status": ["WAITING", "OPEN"]})
    assert Ticket.objects.get(pk=world.ticket.pk).status == "OPEN"
    again = api.post(f"activities/{waiting}/undoing")
    assert (again.status_code, again.json()["code"]) == (409, "changed_since")
    assert api.post(f"activities/{undone['id']}/undoing").json()["code"] == "not_undoable"
    with clock.at(timezone.now() - timedelta(hours=1)):
        set_status(world.ticket, "WAITING", by=world.john)
    assert api.post(f"activities/{world.trail()[-1].pk}/undoing").json()["code"] == "undo_too_late"


def test_a_stranger_takes_nothing_back(api: Caller, world: World) -> None:
    set_status(world.hidden, "WAITING", by=world.priya)
    assert api.post(f"activities/{world.trail()[-1].pk}/undoing").status_code == 404
    assert api.post("activities/999999/undoing").status_code == 404
    assert Ticket.objects.get(pk=world.hidden.pk).status == "WAITING"


def test_a_page_costs_the_same_queries_however_long_it_is(api: Caller, world: World) -> None:
    for number in range(10):
        create_contact(first_name=f"c{number}", company_id=world.acme.pk, by=BY)
    api.get("me")
    for limit in (2, 200):
        with CaptureQueriesContext(connection) as asked:
            api.items(f"activities?limit={limit}")
        # the token, the actor's hidden teams, the lines, tickets, contacts, companies
        assert len(asked) <= 6, [query["sql"][:120] for query in asked.captured_queries]
