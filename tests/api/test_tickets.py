from typing import Any

from django.db import connection

from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import set_status
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World

KEYS = {
    "id", "number", "subject", "description", "status", "priority", "category", "channel", "contact",
    "further_contacts", "company", "assignee", "team", "created_by", "tags", "due_at", "first_responded_at",
    "resolved_at", "closed_at", "reopened_count", "custom", "created_at", "updated_at", "deleted_at", "url",
}  # fmt: skip


def test_a_ticket_is_made_with_everything(api: Caller, world: World) -> None:
    sent = {
        "subject": "Größe  falsch 😀",
        "contact_id": world.sarah.pk,
        "description": "It is **wrong**.",
        "priority": "URGENT",
        "category": "BUG",
        "assignee_id": world.emma.pk,
        "due_at": "2026-12-01T10:00:00+02:00",
        "tags": ["VIP", "new one"],
        "further_contact_ids": [world.lisa.pk],
    }
    answer = api.post("tickets", sent)
    ticket = answer.json()
    assert answer.status_code == 201
    assert set(ticket) == KEYS
    assert answer["Location"] == f"/api/tickets/{ticket['number']}"
    assert answer["ETag"] == '"v1"'
    assert ticket["number"] == f"T-{ticket['id']:04d}"
    assert ticket["subject"] == "Größe falsch 😀"
    assert ticket["description"] == "It is **wrong**."
    assert (ticket["status"], ticket["priority"], ticket["category"], ticket["channel"]) == (
        "OPEN",
        "URGENT",
        "BUG",
        "API",
    )
    assert ticket["contact"] == {"id": world.sarah.pk, "name": "Sarah Johnson"}
    assert ticket["further_contacts"] == [{"id": world.lisa.pk, "name": "Lisa Martinez"}]
    assert ticket["company"] == {"id": world.acme.pk, "name": "Acme Corporation"}
    assert ticket["assignee"] == {"id": world.emma.pk, "name": "Emma Clarke"}
    assert ticket["created_by"] == {"id": world.john.pk, "name": "John Reyes"}
    assert ticket["due_at"] == "2026-12-01T08:00:00Z"
    assert ticket["created_at"].endswith("Z")
    assert [tag["name"] for tag in ticket["tags"]] == ["new one", "VIP"]
    assert api.get(f"tickets/{ticket['id']}").json() == ticket
    opening = Comment.objects.get(ticket=ticket["id"])
    assert (opening.author_contact, opening.is_opening, opening.delivery_state) == (world.sarah, True, "NONE")
    assert world.actions() == ["tag.created", "tag.created", "ticket.created"]
    assert world.trail()[-1].actor == {"type": "user", "id": world.john.pk, "name": "John Reyes"}


def test_the_least_ticket_takes_its_defaults(api: Caller, world: World) -> None:
    ticket = api.post("tickets", {"subject": "Help", "contact_id": world.lisa.pk}).json()
    assert (ticket["priority"], ticket["category"], ticket["description"]) == ("MEDIUM", "QUESTION", None)
    assert (ticket["company"], ticket["team"], ticket["assignee"], ticket["tags"]) == (None, None, None, [])


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"subject": ""}, "subject"),
    ({"subject": "  \t "}, "subject"),
    ({"subject": None}, "subject"),
    ({"subject": 5}, "subject"),
    ({"subject": "x" * 1_000_000}, "subject"),
    ({"subject": "a\x00b"}, "subject"),
    ({"subject": "a\x1bb"}, "subject"),
    ({"contact_id": 999_999}, "contact_id"),
    ({"contact_id": 2**64}, "contact_id"),
    ({"contact_id": -1}, "contact_id"),
    ({"contact_id": "1"}, "contact_id"),
    ({"contact_id": True}, "contact_id"),
    ({"contact_id": None}, "contact_id"),
    ({"priority": "urgent"}, "priority"),
    ({"category": None}, "category"),
    ({"assignee_id": 999_999}, "assignee_id"),
    ({"team_id": 999_999}, "team_id"),
    ({"company_id": 2**63 - 1}, "company_id"),
    ({"due_at": "2026-12-01T10:00:00"}, "due_at"),
    ({"due_at": "tomorrow"}, "due_at"),
    ({"due_at": 1_800_000_000}, "due_at"),
    ({"due_at": "9999-12-31T23:59:59-14:00"}, "due_at"),
    ({"due_at": "0001-01-01T00:00:00Z"}, "due_at"),
    ({"tags": "vip"}, "tags"),
    ({"tags": [1]}, "tags.0"),
    ({"tags": ["a,b"]}, "tags"),
    ({"tags": [str(n) for n in range(51)]}, "tags"),
    ({"tags": [""]}, "tags"),
    ({"further_contact_ids": [999_999]}, "further_contact_ids"),
    ({"custom": {"nope": 1}}, "custom.nope"),
    ({"custom": []}, "custom"),
    ({"description": "x" * 1_000_001}, "description"),
    ({"description": 1}, "description"),
    ({"status": "OPEN"}, "status"),
    ({"nonsense": 1}, "nonsense"),
    ({"id": 1}, "id"),
]


