from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from supportflow.accounts.models import User
from supportflow.core.models import Activity
from supportflow.crm.operations import purge_contact, trash_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Status, Ticket
from supportflow.desk.operations import (
    answer_ticket,
    assign_ticket,
    note_on_ticket,
    reply_to_ticket,
    set_status,
    update_ticket,
)
from tests.conftest import World


def page(client: Client, world: World) -> str:
    answer = client.get(world.ticket.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_conversation_stands_in_order_with_what_was_done_between(browser: Client, world: World) -> None:
    assign_ticket(world.ticket, world.emma, by=world.omar)
    reply_to_ticket(world.ticket, Content.from_markdown("We **look** into it."), by=world.emma)
    note_on_ticket(world.ticket, Content.from_markdown("Seen before."), by=world.john)
    answer_ticket(world.ticket, Content.from_markdown("Thanks!"), by=world.sarah)
    html = page(browser, world)
    places = [
        html.index(text)
        for text in ("I cannot sign in.", "assigned this to", "<strong>look</strong>", "Seen before.", "Thanks!")
    ]
    assert places == sorted(places)
    assert html.count('data-kind="note"') == 1
    assert html.count('data-kind="customer"') == 2
    assert html.count('data-kind="reply"') == 1


def test_what_one_person_did_within_minutes_is_one_line(browser: Client, world: World) -> None:
    update_ticket(world.ticket, priority="URGENT", category="BUG", by=world.omar)
    set_status(world.ticket, Status.IN_PROGRESS, by=world.omar)
    html = page(browser, world)
    assert "and 2 more changes" in html
    assert html.count('class="event node"') == 1


def test_the_page_costs_twelve_queries_however_much_was_said(
    browser: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for rounds in (1, 5):
        for _round in range(rounds):
            reply_to_ticket(world.ticket, Content.from_markdown("Hello"), by=world.emma)
            answer_ticket(world.ticket, Content.from_markdown("Hello"), by=world.sarah)
        with django_assert_num_queries(12):
            browser.get(world.ticket.get_absolute_url())


def test_hidden_and_missing_tickets_look_the_same(browser: Client, world: World) -> None:
    answers = [
        browser.get(f"/tickets/{number}")
        for number in (world.hidden.number, "T-9999", "T-99999999999999999999", "T-0000", "nonsense")
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    assert b"A secret" not in answers[0].content


def test_every_spelling_of_a_number_leads_to_the_ticket(browser: Client, world: World) -> None:
    for spelling in (str(world.ticket.pk), f"t-{world.ticket.pk}", f"T-000{world.ticket.pk:04d}"):
        assert browser.get(f"/tickets/{spelling}")["Location"] == world.ticket.get_absolute_url()


def send(client: Client, world: World, **data: object) -> int:
    return client.post(f"/tickets/{world.ticket.number}/comments", data).status_code


def test_a_reply_is_public_and_goes_out(browser: Client, world: World) -> None:
    assert send(browser, world, kind="reply", body="Try again.", cc="it@acme.example", then="WAITING") == 302
    comment = Comment.objects.latest("pk")
    assert (comment.visibility, comment.author_user, comment.cc) == ("PUBLIC", world.john, ["it@acme.example"])
    assert comment.delivery_state == "QUEUED"
    world.ticket.refresh_from_db()
    assert world.ticket.status == "WAITING"
    assert world.actions() == ["ticket.replied", "ticket.status_changed"]
    html = page(browser, world)
    assert "sent-reply" in html  # the word on which the browser forgets the draft
    assert "cc it@acme.example" in html


def test_a_note_stays_inside(browser: Client, world: World) -> None:
    assert send(browser, world, kind="note", body="Careful.", then="WAITING") == 302
    comment = Comment.objects.latest("pk")
    assert (comment.visibility, comment.delivery_state) == ("INTERNAL", "NONE")
    assert world.actions() == ["ticket.noted"]


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "reply", "body": "   "},
        {"kind": "shout", "body": "x"},
        {"kind": "reply", "body": "x", "then": "NEVER"},
        {"kind": "reply", "body": "x", "cc": "not an address"},
        {"kind": "reply", "body": "a\x00b"},
        {"kind": "reply", "body": "x" * 1_000_001},
        {"kind": "reply", "body": "x", "kept": ["999"]},
    ],
)
def test_a_comment_that_cannot_be_taken_comes_back_with_the_reason(
    browser: Client, world: World, data: dict[str, object]
) -> None:
    answer = browser.post(f"/tickets/{world.ticket.number}/comments", data)
    assert answer.status_code == 422
    assert b"data-summary" in answer.content
    assert world.actions() == []


