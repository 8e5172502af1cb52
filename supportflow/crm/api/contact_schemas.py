from datetime import datetime
from typing import Any

from django.conf import settings
from pydantic import Field

from supportflow.core.api.schemas import UNSET, Custom, Id, In, Out, PageOut, Ref, Score, Text, examples
from supportflow.crm.models import Contact, LeadStatus
from supportflow.fields.queries import whole
from supportflow.tags.api import TagOut

_ADDRESS = {
    "street": "12 Harbour Road",
    "city": "Bristol",
    "region": "England",
    "postal_code": "BS1 5DB",
    "country": "United Kingdom",
}
_SENT = {
    "first_name": "Sarah",
    "last_name": "Johnson",
    "email": "sarah.johnson@acme.example",
    "phone": "+44 117 496 0123",
    "address": _ADDRESS,
    "title": "CTO",
    "department": "Engineering",
    "linkedin": "https://linkedin.example/in/sarah-johnson",
    "lead_status": "CUSTOMER",
    "lead_score": 95,
    "tags": ["vip"],
}
_SARAH = {
    "id": 1,
    "first_name": "Sarah",
    "last_name": "Johnson",
    "name": "Sarah Johnson",
    "email": "sarah.johnson@acme.example",
    "emails": ["sarah.johnson@acme.example"],
    "phone": "+44 117 496 0123",
    "address": _ADDRESS,
    "title": "CTO",
    "department": "Engineering",
    "linkedin": "https://linkedin.example/in/sarah-johnson",
    "twitter": None,
    "company": {"id": 1, "name": "Acme Corporation"},
    "lead_status": "CUSTOMER",
    "lead_score": 95,
    "notes": None,
    "custom": {"custom_1": None, "custom_2": None, "custom_3": None},
    "tags": [{"id": 4, "name": "vip", "color": "#b8860b"}],
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-05-01T12:00:00Z",
    "deleted_at": None,
    "url": "http://127.0.0.1:8000/contacts/1",
}


class AddressOut(Out):
    """A postal address; null where a part is not known."""

    model_config = examples(_ADDRESS)
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None


class ContactOut(Out):
    """A customer or prospect. `email` is the primary one of `emails`."""

    model_config = examples(_SARAH)
    id: int
    first_name: str
    last_name: str | None
    name: str
    email: str | None
    emails: list[str]
    phone: str | None
    address: AddressOut
    title: str | None
    department: str | None
    linkedin: str | None
    twitter: str | None
    company: Ref | None
    lead_status: LeadStatus
    lead_score: int
    notes: str | None
    custom: dict[str, Any]
    tags: list[TagOut]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    url: str

    @classmethod
    def of(cls, contact: Contact, slugs: list[str]) -> "ContactOut":
        """`company`, `emails` and `tags` are fetched already; `slugs` are the custom fields of contacts."""
        emails = contact.emails.all()
        company = contact.company
        return cls(
            id=contact.pk,
            first_name=contact.first_name,
            last_name=contact.last_name or None,
            name=contact.name,
            email=contact.email,
            emails=[email.address for email in emails],
            phone=contact.phone or None,
            address=AddressOut(
                street=contact.street or None,
                city=contact.city or None,
                region=contact.region or None,
                postal_code=contact.postal_code or None,
                country=contact.country or None,
            ),
            title=contact.title or None,
            department=contact.department or None,
            linkedin=contact.linkedin or None,
            twitter=contact.twitter or None,
            company=Ref(id=company.pk, name=company.name) if company else None,
            lead_status=LeadStatus(contact.lead_status),
            lead_score=contact.lead_score,
            notes=contact.notes or None,
            custom=whole(contact.custom, slugs),
            tags=[TagOut.of(tag) for tag in contact.tags.all()],
            created_at=contact.created_at,
            updated_at=contact.updated_at,
            deleted_at=contact.deleted_at,
            url=settings.BASE_URL + contact.get_absolute_url(),
        )


class ContactPage(PageOut[ContactOut]):
    model_config = examples({"items": [_SARAH], "next": None, "previous": None, "total": None})


class AddressIn(In):
    model_config = examples(_ADDRESS)
    street: Text | None = Field(default=None, max_length=200)
    city: Text | None = Field(default=None, max_length=100)
    region: Text | None = Field(default=None, max_length=100)
    postal_code: Text | None = Field(default=None, max_length=20)
    country: Text | None = Field(default=None, max_length=80)


class _ContactFields(In):
    last_name: Text | None = Field(default=None, max_length=100)
    email: Text | None = Field(default=None, max_length=254, description="The primary address.")
    emails: list[Text] = Field(default=[], max_length=20, description="All addresses.")
    phone: Text | None = Field(default=None, max_length=40)
    address: AddressIn | None = None
    title: Text | None = Field(default=None, max_length=120)
    department: Text | None = Field(default=None, max_length=120)
    linkedin: Text | None = Field(default=None, max_length=300)
    twitter: Text | None = Field(default=None, max_length=300)
    company_id: Id | None = None
    lead_status: LeadStatus = LeadStatus.NEW
    lead_score: Score = 0
    notes: Text | None = Field(default=None, max_length=100_000)
    custom: Custom = {}
    tags: list[Text] = Field(default=[], max_length=50, description="Names; made where missing.")


class ContactIn(_ContactFields):
    """A contact as it is made or replaced."""

    model_config = examples(_SENT)
    first_name: Text = Field(min_length=1, max_length=100)

    def whole(self) -> dict[str, Any]:
        """Every field, at its default where it was not sent."""
        return self.model_dump()


class ContactPatch(_ContactFields):
    """The fields to change."""

    model_config = examples({"title": "CEO", "address": {"city": "Bath"}})
    first_name: Text = Field(default=UNSET, min_length=1, max_length=100)
