"""Every change of a company."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from supportflow.accounts.operations import user_or_invalid
from supportflow.core import clock, trash
from supportflow.core.actors import Actor
from supportflow.core.door import Changes, change, count_change, lock, operation, record
from supportflow.core.errors import Invalid, Refused
from supportflow.core.history import merge, undoable
from supportflow.crm.models import SIZES, Company, CompanyDomain
from supportflow.crm.operations import cleaning
from supportflow.fields.operations import clean_custom

_PLAIN: dict[str, cleaning.Cleaner] = {
    "name": cleaning.line(200, required=True),
    "website": cleaning.web_address,
    "industry": cleaning.line(80),
    "size": cleaning.one_of(SIZES, required=False),
    "customer_since": cleaning.optional_date,
    "health_score": cleaning.optional_score,
}
FIELDS = frozenset({*_PLAIN, "domains", "revenue", "owner_id", "custom"})


@operation
def create_company(*, by: Actor, **values: Any) -> Company:
    """A company from `FIELDS`; `revenue` is {amount, currency} or None, `domains` a list. Raises Invalid."""
    by.must("company.create")
    domains = _domains(values.pop("domains", None) or ())
    company = Company(created_at=clock.now(), updated_at=clock.now(), **_clean({"name": "", **values}))
    company.save(force_insert=True)
    if domains:
        _set_domains(company, domains)
    record("company.created", company, by=by, meta={"name": company.name})
    return company


@operation
def update_company(
    company: Company, *, version: int | None = None, seen: int | None = None, by: Actor, **values: Any
) -> Company:
    """Change some of `FIELDS`. `version` refuses any newer row, `seen` only an overwritten field (Stale)."""
    by.must("company.update", company)
    company = lock(company, version=version)
    _refuse_trashed(company)
    mine = merge(company, seen, _given(company, values))
    domains = mine.pop("domains", None)
    changes = change(company, **mine)
    if domains is not None and (changed := _set_domains(company, domains)):
        if not changes:
            count_change(company)
        changes |= changed
    if changes:
        record("company.updated", company, by=by, **changes)
    return company


def _given(company: Company, values: dict[str, Any]) -> dict[str, Any]:
    """What the caller gave, by the names of the trail."""
    if "owner_id" in values and values["owner_id"] == company.owner_id:
        del values["owner_id"]  # it stays, though it may be deactivated by now
    domains = values.pop("domains", None)
    return _clean(values, company.custom) | ({} if domains is None else {"domains": _domains(domains)})


@operation
def trash_company(company: Company, *, version: int | None = None, by: Actor) -> Company:
    """Out of lists and choices; contacts and tickets keep it, and it can be restored for 30 days."""
    by.must("company.trash", company)
    return trash.put_in(company, version=version, by=by)


@operation
def restore_company(company: Company, *, by: Actor) -> Company:
    by.must("company.trash", company)
    return trash.take_out(company, by=by)


@operation
def purge_company(company: Company, *, by: Actor) -> None:
    """For ever. Only from the trash, and only while no ticket names it."""
    by.must("company.purge", company)
    company = lock(company)
    if not company.is_trashed:
        raise Refused("not_in_trash", _("Move the company to the trash first."))
    # The tickets stand above this app; they are asked by their reverse name alone.
    if company.tickets.exists():
        raise Refused("company_has_tickets", _("This company has tickets and stays with them."))
    record("company.purged", company, by=by, meta={"name": company.name})
    company.delete()


def company_or_invalid(pk: int | None, field: str = "company_id") -> Company | None:
    if pk is None:
        return None
    company: Company | None = Company.objects.alive().filter(pk=pk).first() if 0 < pk < 2**63 else None
    if company is None:
        raise Invalid({field: _("There is no company with this id.")})
    return company


def company_of_address(address: str) -> Company | None:
    """The company whose domain the address has, or a subdomain of it."""
    labels = address.rpartition("@")[2].lower().split(".")
    names = [".".join(labels[start:]) for start in range(max(len(labels) - 1, 0))][-10:]
    found = CompanyDomain.objects.filter(domain__in=names, company__deleted_at=None).select_related("company")
    longest = sorted(found, key=lambda row: len(row.domain))
    return longest[-1].company if longest else None


def _clean(values: dict[str, Any], custom: dict[str, Any] | None = None) -> dict[str, Any]:
    """`custom`: the values of custom fields so far."""
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        if name == "owner_id":
            cleaned["owner"] = user_or_invalid(value, "owner_id")
        elif name == "custom":
            cleaned["custom"] = clean_custom("company", value, custom)
        elif name == "revenue":
            amount, currency = ("", "") if value is None else (value.get("amount"), value.get("currency"))
            cleaned["revenue_amount"], cleaned["revenue_currency"] = cleaning.revenue(amount, currency)
        elif name in _PLAIN:
            cleaned[name] = _PLAIN[name](name, value)
        else:
            raise Invalid({name: _("There is no such field.")})
    return cleaned


def _domains(given: Iterable[str]) -> list[str]:
    wanted = sorted({cleaning.domain("domains", domain) for domain in given})
    if len(wanted) > 100:
        raise Invalid({"domains": _("At most 100 domains fit.")})
    return wanted


def _set_domains(company: Company, wanted: list[str]) -> Changes:
    old = sorted(company.domains.values_list("domain", flat=True))
    if wanted == old:
        return {}
    taken = CompanyDomain.objects.filter(domain__in=wanted).exclude(company=company).select_related("company").first()
    if taken:
        message = _("%(domain)s belongs to %(company)s already.") % {
            "domain": taken.domain,
            "company": taken.company.name,
        }
        raise Invalid({"domains": message})
    company.domains.exclude(domain__in=wanted).delete()
    CompanyDomain.objects.bulk_create(CompanyDomain(company=company, domain=name) for name in wanted if name not in old)
    return {"domains": [old, wanted]}


def _refuse_trashed(company: Company) -> None:
    if company.is_trashed:
        raise Refused("in_trash", _("This company is in the trash. Restore it first."))


undoable("company.trashed", Company, "company.trash")
