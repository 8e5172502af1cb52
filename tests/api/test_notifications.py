from typing import Any

import pytest

from supportflow.desk.content import Content
from supportflow.desk.operations import answer_ticket, create_ticket, edit_tickets, follow_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.notifications.models import Notification
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World


@pytest.fixture
def three(world: World) -> list[Notification]:
    """John got three tickets."""
    tickets = [create_ticket(f"Order {n}", world.sarah, by=BY) for n in range(3)]
    edit_tickets(tickets, assignee_id=world.john.pk, by=world.emma)
    run_due_jobs()
    world.forget()
    return list(Notification.objects.filter(user=world.john).order_by("pk"))


def test_anothers_do_not_exist(world: World, three: list[Notification], api_of: Any) -> None:
    emma = api_of(world.emma)
    assert emma.items("notifications") == []
    assert emma.patch(f"notifications/{three[0].pk}", {"read": True}).status_code == 404
    assert emma.post("notifications/reading", {}).json() == {"marked": 0}


def test_all_of_it_by_api(api: Caller, world: World, three: list[Notification]) -> None:
    follow_ticket(world.ticket, by=world.john)
    for _message in range(2):
        answer_ticket(world.ticket, Content.from_markdown("Words."), by=world.sarah)
    run_due_jobs()
    newest = api.items("notifications?unread=true")[0]
    assert (newest["kind"], newest["count"], newest["ticket"], newest["read"]) == ("ANSWERED", 2, "T-0001", False)
    assert newest["text"] == "2 new messages in T-0001, by Sarah Johnson last"
    assert api.patch(f"notifications/{newest['id']}", {"read": True}).json()["read"] is True
    assert len(api.items("notifications?unread=true")) == 3
    assert api.post("notifications/reading", {"up_to": three[1].pk}).json() == {"marked": 2}
    assert api.post("notifications/reading", {}).json() == {"marked": 1}
    assert len(api.items("notifications")) == 4
    settings = api.patch("notifications/settings", {"ANSWERED": {"mail": "DAILY"}}).json()
    assert settings["ANSWERED"] == {"in_app": True, "mail": "DAILY"}
    assert api.get("notifications/settings").json() == settings
    assert wrong_fields(api.patch("notifications/settings", {"DUE": {"mail": "SOMETIMES"}})) == ["DUE.mail"]
    assert wrong_fields(api.patch("notifications/settings", {"OTHER": {}})) == ["OTHER"]
