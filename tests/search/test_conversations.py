"""The ticket list by the words of messages: what the index knows, held against who looks and what else is asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from supportflow.desk.content import Content
from supportflow.desk.conversations import saying
from supportflow.desk.filters import TicketFilter
from supportflow.desk.models import Ticket
from supportflow.desk.operations import create_ticket, note_on_ticket, reply_to_ticket, set_status, trash_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.saved_views.models import View
from supportflow.search import conversations
from supportflow.search.models import Progress
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World


@pytest.fixture
def api(world: World) -> Caller:
    return Caller(world.john)


@pytest.fixture
def talks(desk: World, world: World) -> dict[str, Ticket]:
    """A question, an answer, a note, and the same words where John may not look."""
    asked = create_ticket("Asked", world.sarah, Content.from_markdown("The invoice of Müller is wrong."), by=BY)
    answered = create_ticket("Answered", world.sarah, Content.from_markdown("Hello"), by=BY)
    reply_to_ticket(answered, Content.from_markdown("Your invoice was corrected."), by=world.john)
    noted = create_ticket("Noted", world.lisa, Content.from_markdown("Hi"), by=BY)
    note_on_ticket(noted, Content.from_markdown("See the wrong invoice; status:open"), by=world.emma)
    hidden = Content.from_markdown("A wrong invoice of Müller")
    create_ticket("Hidden", world.lisa, hidden, team_id=world.secret.pk, by=world.priya)
    run_due_jobs()
    return {"asked": asked, "answered": answered, "noted": noted}


def found(world: World, text: str, **more: Any) -> set[str]:
    rows = TicketFilter(text=text, **more).apply(Ticket.objects.visible_to(world.john), world.john)
    return {subject.lower() for subject in rows.values_list("subject", flat=True)}


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("invoice", {"asked", "answered", "noted"}),
        ("INVOICE wrong", {"asked", "noted"}),
        ("wrong muller", {"asked"}),
        ('"wrong invoice"', {"noted"}),
        ('"invoice wrong"', set()),
        ("correct", set()),
        ("correct*", {"answered"}),
        ("hello invoice", set()),  # in two messages
        ("answered", set()),  # the subject
        ("sarah", set()),  # the requester
        ("status:open", {"noted"}),
        ("-invoice", {"asked", "answered", "noted"}),
        ("!!!", set()),
        ('a" OR body : "', set()),
        ("'a':B & ) !", set()),
    ],
)
def test_messages_are_found_by_their_words(talks: Any, world: World, text: str, subjects: set[str]) -> None:
    assert found(world, text) == subjects


def test_it_goes_together_with_other_filters(talks: dict[str, Ticket], world: World) -> None:
    set_status(talks["asked"], "RESOLVED", by=world.john)
    trash_ticket(talks["noted"], by=world.john)
    assert found(world, "invoice", status=("RESOLVED",)) == {"asked"}
    assert found(world, "invoice", trash=True) == {"noted"}
    assert found(world, "invoice", q="answered") == {"answered"}


def test_who_sees_no_ticket_finds_none(talks: Any, world: World) -> None:
    mine = Ticket.objects.visible_to(world.priya)
    assert TicketFilter(text="müller").apply(mine, world.priya).filter(subject="Hidden").exists()
    assert found(world, "müller") == {"asked"}


def test_a_customer_finds_no_note(talks: dict[str, Ticket], world: World) -> None:
    rows = Ticket.objects.visible_to(world.lisa)
    assert saying("hi", rows, world.lisa).tickets == {talks["noted"].pk}
    assert saying("see", rows, world.lisa).tickets == frozenset()
    assert saying("see", rows, world.emma).tickets == {talks["noted"].pk}


def test_page_api_and_view(browser: Client, api: Caller, talks: dict[str, Ticket]) -> None:
    html = browser.get("/tickets?text=wrong+invoice").content.decode()
    assert "A message says" in html
    assert all((talks[name].number in html) is (name != "answered") for name in talks)
    numbers = {item["number"] for item in api.items("tickets?text=wrong+invoice")}
    assert numbers == {talks["asked"].number, talks["noted"].number}
    browser.post("/settings/views", {"name": "Invoices", "query": "text=invoice"})
    view = View.objects.get()
    assert view.params == {"text": ["invoice"]}
    assert str(view.pk) not in browser.get("/tickets/counts").json()["counts"]
    assert browser.get("/tickets/ids?text=corrected").json()["ids"] == [talks["answered"].pk]
    assert talks["answered"].number in browser.get("/tickets?text=corrected&layout=board").content.decode()
    for wrong in ("text=", "text=+", "text=a%00b", "text=" + "x" * 201, "text=a&text=b"):
        assert wrong_fields(api.get(f"tickets?{wrong}")) == ["text"]


def test_it_costs_two_queries_more(
    browser: Client, talks: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for text, queries in {"invoice": 9, "nothing": 7}.items():  # neither tickets nor tags are asked for nothing
        browser.get(f"/tickets?text={text}")
        with django_assert_num_queries(queries):
            browser.get(f"/tickets?text={text}")


def test_the_newest_are_looked_at_and_the_page_says_so(
    browser: Client, talks: dict[str, Ticket], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "COUNTED_UP_TO", 1)
    Ticket.objects.filter(pk=talks["asked"].pk).update(updated_at=timezone.now() + timedelta(days=1))
    html = browser.get("/tickets?text=invoice").content.decode()
    assert "More messages say so" in html
    assert talks["asked"].number not in html
    assert '<span class="count" id="count">2+</span>' in html
    assert found(world, "invoice", contact=(str(world.sarah.pk),)) == {"asked", "answered"}
    assert "More messages say so" not in browser.get("/tickets?text=corrected").content.decode()


def test_an_index_that_is_being_made_says_so(browser: Client, talks: Any) -> None:
    told = "does not know all messages yet"
    assert told not in browser.get("/tickets?text=invoice").content.decode()
    Progress.objects.all().delete()
    assert told in browser.get("/tickets?text=invoice").content.decode()
    assert told in browser.get("/tickets?text=nothing").content.decode()