def test_a_refused_move_leaves_no_half_sent_reply(browser: Client, world: World) -> None:
    assert send(browser, world, kind="reply", body="Done.", then="CLOSED") == 409
    assert world.actions() == []


def test_files_come_with_the_comment_and_survive_its_errors(browser: Client, world: World) -> None:
    file = SimpleUploadedFile("ä log.txt", b"hello", "text/plain")
    answer = browser.post(f"/tickets/{world.ticket.number}/comments", {"kind": "note", "body": "", "uploads": file})
    assert answer.status_code == 422
    kept = answer.context["form"].kept[0] if answer.context else None
    html = answer.content.decode()
    assert 'name="kept"' in html
    pk = html.split('name="kept" value="')[1].split('"')[0]
    assert kept is None or str(kept.pk) == pk
    assert send(browser, world, kind="note", body="With file", kept=[pk]) == 302
    assert [row.name for row in Comment.objects.latest("pk").attachments.all()] == ["ä log.txt"]


def change(client: Client, world: World, **data: object) -> int:
    return client.post(f"/tickets/{world.ticket.number}/fields", data).status_code


def test_each_field_changes_alone(browser: Client, world: World) -> None:
    for data in (
        {"subject": "New words"},
        {"priority": "URGENT"},
        {"category": "BILLING"},
        {"status": "IN_PROGRESS"},
        {"assignee": str(world.emma.pk)},
        {"due_at": "2027-01-02T10:00"},
        {"tags": "vip, new tag"},
        {"contact": "Lisa Martinez"},
        {"company": "Acme"},
        {"further": "sarah@acme.example"},
    ):
        assert change(browser, world, **data) == 302, data
    ticket = world.ticket
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.priority, ticket.category, ticket.status) == (
        "New words",
        "URGENT",
        "BILLING",
        "IN_PROGRESS",
    )
    assert (ticket.assignee, ticket.contact, ticket.company) == (world.emma, world.lisa, world.acme)
    assert ticket.due_at == datetime(2027, 1, 2, 10, tzinfo=UTC)
    assert sorted(ticket.tags.values_list("name", flat=True)) == ["new tag", "vip"]
    assert list(ticket.further_contacts.all()) == [world.sarah]
    for data in ({"assignee": ""}, {"due_at": ""}, {"tags": ""}, {"team": ""}, {"further": ""}):
        assert change(browser, world, **data) == 302, data
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert ticket.assignee is None
    assert ticket.due_at is None
    assert not ticket.tags.exists()


def test_the_due_date_is_read_in_the_readers_zone(world: World, sign_in: Callable[[User], Client]) -> None:
    User.objects.filter(pk=world.emma.pk).update(time_zone="Asia/Kolkata")
    assert change(sign_in(world.emma), world, due_at="2027-01-02T10:00") == 302
    world.ticket.refresh_from_db()
    assert world.ticket.due_at == datetime(2027, 1, 2, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"subject": ""}, 422),
        ({"subject": "x" * 251}, 422),
        ({"priority": "HUGE"}, 422),
        ({"status": "CLOSED"}, 409),
        ({"assignee": "999999"}, 422),
        ({"assignee": "x"}, 422),
        ({"due_at": "tomorrow"}, 422),
        ({"contact": "Nobody Known"}, 422),
        ({"tags": "x" * 41}, 422),
        ({"seen": "x"}, 422),
    ],
)
def test_a_value_that_does_not_fit_changes_nothing(
    browser: Client, world: World, data: dict[str, str], status: int
) -> None:
    assert change(browser, world, **data) == status
    assert world.actions() == []


