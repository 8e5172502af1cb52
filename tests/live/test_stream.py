"""Changes reach the browsers that may know of them: real servers, real streams, nothing timed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from supportflow.accounts.models import User
from supportflow.accounts.operations import deactivate_user, set_team_members
from supportflow.core.door import operation, record_many
from supportflow.core.models import Activity
from supportflow.core.purging import declared_purge
from supportflow.crm.operations import update_contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import set_status, update_ticket
from tests.conftest import BY, World
from tests.live.conftest import OpenStream, WebProcess

SignIn = Callable[[User], Client]


def last_activity() -> int:
    return Activity.objects.order_by("-pk").values_list("pk", flat=True)[0]


def test_a_change_through_one_process_shows_in_the_stream_of_another(
    committed_world: World, open_stream: OpenStream, web_processes: tuple[WebProcess, WebProcess], sign_in: SignIn
) -> None:
    world = committed_world
    stream = open_stream(world.emma)
    cookies = {name: cookie.value for name, cookie in sign_in(world.john).cookies.items()}
    cookies[settings.CSRF_COOKIE_NAME] = "c" * 32
    connection = web_processes[0].connect()
    connection.request(
        "POST",
        f"/tickets/{world.ticket.number}/fields",
        body="field=priority&priority=URGENT",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": "c" * 32,
        },
    )
    assert connection.getresponse().status in {200, 302}
    connection.close()
    activity = Activity.objects.get(pk=last_activity())
    assert stream.event() == {
        "id": activity.pk,
        "ticket": world.ticket.pk,
        "contact": world.sarah.pk,
        "company": world.acme.pk,
        "action": "ticket.updated",
        "actor": f"user:{world.john.pk}",
        "activity": activity.pk,
    }


def test_nobody_hears_of_what_they_may_not_see(committed_world: World, open_stream: OpenStream) -> None:
    world = committed_world
    john, priya = open_stream(world.john), open_stream(world.priya)
    update_ticket(world.hidden, priority="HIGH", by=BY)
    update_ticket(world.ticket, priority="HIGH", by=BY)
    assert (john.event() or {})["ticket"] == world.ticket.pk
    assert (priya.event() or {})["ticket"] == world.hidden.pk
    set_team_members(world.secret, [world.priya, world.john], by=BY)
    update_ticket(world.hidden, priority="LOW", by=BY)
    assert (john.event() or {})["ticket"] == world.hidden.pk, "the rights of this moment count"
    set_team_members(world.secret, [world.priya], by=BY)
    update_ticket(world.hidden, priority="URGENT", by=BY)
    update_contact(world.lisa, title="Director", by=BY)
    event = john.event() or {}
    assert (event["ticket"], event["contact"]) == (None, world.lisa.pk)


def test_a_rollback_is_no_news(committed_world: World, open_stream: OpenStream) -> None:
    world = committed_world
    stream = open_stream(world.john)
    with transaction.atomic():
        set_status(world.ticket, "RESOLVED", by=BY)
        transaction.set_rollback(True)
    update_ticket(world.ticket, priority="HIGH", by=BY)
    assert (stream.event() or {})["action"] == "ticket.updated"


@pytest.mark.parametrize("told", ["by the browser", "by the page", "by the age of the page"])
def test_what_was_missed_is_told_on_the_next_connect(
    committed_world: World, open_stream: OpenStream, told: str
) -> None:
    world = committed_world
    before = last_activity()
    update_ticket(world.hidden, priority="HIGH", by=BY)
    update_ticket(world.ticket, priority="HIGH", by=BY)
    if told == "by the browser":
        stream = open_stream(world.john, after=1, last_event_id=str(before))
    elif told == "by the page":
        stream = open_stream(world.john, after=before)
    else:
        make_older(before)
        stream = open_stream(world.john, age=100)
    event = stream.event() or {}
    assert (event["ticket"], event["id"]) == (world.ticket.pk, last_activity())
    update_ticket(world.ticket, priority="LOW", by=BY)
    assert (stream.event() or {})["id"] == last_activity()


def make_older(last: int) -> None:
    """Everything until `last` happened a minute before the rest."""
    with declared_purge("tests"):
        Activity.objects.filter(pk__lte=last).update(created_at=timezone.now() - timedelta(minutes=1))


def test_too_much_to_tell_one_by_one_is_a_reset(committed_world: World, open_stream: OpenStream) -> None:
    world = committed_world
    before = last_activity()
    live = open_stream(world.john)
    many_changes(world.ticket)
    assert live.event() == {"id": last_activity(), "reset": True}
    assert open_stream(world.john, after=before).event() == {"id": last_activity(), "reset": True}


@operation
def many_changes(ticket: Ticket) -> None:
    record_many("ticket.updated", [(ticket, {"priority": ["LOW", "HIGH"]})] * 150, by=BY)


def test_nonsense_as_the_last_event_is_taken_as_none(committed_world: World, open_stream: OpenStream) -> None:
    world = committed_world
    streams = [open_stream(world.john, last_event_id=nonsense) for nonsense in ("-1", "x", "9" * 30, "1 OR 1=1")]
    update_ticket(world.ticket, priority="HIGH", by=BY)
    assert [(stream.event() or {})["id"] for stream in streams] == [last_activity()] * 4


def test_deactivation_ends_the_stream(committed_world: World, open_stream: OpenStream) -> None:
    world = committed_world
    stream = open_stream(world.john)
    deactivate_user(world.john, by=BY)
    assert stream.event() is None


@pytest.mark.django_db
def test_without_a_session_there_is_no_stream(client: Client) -> None:
    assert client.get("/live").status_code == 401
    client.cookies[settings.SESSION_COOKIE_NAME] = "forged"
    assert client.get("/live").status_code == 401


def test_one_user_has_at_most_twenty_streams(committed_world: World, open_stream: OpenStream) -> None:
    for _ in range(20):
        open_stream(committed_world.john)
    open_stream(committed_world.john, expect=429)
    open_stream(committed_world.emma)
