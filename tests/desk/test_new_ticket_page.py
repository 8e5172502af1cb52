import pytest
from django.test import Client

from supportflow.crm.models import Contact
from supportflow.desk.models import Comment, Ticket
from tests.conftest import World

VALUES = {"subject": "Printer", "priority": "HIGH", "category": "BUG", "channel": "PHONE", "body": "It **burns**."}


def test_an_agent_writes_down_what_a_customer_said(browser: Client, world: World) -> None:
    answer = browser.post(
        "/tickets/new", {**VALUES, "contact": "Sarah Johnson", "tags": "vip", "assignee": world.emma.pk}
    )
    ticket = Ticket.objects.latest("pk")
    assert answer["Location"] == ticket.get_absolute_url()
    assert (ticket.contact, ticket.assignee, ticket.channel, ticket.created_by) == (
        world.sarah,
        world.emma,
        "PHONE",
        world.john,
    )
    comment = Comment.objects.latest("pk")
    assert (comment.author_contact, comment.delivery_state, comment.is_opening) == (world.sarah, "NONE", True)


def test_an_agent_writes_first(browser: Client, world: World) -> None:
    browser.post("/tickets/new", {**VALUES, "contact": "sarah@acme.example", "outbound": "on"})
    comment = Comment.objects.latest("pk")
    assert (comment.author_user, comment.delivery_state) == (world.john, "QUEUED")


def test_a_new_address_becomes_a_contact_of_its_company(browser: Client, world: World) -> None:
    browser.post("/tickets/new", {**VALUES, "contact": "Ada Kowalski <ada@acme.example>"})
    contact = Contact.objects.latest("pk")
    assert (contact.name, contact.email, contact.company) == ("Ada Kowalski", "ada@acme.example", world.acme)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"contact": "Nobody Known"}, b"Nobody has this name"),
        ({"contact": "Ada <not an address>"}, b"Nobody has this name"),
        ({"contact": "ada@nowhere"}, b"e-mail address"),
        ({"contact": ""}, b"required"),
        ({"subject": ""}, b"required"),
        ({"subject": "x" * 300}, b"at most 250"),
        ({"priority": "HUGE"}, b"HUGE"),
        ({"contact": "Ada <ada@new.example>", "subject": "\x00"}, b"Null characters"),
    ],
)
def test_what_cannot_be_taken_makes_neither_ticket_nor_contact(
    browser: Client, world: World, changed: dict[str, str], told: bytes
) -> None:
    answer = browser.post("/tickets/new", {**VALUES, "contact": "Sarah Johnson", **changed})
    assert answer.status_code == 422
    assert told in answer.content
    assert world.actions() == []


def test_two_people_of_one_name_are_told_apart_by_number(browser: Client, world: World) -> None:
    other = Contact.objects.create(first_name="Sarah", last_name="Johnson")
    answer = browser.post("/tickets/new", {**VALUES, "contact": "Sarah Johnson"})
    assert answer.status_code == 422
    assert f"#{other.pk}" in answer.content.decode()
    browser.post("/tickets/new", {**VALUES, "contact": f"Sarah Johnson #{other.pk}"})
    assert Ticket.objects.latest("pk").contact == other


def test_options_of_the_finder(browser: Client, world: World) -> None:
    assert b"Sarah Johnson &lt;sarah@acme.example&gt;" in browser.get("/contacts/options?contact=sar").content
    assert b"Acme Corporation" in browser.get("/companies/options?company=acme").content
    assert browser.get("/contacts/options?contact=").content.strip() == b""
