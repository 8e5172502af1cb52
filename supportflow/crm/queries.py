"""Reads of contacts and companies that lists, pickers and the API share."""

import re
from email.utils import parseaddr
from typing import TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from supportflow.core.actors import Actor
from supportflow.core.errors import Invalid
from supportflow.core.text import tidy_line
from supportflow.crm.filters import CompanyFilter, ContactFilter
from supportflow.crm.models import Company, CompanyQuerySet, Contact, ContactQuerySet

Row = TypeVar("Row", Contact, Company)
OFFERED = 10  # rows in the list under an input


def contacts_named(q: str, actor: Actor) -> ContactQuerySet:
    """The living contacts whose names hold every word of `q`, or whose address is `q`; everyone for no word."""
    return ContactFilter(q=tidy_line(q)).apply(Contact.objects.visible_to(actor), actor)


def companies_named(q: str, actor: Actor) -> CompanyQuerySet:
    """The living companies whose name holds every word of `q`, or that have `q` as a domain; all for no word."""
    return CompanyFilter(q=tidy_line(q)).apply(Company.objects.visible_to(actor), actor)


def contact_meant(typed: str, actor: Actor, field: str = "contact") -> Contact | None:
    """The contact whom somebody typed: a name, an address, `Name <address>` or `#12`; None where nobody fits.

    Raises Invalid naming `field` when several fit.
    """
    if found := _by_number(typed, Contact.objects.visible_to(actor).alive()):
        return found
    if not tidy_line(typed):
        return None
    address = typed_address(typed)[1]
    fits = list(contacts_named(address or typed, actor).prefetch_related("emails").order_by("pk")[: OFFERED + 1])
    exact = [row for row in fits if row.name.casefold() == typed.strip().casefold()]
    return _the_one(exact or fits, field)


def company_meant(typed: str, actor: Actor, field: str = "company") -> Company | None:
    """The company that somebody typed: its name, part of it, a domain or `#12`; as `contact_meant`."""
    if found := _by_number(typed, Company.objects.visible_to(actor).alive()):
        return found
    if not tidy_line(typed):
        return None
    fits = list(companies_named(typed, actor).order_by("pk")[: OFFERED + 1])
    exact = [row for row in fits if row.name.casefold() == typed.strip().casefold()]
    return _the_one(exact or fits, field)


def typed_address(typed: str) -> tuple[str, str]:
    """(name, address) of `Name <address>` or a bare address; two empty texts where there is none."""
    return parseaddr(typed[:500]) if "@" in typed else ("", "")


def _by_number(typed: str, rows: QuerySet[Row]) -> Row | None:
    number = re.search(r"#(\d{1,18})\s*$", typed[-40:])
    return rows.filter(pk=int(number[1])).first() if number else None


def _the_one(fits: list[Row], field: str) -> Row | None:
    if len(fits) < 2:
        return fits[0] if fits else None
    names = ", ".join(f"{row.name} #{row.pk}" for row in fits[:5])
    raise Invalid(
        {field: _("Several fit: %(names)s. Write the number too, like #%(id)s.") % {"names": names, "id": fits[0].pk}}
    )
