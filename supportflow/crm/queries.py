"""Reads of contacts and companies that lists, pickers and the API share."""

import re
from email.utils import parseaddr
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from supportflow.core.actors import Actor
from supportflow.core.errors import Invalid
from supportflow.crm.models import Company, Contact

CONTACT_SORTS = {"name": "first_name", "updated_at": "updated_at", "created_at": "created_at", "lead_score": "lead_score"}
COMPANY_SORTS = {"name": "name", "updated_at": "updated_at", "created_at": "created_at", "health_score": "health_score"}
OFFERED = 10  # rows in the list under an input


def contacts_named(q: str, actor: Actor) -> QuerySet[Contact]:
    """The contacts whose names hold every word of `q`, or whose address is `q`."""
    words = Q()
    for word in q.split()[:8]:
        words &= Q(first_name__icontains=word) | Q(last_name__icontains=word)
    exact = Q(pk__in=Contact.objects.filter(emails__key=q.strip().casefold()).values("pk"))
    return Contact.objects.visible_to(actor).filter(words | exact if q.split() else exact)


def companies_named(q: str, actor: Actor) -> QuerySet[Company]:
    """The companies whose name holds every word of `q`, or that have `q` as a domain."""
    words = Q()
    for word in q.split()[:8]:
        words &= Q(name__icontains=word)
    exact = Q(pk__in=Company.objects.filter(domains__domain=q.strip().lower()).values("pk"))
    return Company.objects.visible_to(actor).filter(words | exact if q.split() else exact)


def contact_meant(typed: str, actor: Actor, field: str = "contact") -> Contact | None:
    """The contact whom somebody typed: a name, an address, `Name <address>` or `#12`; None where nobody fits.

    Raises Invalid naming `field` when several fit.
    """
    if found := _by_number(typed, Contact.objects.visible_to(actor).alive()):
        return found
    address = parseaddr(typed)[1] if "@" in typed else ""
    fits = list(contacts_named(address or typed, actor).alive().prefetch_related("emails").order_by("pk")[: OFFERED + 1])
    exact = [row for row in fits if row.name.casefold() == typed.strip().casefold()]
    return _the_one(exact or fits, field)


def company_meant(typed: str, actor: Actor, field: str = "company") -> Company | None:
    """The company that somebody typed: its name, part of it, a domain or `#12`; as `contact_meant`."""
    if found := _by_number(typed, Company.objects.visible_to(actor).alive()):
        return found
    fits = list(companies_named(typed, actor).alive().order_by("pk")[: OFFERED + 1])
    exact = [row for row in fits if row.name.casefold() == typed.strip().casefold()]
    return _the_one(exact or fits, field)


def _by_number(typed: str, rows: QuerySet[Any]) -> Any:
    number = re.search(r"#(\d{1,18})\s*$", typed[-40:])
    return rows.filter(pk=int(number[1])).first() if number else None


def _the_one(fits: list[Any], field: str) -> Any:
    if len(fits) < 2:
        return fits[0] if fits else None
    names = ", ".join(f"{row.name} #{row.pk}" for row in fits[:5])
    raise Invalid({field: _("Several fit: %(names)s. Write the number too, like #%(id)s.") % {"names": names, "id": fits[0].pk}})
