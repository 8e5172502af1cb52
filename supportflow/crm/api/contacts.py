from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import RowId
from supportflow.core.errors import NotFound
from supportflow.crm.api.contact_schemas import ContactIn, ContactOut, ContactPage, ContactPatch
from supportflow.crm.filters import CONTACT_SORTS, DEFAULT_SORT, ContactFilter
from supportflow.crm.models import Contact, LeadStatus
from supportflow.crm.operations import create_contact, restore_contact, trash_contact, update_contact
from supportflow.fields.queries import slugs_of
from supportflow.tags.models import Tag

contacts = Routes("Contacts")


@contacts.list(
    "",
    ContactPage,
    op="contacts_list",
    summary="List contacts",
    params=[
        *parameters.listing(CONTACT_SORTS, DEFAULT_SORT),
        parameters.q("Words of the name, or an exact address."),
        parameters.ids("company", "Company id, or `none`.", "none"),
        parameters.names("tag", 40, "Name of a tag.", "vip"),
        parameters.one_of("lead_status", LeadStatus, "Lead status."),
        parameters.moment("created_after", "Made after this time."),
        parameters.moment("created_before", "Made before this time."),
        parameters.moment("updated_after", "Changed after this time."),
        parameters.flag("trash", "true: what lies in the trash, instead of what does not."),
    ],
)
def list_contacts(request: ApiRequest) -> HttpResponse:
    wanted = ContactFilter.from_params(params_of(request))
    rows = wanted.apply(Contact.objects.visible_to(request.actor), request.actor)
    return listed(request, _whole(rows), sorts=CONTACT_SORTS, default=DEFAULT_SORT, shape=_all)


@contacts.post("", ContactOut, op="contact_create", summary="Create a contact")
def post_contact(request: ApiRequest, data: ContactIn) -> HttpResponse:
    contact = _again(create_contact(by=request.actor, **data.given()))
    return made(_one(contact), f"/api/contacts/{contact.pk}", contact.version)


@contacts.get("/{id}", ContactOut, op="contact_get", summary="Get a contact", versioned=True)
def get_contact(request: ApiRequest, id: RowId) -> HttpResponse:
    contact = _contact(request, id)
    return shown(request, _one(contact), contact.version)


@contacts.put("/{id}", ContactOut, op="contact_replace", summary="Replace a contact")
def put_contact(request: ApiRequest, id: RowId, data: ContactIn) -> HttpResponse:
    """What is left out goes back to its default: texts become empty, the company null, all tags are taken off."""
    return _updated(request, _contact(request, id), data.whole())


@contacts.patch("/{id}", ContactOut, op="contact_change", summary="Change a contact")
def patch_contact(request: ApiRequest, id: RowId, data: ContactPatch) -> HttpResponse:
    """What is left out stays. `tags` and `emails` are replaced as a whole, `address` and `custom` key by key."""
    contact = _contact(request, id)
    values = data.given()
    if "address" in values:
        values["address"] = {**_address(contact), **(values["address"] or {})} if values["address"] else {}
    if "custom" in values:
        values["custom"] = {**contact.custom, **values["custom"]}
    return _updated(request, contact, values, merged=bool({"address", "custom"} & set(values)))


@contacts.delete("/{id}", op="contact_trash", summary="Move a contact to the trash")
def delete_contact(request: ApiRequest, id: RowId) -> HttpResponse:
    """Its tickets stay untouched; it can be restored for 30 days."""
    contact = _contact(request, id)
    trash_contact(contact, version=wanted_version(request, contact), by=request.actor)
    return gone()


@contacts.post(
    "/{id}/restoration", ContactOut, op="contact_restore", summary="Restore a contact from the trash", status=200
)
def post_restoration(request: ApiRequest, id: RowId) -> HttpResponse:
    contact = _again(restore_contact(_contact(request, id), by=request.actor))
    return shown(request, _one(contact), contact.version)


def _updated(request: ApiRequest, contact: Contact, values: dict[str, Any], *, merged: bool = False) -> HttpResponse:
    version = wanted_version(request, contact)
    if merged:
        version = contact.version  # what was read is what may be written over
    contact = _again(update_contact(contact, version=version, by=request.actor, **values))
    return shown(request, _one(contact), contact.version)


def _contact(request: ApiRequest, pk: int) -> Contact:
    contact = _whole(Contact.objects.visible_to(request.actor)).filter(pk=pk).first()
    if contact is None:
        raise NotFound
    return contact


def _again(contact: Contact) -> Contact:
    return _whole(Contact.objects.all()).get(pk=contact.pk)


def _whole(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    return rows.select_related("company").prefetch_related("emails", Prefetch("tags", Tag.objects.order_by("key")))


def _one(contact: Contact) -> ContactOut:
    return ContactOut.of(contact, slugs_of("contact"))


def _all(rows: Sequence[Contact]) -> list[ContactOut]:
    slugs = slugs_of("contact")
    return [ContactOut.of(contact, slugs) for contact in rows]


def _address(contact: Contact) -> dict[str, str]:
    return {name: getattr(contact, name) for name in ("street", "city", "region", "postal_code", "country")}
