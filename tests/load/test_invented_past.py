"""A past that loadgen invented is one that the product could have written."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db.models import Count, F, Model, Q
from django.test import Client

from supportflow.accounts.models import User
from supportflow.core.models import Activity, Receipt
from supportflow.core.reactions import names_of_reactions
from supportflow.crm.models import Contact
from supportflow.desk.models import SETTLED, Comment, Ticket
from supportflow.jobs.models import Job
from supportflow.loadgen import has_real_data, load
from supportflow.search.operations import unfinished

UNTIL = datetime(2026, 6, 1)  # noqa: DTZ001  loadgen counts in UTC without a zone
MANY = 240


@pytest.fixture
def past(db: None) -> None:
    assert sum(load(MANY, seed=7, until=UNTIL)) == MANY


@pytest.mark.parametrize("model", [Ticket, Comment, Contact, User, Activity])
def test_every_row_fits_its_model(past: None, model: type[Model]) -> None:
    for row in model._default_manager.all()[:400]:
        empty = {field.name for field in row._meta.fields if getattr(row, field.attname) in field.empty_values}
        row.clean_fields(exclude=empty)


def test_times_run_forwards_and_stamps_fit(past: None) -> None:
    assert Ticket.objects.count() == MANY
    assert not Ticket.objects.filter(updated_at__lt=F("created_at")).exists()
    assert not Ticket.objects.filter(first_responded_at__lt=F("created_at")).exists()
    assert not Ticket.objects.filter(resolved_at__lt=F("created_at")).exists()
    assert not Comment.objects.filter(created_at__lt=F("ticket__created_at")).exists()
    assert not Ticket.objects.filter(Q(status__in=SETTLED) & Q(resolved_at=None)).exists()


def test_each_ticket_has_its_beginning_in_the_trail(past: None) -> None:
    born = Activity.objects.filter(action="ticket.created").values("ticket_id").annotate(times=Count("pk"))
    assert {row["ticket_id"]: row["times"] for row in born} == dict.fromkeys(
        Ticket.objects.values_list("pk", flat=True), 1
    )
    assert not Comment.objects.exclude(ticket__in=Activity.objects.values("ticket_id")).exists()


def test_nothing_is_owed(past: None) -> None:
    owed = {(activity.pk, name) for activity in Activity.objects.all() for name in names_of_reactions(activity.action)}
    assert owed <= set(Receipt.objects.values_list("activity_id", "reaction"))
    assert not Job.objects.exists()
    assert unfinished() == []  # the search's index has all of it


def test_the_same_seed_tells_the_same_and_a_second_load_adds(past: None) -> None:
    first = list(Ticket.objects.order_by("pk").values_list("subject", "status", "created_at"))
    assert not has_real_data()
    list(load(MANY, seed=7, until=UNTIL))
    again = list(Ticket.objects.order_by("pk").values_list("subject", "status", "created_at"))
    assert len(again) == 2 * MANY
    assert again[:MANY] == first
    assert [row[2] for row in again[MANY:]] == [row[2] for row in first]


def test_people_can_work_in_it(past: None, sign_in: Callable[[User], Client]) -> None:
    client = sign_in(User.objects.people().filter(is_active=True).order_by("pk")[0])
    for address in ("/tickets", "/contacts", "/companies", "/settings/tags", "/settings/macros"):
        assert client.get(address).status_code == 200
    for ticket in Ticket.objects.alive().filter(team=None).order_by("?")[:25]:
        assert client.get(ticket.get_absolute_url()).status_code == 200
