"""One reply to many tickets: looked at, sent once, and for ten seconds taken back whole."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.operations import deactivate_user
from supportflow.core.models import Activity
from supportflow.crm.models import Contact
from supportflow.crm.operations import create_contact
from supportflow.desk.bulk_models import BulkReply
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Comment, Ticket, Visibility
from supportflow.desk.operations import (
    create_macro,
    create_ticket,
    edit_ticket,
    hold_bulk_reply,
    merge_ticket,
    set_further_contacts,
    set_status,
    trash_macro,
    trash_ticket,
    update_macro,
)
from supportflow.desk.operations.bulk_replies import drop_old_bulk_replies, prepare_bulk_reply
from supportflow.desk.tasks import send_bulk_reply
from supportflow.jobs.models import Job
from supportflow.jobs.testing import run_due_jobs
from tests.conftest import World

WORDS = "Hello {{customer.first_name|there}}, {{ticket.number}} works again."


@pytest.fixture
def silent(world: World) -> Contact:
    return create_contact(first_name="Nora", last_name="Nomail", by=world.john)


@pytest.fixture
def three(world: World) -> list[Ticket]:
    """Sarah's, Lisa's, Sarah's again."""
    people = (world.sarah, world.lisa, world.sarah)
    made = [create_ticket(f"Order {n}", contact, by=world.john) for n, contact in enumerate(people)]
    Job.objects.all().delete()
    return made


def post(client: Client, ticked: list[Ticket], step: str = "", **values: Any) -> Any:
    form = {"ticket": [ticket.pk for ticket in ticked], "kind": "reply", "body": WORDS, "next": "/tickets?status=OPEN"}
    return client.post("/tickets/reply", {**form, **values, "step": step}, follow=True)


def said(*tickets: Ticket) -> list[tuple[str, str]]:
    rows = Comment.objects.filter(ticket__in=tickets, author_user__isnull=False).order_by("pk")
    return list(rows.values_list("visibility", "body"))


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def test_the_words_are_asked_for_then_who_gets_them(browser: Client, three: list[Ticket], world: World) -> None:
    set_further_contacts(three[0], [world.lisa], by=world.john)
    page = browser.post("/tickets/reply", {"tickets": ",".join(str(one.pk) for one in three)})
    assert "Reply to 3 tickets" in text_of(page)
    told = text_of(post(browser, three, "check"))
    assert "3 tickets get the reply." in told
    assert "It is mailed to 2 addresses" in told
    assert f"Hello Sarah, {three[0].number} works again." in told
    assert (said(*three), BulkReply.objects.count()) == ([], 0)
    assert "Check who gets it" in text_of(post(browser, three, "write"))


def test_each_ticket_gets_its_own_words_after_the_moment(browser: Client, three: list[Ticket], world: World) -> None:
    already = Activity.objects.count()
    page = text_of(post(browser, three, "send", then="WAITING"))
    assert re.search(r"Goes out in \d+ s", page)
    assert (run_due_jobs(), said(*three), Activity.objects.count()) == (0, [], already)
    run_due_jobs(delayed=True)
    names = ("Sarah", "Lisa", "Sarah")
    told = [("PUBLIC", f"Hello {name}, {one.number} works again.") for name, one in zip(names, three, strict=True)]
    assert said(*three) == told
    assert set(Ticket.objects.filter(pk__in=[one.pk for one in three]).values_list("status", flat=True)) == {"WAITING"}
    replies = Activity.objects.filter(action="ticket.replied", actor_id=world.john.pk)
    assert sorted(replies.values_list("subject_id", flat=True)) == [one.pk for one in three]
    row = BulkReply.objects.get()
    assert (row.state, row.handled, row.refused) == ("SENT", 3, [])
    assert "3 of 3 tickets" in text_of(browser.get(row.get_absolute_url()))


