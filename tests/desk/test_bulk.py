"""Many tickets at once: from the list, as one act that can be taken back."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.models import User
from supportflow.core.models import Activity
from supportflow.desk.models import Reading, Ticket
from supportflow.desk.operations import (
    create_ticket,
    edit_ticket,
    purge_ticket,
    see_ticket,
    set_status,
    trash_ticket,
    update_ticket,
)
from supportflow.tags.models import Tag
from tests.conftest import World


@pytest.fixture
def three(world: World) -> list[Ticket]:
    return [create_ticket(f"Order {n}", world.sarah, by=world.john) for n in range(3)]


def post(client: Client, tickets: list[Ticket], **values: Any) -> Any:
    return client.post("/tickets/bulk", {"ticket": [ticket.pk for ticket in tickets], **values}, follow=True)


def now(tickets: list[Ticket], *names: str) -> list[Any]:
    rows = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).order_by("pk")
    return list(rows.values_list(*names, flat=len(names) == 1))


def undo(client: Client, answer: Any) -> Any:
    address = re.search(r'action="(/batches/[^"]+/undo)"', answer.content.decode())
    assert address
    return client.post(address[1], {"next": "/tickets?status=OPEN"}, follow=True)


@pytest.mark.parametrize(
    ("values", "field", "before", "after"),
    [
        ({"status": "WAITING"}, "status", "OPEN", "WAITING"),
        ({"priority": "URGENT"}, "priority", "MEDIUM", "URGENT"),
        ({"category": "BUG"}, "category", "QUESTION", "BUG"),
    ],
)
def test_one_act_changes_all_and_one_undo_takes_all_back(
    browser: Client, three: list[Ticket], world: World, values: dict[str, str], field: str, before: str, after: str
) -> None:
    already = Activity.objects.count()
    answer = post(browser, three, **values)
    assert "3 tickets changed" in answer.content.decode()
    assert now(three, field) == [after] * 3
    told = list(Activity.objects.order_by("pk"))[already:]
    assert [one.subject_id for one in told] == [ticket.pk for ticket in three]
    assert len({one.batch_id for one in told}) == 1
    undone = undo(browser, answer)
    assert undone.redirect_chain[-1][0] == "/tickets?status=OPEN"
    assert now(three, field) == [before] * 3


def test_assignee_team_and_tags_of_many(browser: Client, three: list[Ticket], world: World) -> None:
    edit_ticket(three[0], tags=["bug", "old"], by=world.john)
    post(browser, three, assignee=world.emma.pk, add_tags="vip, Bug", remove_tags="OLD")
    assert now(three, "assignee") == [world.emma.pk] * 3
    assert [sorted(tag.name for tag in ticket.tags.all()) for ticket in three] == [["bug", "vip"]] * 3
    answer = post(browser, three, assignee="")
    assert now(three, "assignee") == [None] * 3
    undo(browser, answer)
    assert now(three, "assignee") == [world.emma.pk] * 3


def test_what_is_refused_is_named_and_the_rest_is_done(browser: Client, three: list[Ticket], world: World) -> None:
    set_status(set_status(three[1], "RESOLVED", by=world.john), "CLOSED", by=world.john)
    answer = post(browser, three, status="WAITING")
    assert now(three, "status") == ["WAITING", "CLOSED", "WAITING"]
    html = answer.content.decode()
    assert "2 tickets changed" in html
    assert f"{three[1].number}: A ticket cannot go from CLOSED to WAITING" in html


def test_undo_leaves_alone_what_changed_since(browser: Client, three: list[Ticket], world: World) -> None:
    answer = post(browser, three, priority="HIGH")
    update_ticket(three[2], priority="LOW", by=world.emma)
    html = undo(browser, answer).content.decode()
    assert now(three, "priority") == ["MEDIUM", "MEDIUM", "LOW"]
    assert f"{three[2].number}: This changed again since" in html
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        again = post(browser, three, priority="URGENT")
    with time_machine.travel(timezone.now() + timedelta(minutes=12)):
        assert "The time to undo this is over" in undo(browser, again).content.decode()
    assert now(three, "priority") == ["URGENT"] * 3


def test_several_changes_of_each_ticket_are_undone_together(browser: Client, three: list[Ticket], world: World) -> None:
    answer = post(browser, three, priority="HIGH", status="WAITING", assignee=world.emma.pk, add_tags="vip")
    assert now(three, "priority", "status", "assignee") == [("HIGH", "WAITING", world.emma.pk)] * 3
    undo(browser, answer)
    assert now(three, "priority", "status", "assignee") == [("MEDIUM", "OPEN", None)] * 3
    assert not any(ticket.tags.exists() for ticket in three)
    assert Tag.objects.filter(name="vip").exists()


def test_into_the_trash_and_back(browser: Client, three: list[Ticket], world: World) -> None:
    answer = post(browser, three, trash="in")
    assert Ticket.objects.trashed().count() == 3
    undo(browser, answer)
    assert not Ticket.objects.trashed().exists()
    post(browser, three, trash="in")
    post(browser, three, trash="out")
    assert not Ticket.objects.trashed().exists()


def test_undo_brings_back_what_is_not_purged_by_now(browser: Client, three: list[Ticket], world: World) -> None:
    answer = post(browser, three, trash="in")
    purge_ticket(three[0], by=world.olivia)
    undo(browser, answer)
    assert Ticket.objects.alive().filter(pk__in=[ticket.pk for ticket in three]).count() == 2


def test_nobody_changes_or_undoes_what_they_may_not_see(
    browser: Client, three: list[Ticket], world: World, sign_in: Callable[[User], Client]
) -> None:
    post(browser, [world.hidden, three[0]], priority="HIGH")
    assert now([world.hidden, three[0]], "priority") == ["MEDIUM", "HIGH"]
    batch = Activity.objects.latest("pk").batch_id
    assert sign_in(world.emma).post(f"/batches/{batch}/undo").status_code == 404
    assert browser.post(f"/batches/{uuid.uuid4()}/undo").status_code == 404
    assert now(three[:1], "priority") == ["HIGH"]


@pytest.mark.parametrize(
    "values",
    [
        {"ticket": []},
        {"ticket": ["x"]},
        {"ticket": list(range(1, 102))},
        {"priority": "SOON"},
        {"assignee": "999999"},
        {"batch": "no"},
        {"trash": "up"},
        {"add_tags": "x" * 300},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    browser: Client, three: list[Ticket], world: World, values: dict[str, Any]
) -> None:
    before = now(three, "version")
    answer = browser.post("/tickets/bulk", {"ticket": [ticket.pk for ticket in three], **values})
    assert answer.status_code == 422
    assert now(three, "version") == before


@pytest.mark.parametrize("elsewhere", ["https://evil.example/tickets", "//evil.example/", "/\\evil.example", "tickets"])
def test_nobody_is_sent_elsewhere(browser: Client, three: list[Ticket], world: World, elsewhere: str) -> None:
    answer = browser.post("/tickets/bulk", {"ticket": three[0].pk, "priority": "HIGH", "next": elsewhere})
    assert answer["Location"] == "/tickets"


def test_pieces_of_one_act_are_undone_together(browser: Client, three: list[Ticket], world: World) -> None:
    batch = str(uuid.uuid4())
    piece = browser.post(
        "/tickets/bulk",
        {"ticket": [three[0].pk, three[1].pk], "priority": "LOW", "batch": batch},
        headers={"accept": "application/json"},
    )
    assert piece.json() == {"done": 2, "refused": []}
    answer = post(browser, three[2:], priority="LOW", batch=batch, earlier="2")
    assert "3 tickets changed" in answer.content.decode()
    undo(browser, answer)
    assert now(three, "priority") == ["MEDIUM"] * 3


def test_the_numbers_of_all_that_fit(browser: Client, three: list[Ticket], world: World) -> None:
    trash_ticket(three[1], by=world.john)
    answer = browser.get("/tickets/ids?q=Order")
    assert answer.json() == {"ids": [three[2].pk, three[0].pk], "told": ""}
    assert browser.get("/tickets/ids?colour=red").status_code == 422


def test_where_more_fit_than_one_act_takes_it_is_told(
    browser: Client, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportflow.desk.views.bulk.COUNTED_UP_TO", 2)
    answer = browser.get("/tickets/ids?q=Order").json()
    assert (answer["ids"], "More than 2 fit" in answer["told"]) == ([three[2].pk, three[1].pk], True)


def test_people_and_teams_are_chosen_without_a_script(browser: Client, three: list[Ticket], world: World) -> None:
    page = browser.get("/tickets").content.decode()
    assert page.count('formaction="/tickets/change"') == 2
    ids = [ticket.pk for ticket in three]
    form = browser.post("/tickets/change", {"ticket": ids, "next": "/tickets?status=OPEN"}).content.decode()
    assert f'<option value="{world.emma.pk}">Emma Clarke</option>' in form
    assert "Secret" not in form
    assert form.count('<option value="keep" selected>') == 4  # who changes one thing changes nothing else
    kept = {"status": "keep", "team": "keep", "priority": "HIGH", "add_tags": "", "remove_tags": ""}
    sent = {"tickets": ",".join(map(str, ids)), "assignee": world.emma.pk, **kept}
    assert "3 tickets changed" in browser.post("/tickets/bulk", sent, follow=True).content.decode()
    assert now(three, "assignee", "priority", "status", "team") == [(world.emma.pk, "HIGH", "OPEN", None)] * 3
    browser.post("/tickets/bulk", {**sent, "assignee": ""})
    assert now(three, "assignee") == [None] * 3


def snoozed(user: User) -> list[int]:
    rows = Reading.objects.filter(user=user, snoozed_until__isnull=False)
    return sorted(rows.values_list("ticket", flat=True))


def test_many_are_put_off_for_oneself_and_come_back(browser: Client, three: list[Ticket], world: World) -> None:
    answer = post(browser, three, snooze="tomorrow", until="").content.decode()
    assert "3 tickets are put off" in answer
    assert "/undo" not in answer
    assert (snoozed(world.john), snoozed(world.emma)) == ([ticket.pk for ticket in three], [])
    assert "it was so already" in post(browser, three, snooze="tomorrow").content.decode()
    assert "2 tickets are back" in post(browser, three[:2], snooze="wake").content.decode()
    assert snoozed(world.john) == [three[2].pk]
    later = (timezone.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    trash_ticket(three[1], by=world.john)
    told = post(browser, three, snooze="at", until=later).content.decode()
    assert "2 tickets are put off" in told
    assert f"{three[1].number}: This ticket is in the trash" in told


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T09:00", "2999-01-01T09:00", "x" * 50])
def test_no_moment_puts_nothing_off(browser: Client, three: list[Ticket], world: World, until: str) -> None:
    ids = [ticket.pk for ticket in three]
    assert browser.post("/tickets/bulk", {"ticket": ids, "snooze": "at", "until": until}).status_code == 422
    assert snoozed(world.john) == []


def test_many_become_one_of_them(browser: Client, three: list[Ticket], world: World) -> None:
    ids = ",".join(str(ticket.pk) for ticket in [*three, world.hidden])
    page = browser.post("/tickets/merge", {"tickets": ids}).content.decode()
    assert [number in page for number in (three[0].number, three[2].number, world.hidden.number)] == [True, True, False]
    trash_ticket(three[2], by=world.john)
    answer = browser.post("/tickets/merge", {"tickets": ids, "into": three[1].number}, follow=True)
    assert answer.redirect_chain[-1][0] == f"/tickets/{three[1].number}"
    told = answer.content.decode()
    assert "1 ticket is merged into this one" in told
    assert f"{three[2].number}: {three[2].number} is in the trash" in told
    assert now(three, "merged_into") == [three[1].pk, None, None]
    again = browser.post("/tickets/merge", {"tickets": ids, "into": three[0].number}, follow=True).content.decode()
    assert "that would be a circle" in again


@pytest.mark.parametrize("into", ["", "T-9999", "T-0002", "x"])
def test_a_ticket_that_one_does_not_see_is_no_target(browser: Client, three: list[Ticket], into: str) -> None:
    form = {"ticket": [ticket.pk for ticket in three], "into": into}
    answer = browser.post("/tickets/merge", form)
    assert answer.status_code == 422
    assert "Write the number of a ticket that you see" in answer.content.decode()
    assert now(three, "merged_into") == [None] * 3


def test_too_many_to_merge_is_told_on_the_page(browser: Client, three: list[Ticket]) -> None:
    answer = browser.post("/tickets/merge", {"tickets": ",".join(map(str, range(1, 102))), "next": "/tickets?q=Order"})
    assert answer.status_code == 422
    assert "Choose 1 to 100 tickets." in answer.content.decode()
    assert 'href="/tickets?q=Order"' in answer.content.decode()


def test_a_tag_may_be_called_keep(browser: Client, three: list[Ticket], world: World) -> None:
    browser.post("/tickets/bulk", {"ticket": three[0].pk, "add_tags": "keep", "status": "keep"})
    assert [tag.name for tag in three[0].tags.all()] == ["keep"]


def test_one_alone_is_not_merged(browser: Client, three: list[Ticket]) -> None:
    assert "Choose at least two" in browser.post("/tickets/merge", {"ticket": three[0].pk}).content.decode()
    form = {"ticket": three[0].pk, "into": three[0].number}
    assert browser.post("/tickets/merge", form).status_code == 422


def test_sent_twice_nothing_changes_again(browser: Client, three: list[Ticket], world: World) -> None:
    post(browser, three, priority="HIGH")
    before = Activity.objects.count()
    assert "it was so already" in post(browser, three, priority="HIGH").content.decode()
    assert Activity.objects.count() == before


def test_what_was_read_stays_so_after_my_own_change(browser: Client, three: list[Ticket], world: World) -> None:
    see_ticket(three[0], by=world.john)
    post(browser, three, priority="HIGH")
    html = browser.get("/tickets").content.decode()
    unread = re.findall(r'id="row-(\d+)" class="[^"]*unread', html)
    assert sorted(map(int, unread)) == sorted(ticket.pk for ticket in [world.ticket, *three[1:]])


def test_unread_again_and_starred(browser: Client, world: World) -> None:
    def row() -> str:
        return (
            browser.get("/tickets").content.decode().partition(f'id="row-{world.ticket.pk}"')[2].partition("</tr>")[0]
        )

    number = world.ticket.number
    assert "Unread:" in row()
    assert browser.post(f"/tickets/{number}/seen").status_code == 204
    assert "Unread:" not in row()
    browser.post(f"/tickets/{number}/seen", {"not": "1"})
    assert "Unread:" in row()
    browser.post(f"/tickets/{number}/star", {"on": "true"})
    assert "Starred" in row()
    browser.post(f"/tickets/{number}/star", {"on": "false"})
    assert "Starred" not in row()
    assert not Activity.objects.filter(pk__gt=world.before).exists()
    assert browser.post(f"/tickets/{world.hidden.number}/seen").status_code == 404
    assert Reading.objects.count() == 1


def test_three_tickets_cost_a_known_number_of_queries(
    browser: Client, world: World, three: list[Ticket], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    woken = 4 if connection.vendor == "postgresql" else 0  # the words that wake live hubs and workers
    with django_assert_num_queries(38 + woken):
        browser.post("/tickets/bulk", {"ticket": [ticket.pk for ticket in three], "priority": "HIGH"})
