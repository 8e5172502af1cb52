"""The demo data: the same small world for everyone's first start, written through operations at back-dated times."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from supportflow.accounts.models import User
from supportflow.accounts.operations import create_user
from supportflow.accounts.permissions import Role
from supportflow.core import clock
from supportflow.core.actors import System
from supportflow.core.errors import Refused
from supportflow.core.models import Activity
from supportflow.core.reactions import waive_reactions
from supportflow.crm.models import Company, Contact
from supportflow.crm.operations import create_company, create_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, DeliveryState, Mailbox, Ticket
from supportflow.desk.operations import (
    assign_ticket,
    create_ticket,
    ensure_first_mailbox,
    note_delivery,
    note_on_ticket,
    reply_to_ticket,
    set_status,
)
from supportflow.tags.operations import create_tag

PASSWORD = "welcome-to-the-desk"  # noqa: S105  shared and printed on purpose
BY = System("demo")
USERS = (
    ("admin@supportflow.example", "Olivia Brown", Role.ADMIN),
    ("omar@supportflow.example", "Omar Haddad", Role.SUPERVISOR),
    ("john@supportflow.example", "John Reyes", Role.AGENT),
    ("emma@supportflow.example", "Emma Clarke", Role.AGENT),
    ("priya@supportflow.example", "Priya Nair", Role.AGENT),
)
TAGS = (("urgent", "#c0392b"), ("bug", "#c2611f"), ("feature-request", "#7d4fc3"), ("vip", "#b8860b"))


@transaction.atomic
def load() -> None:
    """All of it or nothing. Raises Refused where people work already."""
    if User.objects.people().exists() or Ticket.objects.exists():
        raise Refused("not_empty", "There is data here already; the demo data goes into an empty database only.")
    start = timezone.now() - timedelta(days=30)
    with clock.at(start):
        users = {
            name.split()[0]: create_user(email, name, role, password=PASSWORD, by=BY) for email, name, role in USERS
        }
        mailbox = ensure_first_mailbox(settings.MAIL_ADDRESS, by=BY)
        for name, color in TAGS:
            create_tag(name, color, by=BY)
        companies = _companies(users)
        contacts = _contacts(companies)
    _number_from_one()
    _tickets(users, contacts, mailbox)
    # These replies were never really sent, so nothing may follow from them now.
    waive_reactions(Activity.objects.filter(actor_type__in=["user", "contact", "system"]))


def _number_from_one() -> None:
    """On PostgreSQL a first attempt that was killed half-way used numbers up, though no ticket came of them."""
    if Activity.objects.filter(subject_type="ticket").exists():
        return
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Ticket]):
            cursor.execute(statement)


def logins() -> list[tuple[str, str]]:
    """(e-mail, password) of the demo users who still have the demo password; empty without demo data."""
    users = User.objects.at_work().filter(email__in=[email for email, _name, _role in USERS]).order_by("pk")
    # One hash check (40 ms) stands for all: this runs at every start.
    return [(user.email, PASSWORD) for user in users] if users and users[0].check_password(PASSWORD) else []


def _companies(users: dict[str, User]) -> dict[str, Company]:
    rows: list[dict[str, Any]] = [
        {
            "name": "Acme Corporation",
            "website": "https://www.acme.example",
            "domains": ["acme.example"],
            "industry": "Technology",
            "size": "500-1000",
            "revenue": {"amount": Decimal(84000000), "currency": "USD"},
            "customer_since": date(2021, 3, 15),
            "health_score": 85,
            "owner_id": users["Omar"].pk,
        },
        {
            "name": "TechStartup Inc",
            "website": "https://techstartup.example",
            "domains": ["techstartup.example"],
            "industry": "SaaS",
            "size": "50-100",
            "revenue": {"amount": Decimal(7200000), "currency": "USD"},
            "customer_since": date(2023, 9, 1),
            "health_score": 92,
            "owner_id": users["Emma"].pk,
        },
        {
            "name": "Retail Solutions Co",
            "website": "https://www.retailsolutions.example",
            "domains": ["retailsolutions.example"],
            "industry": "Retail",
            "size": "1000+",
            "revenue": {"amount": Decimal(310000000), "currency": "EUR"},
            "customer_since": date(2019, 6, 20),
            "health_score": 78,
            "owner_id": users["Omar"].pk,
        },
    ]
    return {row["name"].split()[0]: create_company(by=BY, **row) for row in rows}


def _person(
    name: str, email: str, phone: str, title: str, department: str, score: int, status: str, **more: Any
) -> dict[str, Any]:
    first, last = name.split()
    slug = f"{first}-{last}".lower()
    return {
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": phone,
        "title": title,
        "department": department,
        "lead_score": score,
        "lead_status": status,
        "linkedin": f"https://www.linkedin.example/in/{slug}",
        "twitter": f"https://social.example/{slug}",
        **more,
    }


def _place(street: str, city: str, region: str, postal_code: str, country: str) -> dict[str, str]:
    return {"street": street, "city": city, "region": region, "postal_code": postal_code, "country": country}


def _contacts(companies: dict[str, Company]) -> dict[str, Contact]:
    acme, startup, retail = (companies[name].pk for name in ("Acme", "TechStartup", "Retail"))
    boston = _place("200 Harbor Street", "Boston", "MA", "02110", "US")
    people = [
        _person(
            "Sarah Johnson", "sarah.johnson@acme.example", "+1 617 555 0142", "CTO", "Engineering", 95, "CUSTOMER",
            company_id=acme, address=boston, tags=["vip"],
        ),
        _person(
            "Michael Chen", "michael.chen@techstartup.example", "+1 415 555 0178", "CEO", "Management", 88, "CUSTOMER",
            company_id=startup, address=_place("48 Market Street", "San Francisco", "CA", "94105", "US"),
        ),
        _person(
            "Emily Davis", "emily.davis@retailsolutions.example", "+44 20 7946 0321", "Operations Manager",
            "Operations", 72, "CUSTOMER", company_id=retail,
            address=_place("15 Mercer Road", "London", "", "EC1V 2NX", "GB"),
        ),
        _person(
            "David Wilson", "david.wilson@acme.example", "+34 91 555 0199", "Product Manager", "Product",
            68, "QUALIFIED", company_id=acme, address=_place("Calle de Alcalá 112", "Madrid", "", "28009", "ES"),
        ),
        _person(
            "Lisa Martinez", "lisa.martinez@brightmail.example", "+1 512 555 0116", "Marketing Director", "Marketing",
            65, "CONTACTED", address=_place("9 Congress Avenue", "Austin", "TX", "78701", "US"),
        ),
    ]  # fmt: skip
    return {person["first_name"]: create_contact(by=BY, **person) for person in people}


def _tickets(users: dict[str, User], contacts: dict[str, Contact], mailbox: Mailbox) -> None:
    now = timezone.now()

    def ago(**span: float) -> datetime:
        return now - timedelta(**span)

    def open_ticket(at: datetime, subject: str, contact: str, text: str, **values: Any) -> Ticket:
        with clock.at(at):
            person = contacts[contact]
            content = Content.from_markdown(text)
            return create_ticket(subject, person, content, channel="EMAIL", mailbox=mailbox, by=BY, **values)

    def later(at: datetime, act: Callable[..., Any], *args: Any, by: str, **values: Any) -> Any:
        with clock.at(at):
            return act(*args, by=users[by], **values)

    def reply(at: datetime, ticket: Ticket, by: str, text: str) -> None:
        comment: Comment = later(at, reply_to_ticket, ticket, Content.from_markdown(text), by=by)
        with clock.at(at + timedelta(seconds=4)):
            note_delivery(comment, DeliveryState.SENT, by=BY)

    login = open_ticket(
        ago(hours=5), "Unable to login", "Sarah",
        "Hello,\n\nsince this morning nobody in our Boston office can sign in. The page says that the "
        "session is invalid, "
        "then it returns to the start.\n\nPlease look into it soon, we have a release today.\n\nSarah Johnson",
        priority="HIGH", category="BUG", tags=["vip"], due_at=now + timedelta(hours=3),
    )  # fmt: skip
    later(ago(hours=4.8), assign_ticket, login, users["John"], by="Omar")

    dark = open_ticket(
        ago(days=6), "Dark mode feature", "Michael",
        "Hi team,\n\nour people work late and would love a dark mode. Is it on your list?\n\nThanks\nMichael",
        category="FEATURE_REQUEST", tags=["feature-request"],
    )  # fmt: skip
    later(ago(days=5.9), assign_ticket, dark, users["Emma"], by="Emma")
    reply(
        ago(days=5.8), dark, "Emma",
        "Hi Michael,\n\nit is: we are trying out a first version ourselves. I will write to you when you "
        "can try it too.",
    )  # fmt: skip
    later(ago(days=5.7), set_status, dark, "IN_PROGRESS", by="Emma")

    billing = open_ticket(
        ago(days=3), "Billing inquiry", "Emily",
        "Good morning,\n\nthe October invoice lists 42 seats, but we have 38. Could you check?\n\nKind "
        "regards\nEmily Davis",
        priority="LOW", category="BILLING",
    )  # fmt: skip
    later(ago(days=2.9), assign_ticket, billing, users["John"], by="John")
    later(ago(days=2.5), set_status, billing, "WAITING", by="John")

    slow = open_ticket(
        ago(hours=3), "Dashboard slow", "David",
        "Hello team,\n\nour main dashboard takes more than 40 seconds to open since yesterday afternoon. "
        "Smaller dashboards "
        "are fine. Everyone in Operations is affected and we use it for the daily stand-up.\n\nDavid",
        priority="URGENT", category="BUG", tags=["urgent", "bug"], due_at=now + timedelta(hours=1),
    )  # fmt: skip
    later(ago(hours=2.9), assign_ticket, slow, users["Emma"], by="Omar")
    reply(
        ago(hours=2.6), slow, "Emma",
        "Hi David,\n\nthank you for the clear description. I can see one widget waiting on the server for "
        "38 seconds and have "
        "passed it to our engineers.\n\nUntil then, hiding **Orders by region** brings the page back to normal speed.",
    )  # fmt: skip
    note = "Found it: the last release dropped the index on `orders.region_id`. The fix is in review."
    later(ago(hours=1.4), note_on_ticket, slow, Content.from_markdown(note), by="Priya")

    limits = open_ticket(
        ago(days=9), "API rate limits", "Michael",
        "Hi,\n\nhow many requests a minute may our integration make, and what happens above that?\n\nMichael",
    )  # fmt: skip
    later(ago(days=8.9), assign_ticket, limits, users["John"], by="John")
    reply(
        ago(days=8.8), limits, "John",
        "Hi Michael,\n\n1,200 requests a minute for each token. Above that the answer is `429` with a "
        "`Retry-After` header "
        "that says how many seconds to wait.",
    )  # fmt: skip
    later(ago(days=8.5), set_status, limits, "RESOLVED", by="John")
