"""The five tickets and what happened to them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.actors import System
from supportflow.crm.models import Contact
from supportflow.desk.content import Content
from supportflow.desk.models import DeliveryState, Mailbox, Ticket
from supportflow.desk.operations import (
    assign_ticket,
    create_ticket,
    note_delivery,
    note_on_ticket,
    reply_to_ticket,
    set_status,
)

BY = System("demo")


@dataclass(frozen=True)
class Step:
    """What `who` did so many hours ago: "assign" (to whom), "reply" or "note" (what), "status" (which)."""

    hours_ago: float
    who: str
    act: str
    what: str


@dataclass(frozen=True)
class Story:
    hours_ago: float
    subject: str
    contact: str
    text: str
    steps: tuple[Step, ...]
    values: dict[str, Any] = field(default_factory=dict)
    due_in_hours: float | None = None


STORIES = (
    Story(
        5,
        "Unable to login",
        "Sarah",
        "Hello,\n\nsince this morning nobody in our Boston office can sign in. The page says that the session is "
        "invalid, then it returns to the start.\n\nPlease look into it soon, we have a release today.\n\nSarah Johnson",
        (Step(4.8, "Omar", "assign", "John"),),
        {"priority": "HIGH", "category": "BUG", "tags": ["vip"]},
        due_in_hours=3,
    ),
    Story(
        144,
        "Dark mode feature",
        "Michael",
        "Hi team,\n\nour people work late and would love a dark mode. Is it on your list?\n\nThanks\nMichael",
        (
            Step(142, "Emma", "assign", "Emma"),
            Step(
                140,
                "Emma",
                "reply",
                "Hi Michael,\n\nit is: we are trying out a first version ourselves. I will write to you when you can "
                "try it too.",
            ),
            Step(138, "Emma", "status", "IN_PROGRESS"),
        ),
        {"category": "FEATURE_REQUEST", "tags": ["feature-request"]},
    ),
    Story(
        72,
        "Billing inquiry",
        "Emily",
        "Good morning,\n\nthe October invoice lists 42 seats, but we have 38. Could you check?\n\nKind regards\n"
        "Emily Davis",
        (Step(70, "John", "assign", "John"), Step(60, "John", "status", "WAITING")),
        {"priority": "LOW", "category": "BILLING"},
    ),
    Story(
        3,
        "Dashboard slow",
        "David",
        "Hello team,\n\nour main dashboard takes more than 40 seconds to open since yesterday afternoon. Smaller "
        "dashboards are fine. Everyone in Operations is affected and we use it for the daily stand-up.\n\nDavid",
        (
            Step(2.9, "Omar", "assign", "Emma"),
            Step(
                2.6,
                "Emma",
                "reply",
                "Hi David,\n\nthank you for the clear description. I can see one widget waiting on the server for 38 "
                "seconds and have passed it to our engineers.\n\nUntil then, hiding **Orders by region** brings the "
                "page back to normal speed.",
            ),
            Step(
                1.4,
                "Priya",
                "note",
                "Found it: the last release dropped the index on `orders.region_id`. The fix is in review.",
            ),
        ),
        {"priority": "URGENT", "category": "BUG", "tags": ["urgent", "bug"]},
        due_in_hours=1,
    ),
    Story(
        216,
        "API rate limits",
        "Michael",
        "Hi,\n\nhow many requests a minute may our integration make, and what happens above that?\n\nMichael",
        (
            Step(214, "John", "assign", "John"),
            Step(
                212,
                "John",
                "reply",
                "Hi Michael,\n\n1,200 requests a minute for each token. Above that the answer is `429` with a "
                "`Retry-After` header that says how many seconds to wait.",
            ),
            Step(204, "John", "status", "RESOLVED"),
        ),
    ),
)


def tell(now: datetime, users: dict[str, User], contacts: dict[str, Contact], mailbox: Mailbox) -> None:
    """All stories in the order of their numbers, each at its own times before `now`."""
    for story in STORIES:
        due_at = now + timedelta(hours=story.due_in_hours) if story.due_in_hours else None
        with clock.at(now - timedelta(hours=story.hours_ago)):
            ticket = create_ticket(
                story.subject,
                contacts[story.contact],
                Content.from_markdown(story.text),
                channel="EMAIL",
                mailbox=mailbox,
                due_at=due_at,
                by=BY,
                **story.values,
            )
        for step in story.steps:
            with clock.at(now - timedelta(hours=step.hours_ago)):
                _take(step, ticket, users)


def _take(step: Step, ticket: Ticket, users: dict[str, User]) -> None:
    who = users[step.who]
    match step.act:
        case "assign":
            assign_ticket(ticket, users[step.what], by=who)
        case "status":
            set_status(ticket, step.what, by=who)
        case "note":
            note_on_ticket(ticket, Content.from_markdown(step.what), by=who)
        case "reply":
            comment = reply_to_ticket(ticket, Content.from_markdown(step.what), by=who)
            with clock.at(clock.now() + timedelta(seconds=4)):
                note_delivery(comment, DeliveryState.SENT, by=BY)
