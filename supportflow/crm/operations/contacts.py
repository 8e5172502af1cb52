"""Every change of a contact."""

from collections.abc import Iterable
from typing import Any

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from supportflow.core import clock, text, trash
from supportflow.core.actors import Actor
from supportflow.core.door import Changes, change, count_change, lock, operation, record
from supportflow.core.errors import Invalid, Refused
from supportflow.core.history import merge, undoable
from supportflow.core.prepared import Prepared
from supportflow.crm.models import Contact, ContactEmail, LeadStatus
from supportflow.crm.operations import cleaning
from supportflow.crm.operations.companies import company_of_address, company_or_invalid
from supportflow.fields.operations import clean_custom
from supportflow.tags.models import Tag
from supportflow.tags.operations import tags_by_name

MAX_EMAILS = 20
_ADDRESS = ("street", "city", "region", "postal_code", "country")
_PLAIN: dict[str, cleaning.Cleaner] = {
    "first_name": cleaning.line(100, required=True),
    "last_name": cleaning.line(100),
    "phone": cleaning.line(40),
    "street": cleaning.line(200),
    "city": cleaning.line(100),
    "region": cleaning.line(100),
    "postal_code": cleaning.line(20),
    "country": cleaning.line(80),
    "title": cleaning.line(120),
    "department": cleaning.line(120),
    "linkedin": cleaning.web_address,
    "twitter": cleaning.web_address,
    "lead_status": cleaning.one_of(tuple(LeadStatus)),
    "lead_score": cleaning.score,
    "notes": cleaning.prose,
}
FIELDS = frozenset({*_PLAIN, "address", "email", "emails", "company_id", "tags", "custom"})


@operation
def create_contact(*, by: Actor, **values: Any) -> Contact:
    """A contact from `FIELDS`. `email` is the primary address, `emails` all of them, `tags` names. Raises Invalid."""
    by.must("contact.create")
    emails, tags = _emails_in(values, old=[]), values.pop("tags", None)
    contact = Contact(created_at=clock.now(), updated_at=clock.now(), **_clean({"first_name": "", **values}))
    contact.save(force_insert=True)
    if emails:
        _set_emails(contact, emails)
    if tags:
        contact.tags.set(tags_by_name(tags, by=by))
    record("contact.created", contact, by=by, meta={"name": contact.name})
    return contact


@operation
def update_contact(
    contact: Contact, *, version: int | None = None, seen: int | None = None, by: Actor, **values: Any
) -> Contact:
    """Change some of `FIELDS`. `version` refuses any newer row, `seen` only an overwritten field (Stale)."""
    by.must("contact.update", contact)
    contact = lock(contact, version=version)
    _refuse_trashed(contact)
    mine = merge(contact, seen, _given(contact, values))
    emails, tags = mine.pop("emails", None), mine.pop("tags", None)
    changes = change(contact, **mine)
    if emails is not None and (changed := _set_emails(contact, emails)):
        if not changes:
            count_change(contact)
        changes |= changed
    if changes:
        record("contact.updated", contact, by=by, **changes)
    return contact if tags is None else tag_contact(contact, tags_by_name(tags, by=by), by=by)


def _given(contact: Contact, values: dict[str, Any]) -> dict[str, Any]:
    """What the caller gave, by the names of the trail."""
    if "company_id" in values and values["company_id"] == contact.company_id:
        del values["company_id"]  # it stays, though it may lie in the trash by now
    tags, emails = values.pop("tags", None), _emails_in(values, old=[email.address for email in contact.emails.all()])
    many = {"tags": None if tags is None else sorted(tags), "emails": emails}
    return _clean(values, contact.custom) | {name: given for name, given in many.items() if given is not None}


@operation
def tag_contact(contact: Contact, tags: Iterable[Tag], *, even_in_trash: bool = False, by: Actor) -> Contact:
    """Exactly these tags."""
    by.must("contact.tag", contact)
    contact = lock(contact)
    if not even_in_trash:
        _refuse_trashed(contact)
    wanted = list(dict.fromkeys(tags))
    old = sorted(tag.name for tag in contact.tags.all())
    new = sorted(tag.name for tag in wanted)
    if old != new:
        contact.tags.set(wanted)
        count_change(contact)
        record("contact.tagged", contact, by=by, tags=[old, new])
    return contact


@operation
def trash_contact(contact: Contact, *, version: int | None = None, by: Actor) -> Contact:
    """Out of lists and choices; its tickets stay untouched, and it can be restored for 30 days."""
    by.must("contact.trash", contact)
    return trash.put_in(contact, version=version, by=by)


@operation
def restore_contact(contact: Contact, *, by: Actor) -> Contact:
    by.must("contact.trash", contact)
    return trash.take_out(contact, by=by)