def test_undo_takes_all_of_it_back_and_keeps_the_words(browser: Client, three: list[Ticket]) -> None:
    post(browser, three, "send", then="WAITING")
    row = BulkReply.objects.get()
    page = browser.post(f"{row.get_absolute_url()}/undo", follow=True)
    assert page.redirect_chain[-1][0] == f"/tickets/reply?again={row.pk}"
    html = page.content.decode()
    assert "{{ticket.number}} works again." in html
    assert f'name="tickets" value="{",".join(str(one.pk) for one in three)}"' in html
    assert '<option value="WAITING" selected>' in html
    run_due_jobs(delayed=True)
    assert said(*three) == []
    again = browser.post(f"{row.get_absolute_url()}/undo", follow=True)
    assert "Nothing went out" in text_of(again)


def test_an_undo_too_late_says_how_far_it_is(browser: Client, three: list[Ticket]) -> None:
    post(browser, three, "send")
    run_due_jobs(delayed=True)
    row = BulkReply.objects.get()
    page = browser.post(f"{row.get_absolute_url()}/undo", follow=True)
    assert "It is too late: it went out on 3 of 3 tickets" in text_of(page)
    assert len(said(*three)) == 3
    assert browser.get(f"/tickets/reply?again={row.pk}")["Location"] == "/tickets"


def test_who_does_not_get_it_is_named_before(
    browser: Client, three: list[Ticket], world: World, silent: Contact
) -> None:
    trashed, closed, merged, mute = (
        create_ticket(name, silent if name == "mute" else world.sarah, by=world.john)
        for name in ("trashed", "closed", "merged", "mute")
    )
    trash_ticket(trashed, by=world.john)
    set_status(set_status(closed, "RESOLVED", by=world.john), "CLOSED", by=world.john)
    merge_ticket(merged, three[0], by=world.john)
    tickets = [*three, trashed, closed, merged, mute, world.hidden]
    told = text_of(post(browser, tickets, "check", then="WAITING"))
    assert "3 tickets get the reply." in told
    assert "5 tickets do not get it" in told
    for ticket, why in (
        (trashed, "This ticket is in the trash"),
        (closed, "A ticket cannot go from CLOSED to WAITING"),
        (merged, "This ticket is merged into another one"),
        (mute, "The customer has no e-mail address"),
        (world.hidden, "This does not exist, or you may not see it."),
    ):
        assert f"{ticket.number}: {why}" in told
    post(browser, tickets, "send", then="WAITING")
    run_due_jobs(delayed=True)
    assert len(said(*tickets)) == 3


def test_where_nobody_may_get_it_the_words_stay(browser: Client, world: World) -> None:
    answer = post(browser, [world.hidden], "send")
    assert answer.status_code == 422
    assert "None of these tickets can get it" in text_of(answer)
    assert "{{ticket.number}} works again." in answer.content.decode()


def test_what_happens_meanwhile_is_told_after(browser: Client, three: list[Ticket], world: World) -> None:
    post(browser, three, "send")
    trash_ticket(three[1], by=world.emma)
    edit_ticket(three[2], team_id=world.secret.pk, by=world.olivia)
    run_due_jobs(delayed=True)
    assert len(said(*three)) == 1
    told = text_of(browser.get(BulkReply.objects.get().get_absolute_url()))
    assert f"{three[1].number}: This ticket is in the trash" in told
    assert f"{three[2].number}: This does not exist" in told


def test_a_note_reaches_no_customer(browser: Client, three: list[Ticket], silent: Contact, world: World) -> None:
    mute = create_ticket("mute", silent, by=world.john)
    told = text_of(post(browser, [*three, mute], "check", kind="note"))
    assert "4 tickets get the note. No customer sees it." in told
    post(browser, [*three, mute], "send", kind="note", then="RESOLVED")
    run_due_jobs(delayed=True)
    assert {visibility for visibility, _body in said(*three, mute)} == {Visibility.INTERNAL}
    assert set(Ticket.objects.filter(status="RESOLVED").values_list("pk", flat=True)) >= {mute.pk, three[0].pk}


def macro(world: World, **values: Any) -> Macro:
    values = {"body": WORDS, "changes": {"status": "WAITING", "add_tags": ["vip"]}, **values}
    return create_macro("Works again", by=world.john, **values)


