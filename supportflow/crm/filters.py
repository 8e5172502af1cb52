"""The filters of the contact and company lists, under the same names in the address of the page and in the API."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db.models import Exists, OuterRef, Q

from supportflow.core.actors import Actor
from supportflow.core.filtering import Params, Reader, holds_words, pairs, texts
from supportflow.crm.models import (
    SIZES,
    CompanyDomain,
    CompanyQuerySet,
    Contact,
    ContactEmail,
    ContactQuerySet,
    CustomerQuerySet,
    LeadStatus,
)

# Name in ?sort= → column; with a leading - descending.
CONTACT_SORTS = {
    "name": "first_name",
    "updated_at": "updated_at",
    "created_at": "created_at",
    "lead_score": "lead_score",
}
COMPANY_SORTS = {"name": "name", "updated_at": "updated_at", "created_at": "created_at", "health_score": "health_score"}
DEFAULT_SORT = "name"

Rows = TypeVar("Rows", bound=CustomerQuerySet)  # type: ignore[type-arg]


@dataclass(frozen=True)
class CustomerFilter:
    """What both lists know. Several values of one filter: any of them."""

    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    q: str = ""
    trash: bool | None = None

    def to_params(self) -> dict[str, list[str]]:
        """The query parameters that say the same; what filters nothing is left out."""
        return {field.name: values for field in fields(self) if (values := texts(getattr(self, field.name)))}

    def _common(self, rows: Rows) -> Rows:
        rows = rows.trashed() if self.trash else rows.alive()
        if self.created_after:
            rows = rows.filter(created_at__gt=self.created_after)
        if self.created_before:
            rows = rows.filter(created_at__lt=self.created_before)
        if self.updated_after:
            rows = rows.filter(updated_at__gt=self.updated_after)
        return rows


@dataclass(frozen=True)
class ContactFilter(CustomerFilter):
    """`company` holds ids and "none"; `tag` names; `q` an exact address or words of the name."""

    company: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    lead_status: tuple[str, ...] = ()

    NAMES: ClassVar[frozenset[str]]

    @classmethod
    def from_params(cls, params: Params) -> "ContactFilter":
        """Reads its own names and leaves others alone; raises Invalid by field for values that mean nothing."""
        read = Reader(params)
        found = cls(
            **_common(read),
            company=read.ids("company", ("none",)),
            tag=read.names("tag", 40),
            lead_status=read.members("lead_status", LeadStatus),
        )
        read.done()
        return found

    def apply(self, rows: ContactQuerySet, actor: Actor) -> ContactQuerySet:
        """`rows` (visible to `actor` already) that fit."""
        rows = self._common(rows)
        if self.company:
            ids, nobody = pairs(self.company, none=None)
            wanted = Q(company__in=ids) if ids else Q()
            rows = rows.filter(wanted | Q(company=None) if nobody else wanted)
        if self.tag:
            keys = [name.strip().casefold() for name in self.tag]
            rows = rows.filter(Exists(Contact.tags.through.objects.filter(contact=OuterRef("pk"), tag__key__in=keys)))
        if self.lead_status:
            rows = rows.filter(lead_status__in=self.lead_status)
        return rows.filter(_contact_searched(self.q)) if self.q else rows


@dataclass(frozen=True)
class CompanyFilter(CustomerFilter):
    """`owner` holds ids, "me" and "none"; `q` an exact domain or words of the name."""

    owner: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    size: tuple[str, ...] = ()

    NAMES: ClassVar[frozenset[str]]

    @classmethod
    def from_params(cls, params: Params) -> "CompanyFilter":
        """Reads its own names and leaves others alone; raises Invalid by field for values that mean nothing."""
        read = Reader(params)
        found = cls(
            **_common(read),
            owner=read.ids("owner", ("me", "none")),
            industry=read.names("industry", 80),
            size=read.members("size", SIZES),
        )
        read.done()
        return found

    def apply(self, rows: CompanyQuerySet, actor: Actor) -> CompanyQuerySet:
        """`rows` (visible to `actor` already) that fit."""
        rows = self._common(rows)
        if self.owner:
            me = actor.actor_id if actor.actor_type == "user" else 0
            ids, nobody = pairs(self.owner, me=me, none=None)
            wanted = Q(owner__in=ids) if ids else Q()
            rows = rows.filter(wanted | Q(owner=None) if nobody else wanted)
        if self.industry:
            rows = rows.filter(industry__in=self.industry)
        if self.size:
            rows = rows.filter(size__in=self.size)
        return rows.filter(_company_searched(self.q)) if self.q else rows


def _common(read: Reader) -> dict[str, Any]:
    times = {name: read.moment(name) for name in ("created_after", "created_before", "updated_after")}
    return {**times, "q": read.q(), "trash": read.flag("trash")}


def _contact_searched(q: str) -> Q:
    found = holds_words(q, "first_name", "last_name")
    if "@" in q:
        found |= Q(pk__in=ContactEmail.objects.filter(key=q.casefold()).values("contact"))
    return found


def _company_searched(q: str) -> Q:
    found = holds_words(q, "name")
    if "." in q:
        found |= Q(pk__in=CompanyDomain.objects.filter(domain=q.lower()).values("company"))
    return found


ContactFilter.NAMES = frozenset(field.name for field in fields(ContactFilter))
CompanyFilter.NAMES = frozenset(field.name for field in fields(CompanyFilter))
