"""The fixed values of the product's vocabulary, in words for people."""

from collections.abc import Iterable
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

WORDS: dict[str, StrPromise] = {
    "OPEN": _("Open"),
    "IN_PROGRESS": _("In progress"),
    "WAITING": _("Waiting"),
    "RESOLVED": _("Resolved"),
    "CLOSED": _("Closed"),
    "LOW": _("Low"),
    "MEDIUM": _("Medium"),
    "HIGH": _("High"),
    "URGENT": _("Urgent"),
    "BUG": _("Bug"),
    "FEATURE_REQUEST": _("Feature request"),
    "QUESTION": _("Question"),
    "BILLING": _("Billing"),
    "INCIDENT": _("Incident"),
    "OTHER": _("Other"),
    "EMAIL": _("E-mail"),
    "WEB": _("Web"),
    "API": _("API"),
    "PORTAL": _("Portal"),
    "PHONE": _("Phone"),
    "PUBLIC": _("Public reply"),
    "INTERNAL": _("Internal note"),
    "NONE": _("Not mailed"),
    "HELD": _("Leaves in a moment"),
    "QUEUED": _("On its way"),
    "SENT": _("Sent"),
    "DELIVERED": _("Delivered"),
    "FAILED": _("Not sent"),
    "BOUNCED": _("Came back"),
    "KEPT": _("Kept"),
    "CANCELLED": _("Cancelled"),
    "NEW": _("New"),
    "CONTACTED": _("Contacted"),
    "QUALIFIED": _("Qualified"),
    "CUSTOMER": _("Customer"),
    "UNQUALIFIED": _("Unqualified"),
    "CHURNED": _("Churned"),
    "RELATED": _("Related to"),
    "PARENT": _("Part of"),
    "CHILD": _("Has as a part"),
    "DUPLICATE": _("Has as a duplicate"),
    "ORIGINAL": _("Duplicate of"),
    "AGENT": _("Agent"),
    "SUPERVISOR": _("Supervisor"),
    "ADMIN": _("Admin"),
    "SYSTEM": _("System"),
}


def word(value: str) -> str:
    """Return the word for a stored value; a value that has none stands for itself."""
    return _word(get_language(), value)


@lru_cache(maxsize=1024)
def _word(language: str | None, value: str) -> str:
    return str(WORDS.get(value, value))


def choices(values: Iterable[str], empty: str | StrPromise | None = None) -> list[tuple[str, str | StrPromise]]:
    """Return (value, word) pairs of an enum for a select, after an empty choice where one is named."""
    pairs = [(str(value), WORDS.get(str(value), str(value))) for value in values]
    return pairs if empty is None else [("", empty), *pairs]