def test_a_macro_brings_its_words_and_changes(browser: Client, three: list[Ticket], world: World) -> None:
    chosen = macro(world)
    told = text_of(post(browser, three, "check", body="", macro=chosen.pk))
    assert "Sets status to Waiting" in told
    assert "Adds tag vip" in told
    post(browser, three, "send", body="", macro=chosen.pk, macro_version=chosen.version)
    run_due_jobs(delayed=True)
    assert said(*three)[1] == ("PUBLIC", f"Hello Lisa, {three[1].number} works again.")
    assert all([tag.name for tag in one.tags.all()] == ["vip"] for one in three)
    chosen.refresh_from_db()
    assert chosen.use_count == 3


def test_own_words_and_status_count_more_than_the_macros(browser: Client, three: list[Ticket], world: World) -> None:
    chosen = macro(world)
    post(browser, three, "send", body="Done.", macro=chosen.pk, then="RESOLVED")
    run_due_jobs(delayed=True)
    assert said(*three) == [("PUBLIC", "Done.")] * 3
    assert set(Ticket.objects.filter(subject__startswith="Order").values_list("status", flat=True)) == {"RESOLVED"}


def test_a_macro_without_words_says_nothing(browser: Client, three: list[Ticket], world: World) -> None:
    chosen = macro(world, body="")
    assert "3 tickets change. Nothing is sent." in text_of(post(browser, three, "check", body="", macro=chosen.pk))
    post(browser, three, "send", body="", macro=chosen.pk)
    run_due_jobs(delayed=True)
    assert said(*three) == []
    assert all(one.tags.exists() for one in three)


def test_a_macro_that_changed_since_it_was_seen_sends_nothing(
    browser: Client, three: list[Ticket], world: World
) -> None:
    chosen = macro(world)
    seen = chosen.version
    update_macro(chosen, body="Quite other words", by=world.john)
    answer = post(browser, three, "send", body="Mine", macro=chosen.pk, macro_version=seen)
    assert "This macro was changed meanwhile" in text_of(answer)
    assert not BulkReply.objects.exists()
    post(browser, three, "send", body="Mine", macro=chosen.pk)
    trash_macro(chosen, by=world.john)
    run_due_jobs(delayed=True)
    assert said(*three) == []
    assert "This macro is gone" in BulkReply.objects.get().refused[0][1]


def test_what_some_did_not_get_can_be_written_on(browser: Client, three: list[Ticket], world: World) -> None:
    words = "Long ago. " * 400
    post(browser, three, "send", body=words)
    trash_ticket(three[2], by=world.john)
    run_due_jobs(delayed=True)
    row = BulkReply.objects.get()
    page = browser.get(row.get_absolute_url())
    assert words.strip() in page.content.decode()  # whole
    again = browser.get(f"/tickets/reply?again={row.pk}").content.decode()
    assert f'name="tickets" value="{three[2].pk}"' in again
    assert words.strip() in again
    assert "Write to those left out" in page.content.decode()


def test_the_same_form_twice_sends_once(browser: Client, three: list[Ticket]) -> None:
    first, second = (post(browser, three, "send", once="a-form-that-is-sent-twice") for _ in range(2))
    assert first.redirect_chain == second.redirect_chain
    run_due_jobs(delayed=True)
    assert len(said(*three)) == 3


def test_a_job_that_runs_twice_sends_once(browser: Client, three: list[Ticket]) -> None:
    post(browser, three, "send")
    [job] = Job.objects.filter(task__endswith="send_bulk_reply")
    send_bulk_reply.call(*job.args)
    send_bulk_reply.call(*job.args)
    assert len(said(*three)) == 3