def test_a_wrong_value_is_named_and_nothing_is_written(api: Caller, world: World) -> None:
    before = Ticket.objects.count()
    for wrong, field in WRONG:
        sent = {"subject": "Help", "contact_id": world.sarah.pk, **wrong}
        assert wrong_fields(api.post("tickets", sent)) == [field], str(wrong)[:100]
    assert (Ticket.objects.count(), world.actions()) == (before, [])


def test_all_wrong_fields_are_told_at_once(api: Caller) -> None:
    assert wrong_fields(api.post("tickets", {"a": 1, "priority": 5})) == ["a", "contact_id", "priority", "subject"]


def test_a_ticket_goes_by_its_number_however_it_is_written(api: Caller, world: World) -> None:
    number = world.ticket.pk
    for written in (f"T-{number:04d}", f"t-{number}", f"{number}", f"{number:04d}", f"T-{number:09d}"):
        assert api.get(f"tickets/{written}").json()["id"] == number


def test_a_number_that_names_nothing_is_404(api: Caller) -> None:
    for number in ("T-999999", "0", "-1", "x", "T-", "1.0", "٣", "9" * 18, "9" * 19, "9" * 400, "%00", "T-1%0A", "%FF"):
        assert api.get(f"tickets/{number}").status_code == 404, number
        assert api.delete(f"tickets/{number}").status_code == 404, number
        assert api.patch(f"tickets/{number}", {"subject": "x"}).status_code == 404, number


def test_patch_changes_what_is_sent_through_the_named_operations(api: Caller, world: World) -> None:
    answer = api.patch(
        f"tickets/{world.ticket.number}",
        {"subject": "Login", "priority": "HIGH", "status": "WAITING", "assignee_id": world.john.pk, "tags": ["vip"]},
    )
    ticket = answer.json()
    assert answer.status_code == 200
    assert (ticket["subject"], ticket["priority"], ticket["status"]) == ("Login", "HIGH", "WAITING")
    assert ticket["description"] == "I cannot sign in."
    assert answer["ETag"] != '"v1"'
    assert world.actions() == [
        "ticket.updated",
        "ticket.assigned",
        "tag.created",
        "ticket.tagged",
        "ticket.status_changed",
    ]
    assert world.trail()[0].changes == {"subject": ["Unable to login", "Login"], "priority": ["MEDIUM", "HIGH"]}
    assert len({activity.batch_id for activity in world.trail()}) == 1


def test_the_same_patch_twice_is_quiet(api: Caller, world: World) -> None:
    for _again in range(2):
        answer = api.patch(f"tickets/{world.ticket.pk}", {"assignee_id": world.john.pk, "status": "WAITING"})
        assert (answer.status_code, answer["ETag"]) == (200, '"v3"')
    assert world.actions() == ["ticket.assigned", "ticket.status_changed"]


def test_an_empty_patch_changes_nothing(api: Caller, world: World) -> None:
    assert api.patch(f"tickets/{world.ticket.pk}", {}).status_code == 200
    assert world.actions() == []


def test_a_forbidden_move_is_refused_whole(api: Caller, world: World) -> None:
    answer = api.patch(f"tickets/{world.ticket.pk}", {"subject": "Other", "status": "CLOSED"})
    assert (answer.status_code, answer.json()["code"]) == (409, "status_move")
    assert "OPEN" in answer.json()["detail"]
    assert "CLOSED" in answer.json()["detail"]
    assert Ticket.objects.get(pk=world.ticket.pk).subject == "Unable to login"
    assert world.actions() == []


