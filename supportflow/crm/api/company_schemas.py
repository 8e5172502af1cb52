from datetime import date, datetime
from typing import Any, Literal

from django.conf import settings
from pydantic import Field

from supportflow.core.api.schemas import UNSET, Custom, Day, Id, In, Out, PageOut, Ref, Score, Text, examples
from supportflow.crm.models import Company
from supportflow.fields.queries import whole

Size = Literal["1-10", "11-50", "50-100", "100-500", "500-1000", "1000+"]
_SENT = {
    "name": "Acme Corporation",
    "website": "https://acme.example",
    "domains": ["acme.example"],
    "industry": "Technology",
    "size": "500-1000",
    "revenue": {"amount": "72000000.00", "currency": "USD"},
    "customer_since": "2021-03-01",
    "health_score": 85,
}
_ACME = {
    "id": 1,
    **_SENT,
    "owner": {"id": 3, "name": "John Reyes"},
    "logo_url": None,
    "custom": {},
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-05-01T12:00:00Z",
    "deleted_at": None,
    "url": "http://127.0.0.1:8000/companies/1",
}


class MoneyOut(Out):
    """An amount as a text, so that no digit is lost, and its currency (ISO 4217)."""

    model_config = examples({"amount": "72000.00", "currency": "EUR"})
    amount: str
    currency: str


class CompanyOut(Out):
    """The organisation of contacts. Mail from its `domains` belongs to it."""

    model_config = examples(_ACME)
    id: int
    name: str
    website: str | None
    domains: list[str]
    industry: str | None
    size: str | None
    revenue: MoneyOut | None
    customer_since: date | None
    health_score: int | None
    owner: Ref | None
    logo_url: str | None
    custom: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    url: str

    @classmethod
    def of(cls, company: Company, slugs: list[str]) -> "CompanyOut":
        """`owner` and `domains` are fetched already; `slugs` are the custom fields of companies."""
        owner, logo = company.owner, company.logo_id
        amount = company.revenue_amount
        return cls(
            id=company.pk,
            name=company.name,
            website=company.website or None,
            domains=sorted(row.domain for row in company.domains.all()),
            industry=company.industry or None,
            size=company.size or None,
            revenue=None if amount is None else MoneyOut(amount=f"{amount:.2f}", currency=company.revenue_currency),
            customer_since=company.customer_since,
            health_score=company.health_score,
            owner=Ref(id=owner.pk, name=owner.name) if owner else None,
            logo_url=f"{settings.BASE_URL}/api/attachments/{logo}/content" if logo else None,
            custom=whole(company.custom, slugs),
            created_at=company.created_at,
            updated_at=company.updated_at,
            deleted_at=company.deleted_at,
            url=settings.BASE_URL + company.get_absolute_url(),
        )


class CompanyPage(PageOut[CompanyOut]):
    model_config = examples({"items": [_ACME], "next": None, "previous": None, "total": None})


class MoneyIn(In):
    model_config = examples({"amount": "72000.00", "currency": "EUR"})
    amount: Text = Field(pattern=r"^[0-9]{1,16}(\.[0-9]{1,2})?$")
    currency: Text = Field(pattern="^[A-Z]{3}$")


class _CompanyFields(In):
    website: Text | None = Field(default=None, max_length=300)
    domains: list[Text] = Field(default=[], max_length=100)
    industry: Text | None = Field(default=None, max_length=80)
    size: Size | None = None
    revenue: MoneyIn | None = None
    customer_since: Day | None = None
    health_score: Score | None = None
    owner_id: Id | None = None
    custom: Custom = {}


class CompanyIn(_CompanyFields):
    """A company as it is made or replaced."""

    model_config = examples(_SENT)
    name: Text = Field(min_length=1, max_length=200)

    def whole(self) -> dict[str, Any]:
        """Every field, at its default where it was not sent."""
        return self.model_dump()


class CompanyPatch(_CompanyFields):
    """The fields to change."""

    model_config = examples({"health_score": 92})
    name: Text = Field(default=UNSET, min_length=1, max_length=200)