def test_more_than_a_piece_goes_out_in_pieces(
    browser: Client, three: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportflow.desk.operations.bulk_replies.PIECE", 2)
    post(browser, three, "send")
    [job] = Job.objects.filter(task__endswith="send_bulk_reply")
    send_bulk_reply.call(*job.args)
    row = BulkReply.objects.get()
    assert (row.state, row.handled) == ("SENDING", 2)
    answer = browser.post(f"{row.get_absolute_url()}/undo", follow=True)
    assert "it went out on 2 of 3 tickets, and goes on" in text_of(answer)
    run_due_jobs(delayed=True)
    assert len(said(*three)) == 3


def test_who_left_sends_nothing_more(browser: Client, three: list[Ticket], world: World) -> None:
    post(browser, three, "send")
    deactivate_user(world.john, by=world.olivia)
    run_due_jobs(delayed=True)
    assert said(*three) == []
    assert len(BulkReply.objects.get().refused) == 3


def test_nobody_else_sees_or_undoes_it(browser: Client, three: list[Ticket], world: World, sign_in: Any) -> None:
    post(browser, three, "send")
    row, emma = BulkReply.objects.get(), sign_in(world.emma)
    assert emma.get(row.get_absolute_url()).status_code == 404
    assert emma.post(f"{row.get_absolute_url()}/undo").status_code == 404
    assert emma.get(f"/tickets/reply?again={row.pk}").status_code == 404
    assert BulkReply.objects.get().state == "HELD"


@pytest.mark.parametrize(
    "values",
    [
        {"body": " "},
        {"body": "x" * 20_001},
        {"body": "{{customer.shoe_size}}"},
        {"body": "Nul \x00"},
        {"kind": "letter"},
        {"then": "SOON"},
        {"macro": "999999"},
        {"ticket": []},
        {"ticket": ["x", "-1", str(2**70)]},
        {"ticket": [], "tickets": ",".join(map(str, range(1, 10_001)))},
    ],
)
@pytest.mark.parametrize("step", ["check", "send"])
def test_nonsense_is_refused(browser: Client, three: list[Ticket], step: str, values: dict[str, Any]) -> None:
    assert post(browser, three, step, **values).status_code == 422
    assert not BulkReply.objects.exists()


def test_ten_thousand_get_a_clear_word(browser: Client, world: World) -> None:
    answer = browser.post("/tickets/reply", {"tickets": ",".join(map(str, range(1, 10_001)))})
    assert answer.status_code == 422
    assert "Choose 1 to 1000 tickets." in text_of(answer)


def test_old_ones_are_forgotten(three: list[Ticket], world: World) -> None:
    row = hold_bulk_reply(*prepare_bulk_reply([three[0].pk], "reply", "Hello", by=world.john), by=world.john)
    assert drop_old_bulk_replies() == 0
    BulkReply.objects.filter(pk=row.pk).update(created_at="2020-01-01T00:00:00Z")
    assert drop_old_bulk_replies() == 1


@pytest.mark.parametrize("many", [3, 9])
def test_checking_and_holding_cost_the_same_for_any_number(
    browser: Client, world: World, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tickets = [create_ticket(f"Order {n}", world.sarah, by=world.john) for n in range(many)]
    woken = 1 if connection.vendor == "postgresql" else 0
    with django_assert_num_queries(8):
        browser.post(
            "/tickets/reply", {"ticket": [one.pk for one in tickets], "step": "check", "body": "Hi", "kind": "reply"}
        )
    with django_assert_num_queries(13 + woken):
        browser.post(
            "/tickets/reply", {"ticket": [one.pk for one in tickets], "step": "send", "body": "Hi", "kind": "reply"}
        )


def test_each_ticket_costs_the_same(world: World) -> None:
    def cost(many: int) -> int:
        tickets = [create_ticket(f"Order {n}", world.sarah, by=world.john) for n in range(many)]
        ids = [one.pk for one in tickets]
        prepared = prepare_bulk_reply(ids, "reply", WORDS, then="WAITING", by=world.john)
        row = hold_bulk_reply(*prepared, by=world.john)
        with CaptureQueriesContext(connection) as asked:
            send_bulk_reply.call(row.pk)
        return len(asked)

    one, two, three = cost(1), cost(2), cost(3)
    assert two - one == three - two
