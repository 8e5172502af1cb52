"""The ticket list's own box asks the index where few subjects have the words, and reads them where many do."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supportflow.desk import subjects
from supportflow.desk.content import Content
from supportflow.desk.filters import TicketFilter
from supportflow.desk.models import Ticket
from supportflow.desk.operations import create_ticket, edit_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.search.models import Progress
from supportflow.search.operations import begin_rebuild
from supportflow.search.subjects import tickets_with
from tests.conftest import BY, World


@pytest.fixture
def old(desk: World) -> dict[str, Ticket]:
    """Tickets that nobody touched for a day."""
    named = {
        subject: create_ticket(subject, desk.sarah, Content.from_markdown("Please."), by=BY)
        for subject in (
            "Dashboard shows Zürich twice",
            "The log-in page",
            "Logbook of Acme",
            "日本語の件名です",
            "!!!",
            "INV2024 wrong",
        )
    }
    run_due_jobs()
    Ticket.objects.update(updated_at=timezone.now() - timedelta(days=1))
    return named


def listed(q: str, world: World) -> set[str]:
    rows = TicketFilter(q=q).apply(Ticket.objects.visible_to(world.john), world.john)
    return set(rows.values_list("subject", flat=True))


@pytest.mark.parametrize(
    ("q", "subjects_found"),
    [
        ("dashboard", {"Dashboard shows Zürich twice"}),
        ("DASHB", {"Dashboard shows Zürich twice"}),
        ("zurich twice", {"Dashboard shows Zürich twice"}),
        ("twice dash", {"Dashboard shows Zürich twice"}),
        ("log", {"The log-in page", "Logbook of Acme", "Unable to login"}),
        ("log-in", {"The log-in page"}),
        ("日本", {"日本語の件名です"}),
        ("!!!", {"!!!"}),
        ("inv", {"INV2024 wrong"}),
        ("inv20", {"INV2024 wrong"}),
        ("secret", set()),  # of a private team
        ("johnson", set()),  # the requester, not the subject
        ('a" OR title : "', set()),
        ("'a':A & ) !", set()),
    ],
)
def test_subjects_are_found_by_words_and_their_beginnings(
    old: dict[str, Ticket], desk: World, q: str, subjects_found: set[str]
) -> None:
    assert listed(q, desk) == subjects_found


def test_a_beginning_goes_on_in_more_words_than_the_search_names(
    old: dict[str, Ticket], desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportflow.search.vocabulary.GOES_ON", 0)
    assert listed("dashb", desk) == {"Dashboard shows Zürich twice"}


def test_what_the_index_does_not_have_yet_is_read(old: dict[str, Ticket], desk: World) -> None:
    edit_ticket(Ticket.objects.get(pk=old["Logbook of Acme"].pk), subject="Harvest festival", by=desk.john)
    assert tickets_with("harvest", 10) == []
    assert listed("harvest", desk) == {"Harvest festival"}


def test_what_many_have_is_read_in_the_order_of_the_list(
    old: dict[str, Ticket], desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "COUNTED_UP_TO", 2)
    assert tickets_with("log", 2) is None
    assert listed("log", desk) == {"The log-in page", "Logbook of Acme", "Unable to login"}


def test_an_index_that_is_being_made_is_not_asked(old: dict[str, Ticket], desk: World, monkeypatch: Any) -> None:
    assert tickets_with("dashboard", 10) == [old["Dashboard shows Zürich twice"].pk]
    Progress.objects.all().delete()
    begin_rebuild()
    assert tickets_with("dashboard", 10) is None
    assert listed("ashboar", desk) == {"Dashboard shows Zürich twice"}