def test_two_editors_never_overwrite_each_other_in_silence(browser: Client, world: World) -> None:
    seen = world.ticket.version
    update_ticket(world.ticket, subject="Emma's words", by=world.emma)
    answer = browser.post(f"/tickets/{world.ticket.number}/fields", {"subject": "John's words", "seen": seen})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Emma&#39;s words" in html
    assert "Save mine after all" in html
    newer = html.split('name="seen" value="')[1].split('"')[0]
    assert change(browser, world, subject="John's words", seen=newer) == 302
    world.ticket.refresh_from_db()
    assert world.ticket.subject == "John's words"


def test_what_somebody_else_changed_elsewhere_is_no_conflict(browser: Client, world: World) -> None:
    seen = world.ticket.version
    update_ticket(world.ticket, priority="URGENT", by=world.emma)
    assert change(browser, world, subject="Clearer", seen=seen) == 302


def test_a_change_can_be_undone_from_its_toast(browser: Client, world: World) -> None:
    change(browser, world, priority="URGENT")
    activity = Activity.objects.latest("pk")
    assert f"/batches/{activity.batch_id}/undo" in page(browser, world)
    assert browser.post(f"/batches/{activity.batch_id}/undo").status_code == 302
    world.ticket.refresh_from_db()
    assert world.ticket.priority == "MEDIUM"


def test_nobody_undoes_what_others_did(world: World, browser: Client, sign_in: Callable[[User], Client]) -> None:
    change(browser, world, priority="URGENT")
    activity = Activity.objects.latest("pk")
    assert sign_in(world.emma).post(f"/batches/{activity.batch_id}/undo").status_code == 404


def test_trash_and_restore(browser: Client, world: World) -> None:
    assert browser.post(f"/tickets/{world.ticket.number}/trash").status_code == 302
    html = page(browser, world)
    assert "This ticket is in the trash." in html
    assert 'id="composer"' not in html
    assert send(browser, world, kind="note", body="x") == 409
    assert browser.post(f"/tickets/{world.ticket.number}/trash", {"restore": "1"}).status_code == 302
    assert 'id="composer"' in page(browser, world)


def test_nothing_changes_by_following_a_link(browser: Client, world: World) -> None:
    for action in ("fields", "comments", "trash"):
        assert browser.get(f"/tickets/{world.ticket.number}/{action}").status_code == 405


def test_the_menus_offer_who_can_be_chosen(browser: Client, world: World, sign_in: Callable[[User], Client]) -> None:
    html = browser.get(f"/tickets/{world.ticket.number}/assignee-menu").content.decode()
    assert all(user.name in html for user in (world.john, world.emma, world.priya, world.omar))
    html = sign_in(world.priya).get(f"/tickets/{world.hidden.number}/assignee-menu").content.decode()
    assert world.priya.name in html
    assert world.john.name not in html
    assert b"Secret" not in browser.get(f"/tickets/{world.ticket.number}/team-menu").content


def test_no_name_is_nobody_though_only_one_contact_is_there(browser: Client, world: World) -> None:
    purge_contact(trash_contact(world.lisa, by=world.olivia), by=world.olivia)
    for path, form in (("fields", {"contact": " "}), ("edit", {"contact": "", "subject": "x"})):
        answer = browser.post(f"{world.ticket.get_absolute_url()}/{path}", form)
        assert (answer.status_code, b"Name the customer" in answer.content) == (422, True)


def test_a_file_that_is_too_large_is_413_and_named_and_the_words_stay(
    browser: Client, world: World, settings: Any
) -> None:
    settings.MAX_FILE_BYTES = 1024 * 1024
    large = b"x" * (1024 * 1024 + 1)
    for path, form in (
        (f"{world.ticket.get_absolute_url()}/comments", {"kind": "note", "body": "My words"}),
        ("/tickets/new", {"contact": "Sarah", "subject": "a", "body": "My words", "priority": "LOW", "category": "BUG",
                          "channel": "WEB"}),
    ):  # fmt: skip
        answer = browser.post(path, {**form, "uploads": SimpleUploadedFile("big.bin", large)})
        assert answer.status_code == 413
        assert b"big.bin: This file is larger than 1 MB" in answer.content
        assert b"My words" in answer.content
    assert world.actions() == []


def test_the_requesters_address_stands_beside_the_ticket(browser: Client, world: World) -> None:
    html = browser.get(f"/tickets/{world.ticket.number}").content.decode()
    assert 'href="mailto:sarah@acme.example">sarah@acme.example</a>' in html
