"""The demo data: exactly the records of the product's page, as if people had worked here."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from supportflow import demo
from supportflow.accounts.models import User
from supportflow.core.errors import Invalid, Refused
from supportflow.core.models import Activity
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Comment, Mailbox, Ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.mail.models import OutgoingMail
from supportflow.tags.models import Tag


@pytest.fixture
def loaded(db: None) -> None:
    demo.load()


def test_the_users_and_their_shared_password(loaded: None) -> None:
    assert list(User.objects.people().order_by("pk").values_list("name", "role", "email")) == [
        ("Olivia Brown", "ADMIN", "admin@supportflow.example"),
        ("Omar Haddad", "SUPERVISOR", "omar@supportflow.example"),
        ("John Reyes", "AGENT", "john@supportflow.example"),
        ("Emma Clarke", "AGENT", "emma@supportflow.example"),
        ("Priya Nair", "AGENT", "priya@supportflow.example"),
    ]
    assert demo.logins() == [(user.email, demo.PASSWORD) for user in User.objects.people().order_by("pk")]
    assert all(user.check_password(demo.PASSWORD) for user in User.objects.people())
    assert Mailbox.objects.get().address == "support@supportflow.example"


def test_the_companies(loaded: None) -> None:
    rows = Company.objects.order_by("pk").values_list("name", "industry", "size", "health_score", "domains__domain")
    assert list(rows) == [
        ("Acme Corporation", "Technology", "500-1000", 85, "acme.example"),
        ("TechStartup Inc", "SaaS", "50-100", 92, "techstartup.example"),
        ("Retail Solutions Co", "Retail", "1000+", 78, "retailsolutions.example"),
    ]
    for company in Company.objects.all():
        assert all(
            [company.website, company.revenue_amount, company.revenue_currency, company.customer_since, company.owner]
        )


def test_the_contacts(loaded: None) -> None:
    rows = Contact.objects.order_by("pk")
    assert [(row.name, row.company and row.company.name, row.title, row.lead_score) for row in rows] == [
        ("Sarah Johnson", "Acme Corporation", "CTO", 95),
        ("Michael Chen", "TechStartup Inc", "CEO", 88),
        ("Emily Davis", "Retail Solutions Co", "Operations Manager", 72),
        ("David Wilson", "Acme Corporation", "Product Manager", 68),
        ("Lisa Martinez", None, "Marketing Director", 65),
    ]
    for contact in rows:
        assert all([contact.email, contact.phone, contact.street, contact.city, contact.postal_code, contact.country])
        assert all([contact.linkedin, contact.department])


def test_the_tags(loaded: None) -> None:
    assert dict(Tag.objects.values_list("name", "color")) == {
        "urgent": "#c0392b",
        "bug": "#c2611f",
        "feature-request": "#7d4fc3",
        "vip": "#b8860b",
    }


def test_the_tickets(loaded: None) -> None:
    found = [
        (
            ticket.number,
            ticket.subject,
            ticket.priority,
            ticket.status,
            ticket.category,
            ticket.contact.name,
            ticket.assignee and ticket.assignee.name.split()[0],
            sorted(tag.name for tag in ticket.tags.all()),
        )
        for ticket in Ticket.objects.order_by("pk")
    ]
    assert found == [
        ("T-0001", "Unable to login", "HIGH", "OPEN", "BUG", "Sarah Johnson", "John", ["vip"]),
        ("T-0002", "Dark mode feature", "MEDIUM", "IN_PROGRESS", "FEATURE_REQUEST", "Michael Chen", "Emma",
         ["feature-request"]),
        ("T-0003", "Billing inquiry", "LOW", "WAITING", "BILLING", "Emily Davis", "John", []),
        ("T-0004", "Dashboard slow", "URGENT", "OPEN", "BUG", "David Wilson", "Emma", ["bug", "urgent"]),
        ("T-0005", "API rate limits", "MEDIUM", "RESOLVED", "QUESTION", "Michael Chen", "John", []),
    ]  # fmt: skip
    for ticket in Ticket.objects.all():
        assert (ticket.channel, ticket.company, ticket.created_by) == (
            "EMAIL",
            ticket.contact.company,
            User.objects.system(),
        )
        assert (ticket.resolved_at is not None, ticket.closed_at, ticket.reopened_count) == (ticket.pk == 5, None, 0)
        assert (ticket.first_responded_at is not None) == (ticket.pk in (2, 4, 5))


def test_the_conversations(loaded: None) -> None:
    told = [
        (comment.ticket.number, comment.visibility, comment.author_type, comment.is_opening, comment.delivery_state)
        for comment in Comment.objects.order_by("ticket", "pk")
    ]
    opening = ("PUBLIC", "contact", True, "NONE")
    reply = ("PUBLIC", "user", False, "SENT")
    assert told == [
        ("T-0001", *opening),
        ("T-0002", *opening),
        ("T-0002", *reply),
        ("T-0003", *opening),
        ("T-0004", *opening),
        ("T-0004", *reply),
        ("T-0004", "INTERNAL", "user", False, "NONE"),
        ("T-0005", *opening),
        ("T-0005", *reply),
    ]


def test_it_all_lies_in_the_past_in_a_sensible_order(loaded: None) -> None:
    now = timezone.now()
    for ticket in Ticket.objects.all():
        trail = list(Activity.objects.filter(ticket_id=ticket.pk).order_by("pk"))
        times = [activity.created_at for activity in trail]
        assert times == sorted(times)
        assert trail[0].action == "ticket.created"
        assert ticket.created_at == times[0] < ticket.updated_at <= times[-1] < now
        assert ticket.created_at > now - timedelta(days=30)
    assert Activity.objects.count() > 20
    assert not Activity.objects.filter(created_at__gt=now).exists()


def everything() -> str:
    return str([list(model.objects.values()) for model in (User, Company, Contact, Ticket, Comment, Mailbox)]) + str(
        [email.address for contact in Contact.objects.all() for email in contact.emails.all()]
    )


def test_no_address_is_anybodys(loaded: None) -> None:
    hosts = re.findall(r"@([\w.-]+)|https?://([\w.-]+)", everything())
    assert len(hosts) > 20
    assert {name.rpartition(".")[2] for pair in hosts for name in pair if name} == {"example", "invalid"}


def test_nothing_is_mailed_because_of_it(loaded: None) -> None:
    run_due_jobs()
    assert not OutgoingMail.objects.exists()


def test_it_goes_into_an_empty_database_only_and_once(loaded: None) -> None:
    before = Activity.objects.count()
    with pytest.raises(Refused) as refusal:
        demo.load()
    assert refusal.value.code == "not_empty"
    assert Activity.objects.count() == before


def test_an_attempt_that_fails_half_way_leaves_nothing(db: None, settings: Any) -> None:
    settings.MAIL_ADDRESS = "no address"
    with pytest.raises(Invalid):
        demo.load()
    assert not User.objects.people().exists()
    assert not Activity.objects.exists()
    settings.MAIL_ADDRESS = "support@supportflow.example"
    demo.load()
    assert demo.logins()


def test_numbers_begin_at_one_after_a_killed_attempt_too(db: None) -> None:
    with transaction.atomic():
        demo.load()
        transaction.set_rollback(True)
    demo.load()
    assert [ticket.number for ticket in Ticket.objects.order_by("pk")] == [f"T-000{n}" for n in range(1, 6)]