def test_put_puts_back_what_is_left_out_but_leaves_the_status(api: Caller, world: World) -> None:
    set_status(world.ticket, "WAITING", by=world.john)
    path = f"tickets/{world.ticket.pk}"
    api.patch(path, {"priority": "HIGH", "category": "BUG", "assignee_id": world.john.pk, "tags": ["vip"],
                     "due_at": "2026-12-01T10:00:00Z", "further_contact_ids": [world.lisa.pk]})  # fmt: skip
    ticket = api.put(path, {"subject": "Other", "contact_id": world.sarah.pk}).json()
    assert (ticket["subject"], ticket["priority"], ticket["category"]) == ("Other", "MEDIUM", "QUESTION")
    assert (ticket["assignee"], ticket["tags"], ticket["due_at"], ticket["further_contacts"]) == (None, [], None, [])
    assert ticket["status"] == "WAITING"
    assert ticket["company"] == {"id": world.acme.pk, "name": "Acme Corporation"}


def test_put_wants_what_has_no_default(api: Caller, world: World) -> None:
    assert wrong_fields(api.put(f"tickets/{world.ticket.pk}", {"priority": "LOW"})) == ["contact_id", "subject"]


def test_put_with_another_requester_brings_that_ones_company(api: Caller, world: World) -> None:
    path = f"tickets/{world.ticket.pk}"
    api.patch(path, {"company_id": None})
    assert api.put(path, {"subject": "x", "contact_id": world.sarah.pk}).json()["company"]["id"] == world.acme.pk
    assert api.put(path, {"subject": "x", "contact_id": world.lisa.pk}).json()["company"] is None


def test_delete_moves_to_the_trash_and_restoration_brings_back(api: Caller, world: World) -> None:
    path = f"tickets/{world.ticket.number}"
    for _again in range(2):
        gone = api.delete(path)
        assert (gone.status_code, gone.content) == (204, b"")
    assert api.get(path).json()["deleted_at"] is not None
    assert api.items("tickets") == []
    assert [ticket["id"] for ticket in api.items("tickets?trash=true")] == [world.ticket.pk]
    refused = api.patch(path, {"subject": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "in_trash")
    for _again in range(2):
        assert api.post(f"{path}/restoration").json()["deleted_at"] is None
    assert world.actions() == ["ticket.trashed", "ticket.restored"]


def test_a_stranger_finds_no_ticket_of_a_private_team(api: Caller, api_of: Any, world: World) -> None:
    path = f"tickets/{world.hidden.number}"
    answers = [
        api.get(path), api.delete(path), api.patch(path, {"subject": "x"}), api.post(f"{path}/restoration"),
        api.put(path, {"subject": "x", "contact_id": world.sarah.pk}),
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}
    assert world.actions() == []
    for insider in (world.priya, world.omar, world.olivia):
        assert api_of(insider).get(path).status_code == 200


def test_a_private_team_does_not_exist_for_strangers(api: Caller, api_of: Any, world: World) -> None:
    path, sent = f"tickets/{world.ticket.number}", {"team_id": world.secret.pk}
    answer = api.patch(path, sent)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "team_id")
    assert answer.json() == api.patch(path, {"team_id": 9999}).json()
    assert api_of(world.priya).patch(path, sent).json()["team"] == {"id": world.secret.pk, "name": "Secret"}
    assert api.get(path).status_code == 404


def test_a_customer_cannot_be_made_responsible_for_what_they_may_not_see(
    api: Caller, api_of: Any, world: World
) -> None:
    answer = api_of(world.priya).patch(f"tickets/{world.hidden.pk}", {"assignee_id": world.john.pk})
    assert (answer.status_code, answer.json()["code"]) == (409, "assignee_outside_team")


def test_one_ticket_costs_a_fixed_number_of_queries(api: Caller, world: World, django_assert_num_queries: Any) -> None:
    api.get("me")  # notes the use of the token, once a minute
    sent = {"subject": "x", "contact_id": world.sarah.pk, "description": "x", "tags": ["a", "b"]}
    api.post("tickets", sent)
    with django_assert_num_queries(7):
        # the token, the actor's hidden teams, the ticket, custom fields, tags, further contacts, the opening comment
        assert api.get(f"tickets/{world.ticket.pk}").status_code == 200
    with django_assert_num_queries(15 if connection.vendor == "sqlite" else 17):
        # The token, the requester and company, the tags; three rows and a job; the answer. PostgreSQL also wakes the
        # hubs and the workers.
        assert api.post("tickets", sent).status_code == 201
