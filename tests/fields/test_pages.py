"""Custom fields in the settings, on tickets, contacts and companies."""

from collections.abc import Callable

import pytest
from django.test import Client

from supportflow.accounts.models import User
from supportflow.crm.models import Contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import trash_ticket
from supportflow.fields.models import Field
from supportflow.fields.operations import create_field, update_field
from tests.conftest import BY, World

SignIn = Callable[[User], Client]


@pytest.fixture
def olivia(world: World, sign_in: SignIn) -> Client:
    return sign_in(world.olivia)


@pytest.fixture
def five(world: World) -> list[Field]:
    made = [create_field("ticket", kind.title(), kind, by=BY) for kind in ("text", "number", "date", "check")]
    return [*made, create_field("ticket", "Choice", "choice", ["S", "M"], by=BY)]


def test_they_are_made_changed_retired_and_taken_back(olivia: Client, world: World, browser: Client) -> None:
    assert browser.get("/settings/fields").status_code == 403
    sent = {"model": "ticket", "label": "Size", "kind": "choice", "options": "S\nM\n\nL "}
    assert olivia.post("/settings/fields", sent).status_code == 302
    row = Field.objects.get(slug="size")
    assert row.options == ["S", "M", "L"]
    path = f"/settings/fields/{row.pk}"
    assert b"S\nM\nL" in olivia.get(path).content
    changed = {"label": "T-shirt", "options": "S\nM", "place": 1, "seen": row.version}
    assert olivia.post(path, changed).status_code == 302
    assert olivia.post(path, changed | {"label": "Other"}).status_code == 422  # an older version was seen
    assert olivia.post(f"{path}/retirement").status_code == 302
    row.refresh_from_db()
    assert (row.label, row.options, row.is_retired) == ("T-shirt", ["S", "M"], True)
    assert olivia.post(f"{path}/retirement", {"back": "1"}).status_code == 302
    assert world.actions() == ["field.created"] + ["field.updated"] * 3
    for wrong in ({"label": ""}, {"kind": "x"}, {"options": ""}, {"model": "user"}):
        assert olivia.post("/settings/fields", sent | wrong).status_code == 422
    assert b"Custom field 1" in olivia.get("/settings/fields").content
    first = Field.objects.get(slug="custom_3")
    moved = {"label": first.label, "place": 1, "seen": first.version}
    assert olivia.post(f"/settings/fields/{first.pk}", moved).status_code == 302
    assert Field.objects.filter(model="contact").order_by("position")[0] == first


def test_a_ticket_shows_and_takes_them(browser: Client, world: World, five: list[Field]) -> None:
    path = world.ticket.get_absolute_url()
    sent = {
        "with_custom": "1",
        "seen": world.ticket.version,
        "custom.text": "<b>hello",
        "custom.number": "3",
        "custom.date": "2026-02-28",
        "custom.check": "on",
        "custom.choice": "M",
    }
    assert browser.post(f"{path}/fields", sent).status_code == 302
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert ticket.custom == {"text": "<b>hello", "number": 3, "date": "2026-02-28", "check": True, "choice": "M"}
    page = browser.get(path).content.decode()
    for shown in ("&lt;b&gt;hello", '<span class="num">3</span>', "28 Feb 2026", "Yes", "<option selected>M</option>"):
        assert shown in page
    assert "changed <b>check, choice, date, number, text</b>" in page
    assert browser.post(f"{path}/fields", {"priority": "HIGH"}).status_code == 302  # leaves them alone
    assert Ticket.objects.get(pk=world.ticket.pk).custom == ticket.custom
    assert browser.post(f"{path}/fields", {"with_custom": "1"}).status_code == 302
    assert Ticket.objects.get(pk=world.ticket.pk).custom == {"check": False}


def test_what_does_not_fit_is_told(browser: Client, world: World, five: list[Field]) -> None:
    path = world.ticket.get_absolute_url()
    for name, value in (("number", "many"), ("date", "yesterday"), ("choice", "XL"), ("text", "x" * 501)):
        answer = browser.post(f"{path}/fields", {"with_custom": "1", f"custom.{name}": value})
        assert answer.status_code == 422, name
        assert b"That was not changed" in answer.content
    assert Ticket.objects.get(pk=world.ticket.pk).custom == {}


def test_all_fields_on_one_page(browser: Client, world: World, five: list[Field]) -> None:
    path = f"{world.ticket.get_absolute_url()}/edit"
    assert b'name="custom.choice"' in browser.get(path).content
    sent = {"subject": "Other", "with_custom": "True", "custom.choice": "S", "contact": f"#{world.sarah.pk}"}
    assert browser.post(path, sent).status_code == 302
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.subject, ticket.custom) == ("Other", {"choice": "S", "check": False})


def test_a_retired_field_is_neither_shown_nor_lost(browser: Client, world: World, five: list[Field]) -> None:
    path = world.ticket.get_absolute_url()
    browser.post(f"{path}/fields", {"with_custom": "1", "custom.text": "KEEP-17", "custom.choice": "M"})
    update_field(five[0], is_retired=True, by=world.olivia)
    update_field(five[4], options=["S"], by=world.olivia)
    assert b"KEEP-17" not in browser.get(path).content
    assert browser.post(f"{path}/fields", {"with_custom": "1", "custom.choice": "M"}).status_code == 302
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert ticket.custom == {"text": "KEEP-17", "choice": "M", "check": False}
    trash_ticket(ticket, by=BY)
    assert b'id="custom-form"' not in browser.get(path).content
    assert b"Change the custom fields" not in browser.get(path).content


def test_contacts_have_three_that_show_when_they_are_filled(browser: Client, world: World) -> None:
    path = f"/contacts/{world.sarah.pk}"
    create_field("contact", "Newsletter", "check", by=BY)
    assert b"Custom field 1" not in browser.get(path).content
    sent = {"first_name": "Sarah", "lead_status": "NEW", "lead_score": "0", "email": "sarah@acme.example"}
    sent |= {"custom.custom_1": "K-17", "custom.newsletter": "on"}
    assert browser.post(f"{path}/edit", sent).status_code == 302
    assert Contact.objects.get(pk=world.sarah.pk).custom == {"custom_1": "K-17", "newsletter": True}
    page = browser.get(path).content
    assert b"K-17" in page
    assert b"Newsletter" in page
    assert b"checked" in browser.get(f"{path}/edit").content
