"""The macros of the invented desk."""

from typing import Any, NamedTuple

from supportflow.core.actors import System
from supportflow.desk.macro_models import Macro
from supportflow.desk.operations import create_macro

BY = System("loadgen")
_HELLO = "Hello {{customer.first_name|there}},\n\n"
_BYE = "\n\nBest regards,\n{{agent.first_name}}"


class Plan(NamedTuple):
    name: str
    body: str
    changes: dict[str, Any]
    kind: str = "REPLY"


PLANS = (
    Plan("Thank you", f"{_HELLO}thank you for writing. We look into it and come back to you today.{_BYE}", {}),
    Plan(
        "Ask for details",
        f"{_HELLO}so that we can look into **{{{{ticket.subject}}}}**, please tell us:\n\n- which browser you use\n"
        f"- when it happened first\n- what you see on the page{_BYE}",
        {"status": "WAITING", "assignee": "me"},
    ),
    Plan("Ask for a screenshot", f"{_HELLO}a picture of the whole window would help us.{_BYE}", {"status": "WAITING"}),
    Plan("Reset the password", f"{_HELLO}choose *Forgot it?* on the sign-in page.{_BYE}", {"add_tags": ["login"]}),
    Plan("Known bug", f"{_HELLO}we know of this and are mending it.{_BYE}", {"category": "BUG", "add_tags": ["bug"]}),
    Plan("Mended", f"{_HELLO}it is mended since {{{{today}}}}. Does it work for you?{_BYE}", {"status": "RESOLVED"}),
    Plan("Invoice sent again", f"{_HELLO}here is the invoice once more.{_BYE}", {"category": "BILLING"}),
    Plan(
        "Refund granted",
        f"Dear {{{{customer.name|customer}}}},\n\nyour money is on its way. It takes three to five days.{_BYE}",
        {"status": "RESOLVED", "category": "BILLING", "add_tags": ["billing"]},
    ),
    Plan("A wish noted", f"{_HELLO}we put it on our list.{_BYE}", {"add_tags": ["feature-request"]}),
    Plan("To the technicians", "Please look at this. {{customer.name}} waits.", {"priority": "HIGH"}, "NOTE"),
    Plan("Take it", "", {"assignee": "me", "status": "IN_PROGRESS"}),
    Plan("Incident", "", {"priority": "URGENT", "category": "INCIDENT", "add_tags": ["urgent"]}),
)


def keep_macros() -> None:
    """Those that are not there yet, for everybody."""
    there = set(Macro.objects.filter(owner=None).values_list("name", flat=True))
    for plan in PLANS:
        if plan.name not in there:
            create_macro(plan.name, body=plan.body, kind=plan.kind, changes=plan.changes, shared=True, by=BY)
