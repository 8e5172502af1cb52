"""Where the product itself shows a row of a table."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.urls import reverse

_OWN: dict[str, Callable[[Any], str]] = {
    "crm.ContactEmail": lambda row: f"/contacts/{row.contact_id}",
    "crm.CompanyDomain": lambda row: f"/companies/{row.company_id}",
    "desk.Comment": lambda row: f"{_ticket(row.ticket_id)}#comment-{row.pk}",
    "files.Attachment": lambda row: reverse("attachment", args=[row.pk]) if row.is_attached else "",
    "jobs.Job": lambda row: reverse("upkeep_job", args=[row.pk]),
    "mail.InboundMail": lambda row: reverse("upkeep_mail", args=[row.pk]),
    "mail.RawMail": lambda row: reverse("upkeep_mail", args=[row.pk]),
    "mail.OutgoingMail": lambda row: reverse("outgoing_mail", args=[row.pk]),
    "tags.Tag": lambda row: reverse("tag", args=[row.pk]),
}
# The first of these that a row has says what it is about.
_ABOUT = {"contact_id": "/contacts/{}", "company_id": "/companies/{}", "tag_id": "/settings/tags/{}"}


def page_of(row: Model) -> str:
    """The address of the product's page of this row; empty when it has none."""
    if found := _OWN.get(row._meta.label):
        return found(row)
    return str(row.get_absolute_url()) if hasattr(row, "get_absolute_url") else _about(row)


def _about(row: Any) -> str:
    if ticket := getattr(row, "ticket_id", None):
        return _ticket(ticket)
    return next((place.format(pk) for name, place in _ABOUT.items() if (pk := getattr(row, name, None))), "")


def _ticket(pk: int) -> str:
    return f"/tickets/T-{pk:04d}"