@operation
def purge_contact(contact: Contact, *, by: Actor) -> Contact | None:
    """For ever: deleted, or anonymised (and returned) where tickets or comments still name it."""
    by.must("contact.purge", contact)
    contact = lock(contact)
    if not contact.is_trashed:
        raise Refused("not_in_trash", _("Move the contact to the trash first."))
    if contact.anonymised_at:
        return contact
    pk, name = contact.pk, contact.name
    try:
        contact.delete()
    except ProtectedError:
        return _anonymise(contact, by=by)
    contact.pk = pk
    record("contact.purged", contact, by=by, meta={"name": name})
    return None


def _anonymise(contact: Contact, *, by: Actor) -> Contact:
    contact.emails.all().delete()
    contact.tags.clear()
    blank: dict[str, Any] = dict.fromkeys((*_ADDRESS, "phone", "title", "department", "linkedin", "twitter"), "")
    change(
        contact,
        first_name=_("Anonymous"),
        last_name="",
        notes="",
        custom={},
        company=None,
        lead_status=LeadStatus.NEW,
        lead_score=0,
        anonymised_at=clock.now(),
        **blank,
    )
    record("contact.anonymised", contact, by=by)
    return contact


@operation
def contact_for_address(address: str, name: str = "", *, by: Actor) -> Contact:
    """The contact who has this address; a new one where nobody has, named from the mail and placed by its domain.

    One in the trash comes back: a customer who writes is there.
    """
    address = cleaning.email("email", address)
    if (known := ContactEmail.objects.filter(key=address.casefold()).select_related("contact").first()) is not None:
        return restore_contact(known.contact, by=by) if known.contact.is_trashed else known.contact
    first, last = _split_name(name, address)
    company = company_of_address(address)
    return create_contact(
        first_name=first, last_name=last, email=address, company_id=company.pk if company else None, by=by
    )


def contact_or_invalid(pk: int | None, field: str = "contact_id") -> Contact:
    found = _alive_by_id(pk) if pk is not None and 0 < pk < 2**63 else []
    if not found:
        raise Invalid({field: _("There is no contact with this id.")})
    return found[0]


_alive_by_id: Prepared[Contact] = Prepared(lambda pk: Contact.objects.alive().filter(pk=pk), int)


def _split_name(name: str, address: str) -> tuple[str, str]:
    name = text.tidy_line(name)[:180]
    if not name or "@" in name:
        return address.rpartition("@")[0][:100], ""
    if name.count(",") == 1:  # "Johnson, Sarah", as directories write it
        last, first = (part.strip() for part in name.split(","))
        if first and last:
            return first[:100], last[:100]
    first, _blank, last = name.partition(" ")
    return first[:100], last[:100]


def _clean(values: dict[str, Any], custom: dict[str, Any] | None = None) -> dict[str, Any]:
    """`custom`: the values of custom fields so far."""
    values = dict(values)
    if "address" in values:
        address = values.pop("address") or {}
        values |= {name: address.get(name, "") for name in _ADDRESS}
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        if name == "company_id":
            cleaned["company"] = company_or_invalid(value)
        elif name == "custom":
            cleaned["custom"] = clean_custom("contact", value, custom)
        elif name in _PLAIN:
            cleaned[name] = _PLAIN[name](name, value)
        else:
            raise Invalid({name: _("There is no such field.")})
    return cleaned


def _emails_in(values: dict[str, Any], *, old: list[str]) -> list[str] | None:
    """All addresses, the primary first, from `email` and `emails`; None when neither is given."""
    if not {"email", "emails"} & set(values):
        return None
    primary, others = values.pop("email", None), values.pop("emails", None)
    if others is None:
        others = old if primary else old[1:]
    addresses = [cleaning.email("emails", address) for address in others]
    if primary:
        primary = cleaning.email("email", primary)
        addresses = [primary, *(a for a in addresses if a.casefold() != primary.casefold())]
    unique = list({address.casefold(): address for address in addresses}.values())
    if len(unique) > MAX_EMAILS:
        raise Invalid({"emails": _("At most %(most)s addresses fit.") % {"most": MAX_EMAILS}})
    return unique


def _set_emails(contact: Contact, addresses: list[str]) -> Changes:
    old = [email.address for email in contact.emails.all()]
    if addresses == old:
        return {}
    keys = [address.casefold() for address in addresses]
    if taken := ContactEmail.objects.filter(key__in=keys).exclude(contact=contact).select_related("contact").first():
        raise Invalid(
            {
                "email": _("%(address)s belongs to %(name)s (contact %(id)s) already.")
                % {"address": taken.address, "name": taken.contact.name, "id": taken.contact_id}
            }
        )
    contact.emails.all().delete()
    ContactEmail.objects.bulk_create(
        ContactEmail(contact=contact, address=address, key=key, is_primary=place == 0)
        for place, (address, key) in enumerate(zip(addresses, keys, strict=True))
    )
    return {"emails": [old, addresses]}


def _refuse_trashed(contact: Contact) -> None:
    if contact.is_trashed:
        raise Refused("in_trash", _("This contact is in the trash. Restore it first."))


undoable("contact.trashed", Contact, "contact.trash")
