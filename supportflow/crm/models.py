from enum import StrEnum
from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Q

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.actors import Actor, ActorType, Rights
from supportflow.core.models import Trashable
from supportflow.files.models import Attachment
from supportflow.tags.models import Tag


class LeadStatus(StrEnum):
    NEW = "NEW"
    CONTACTED = "CONTACTED"
    QUALIFIED = "QUALIFIED"
    CUSTOMER = "CUSTOMER"
    UNQUALIFIED = "UNQUALIFIED"
    CHURNED = "CHURNED"


SIZES = ("1-10", "11-50", "50-100", "100-500", "500-1000", "1000+")
# What a customer may do by mail or portal; which tickets it reaches is `visible_to`'s.
CONTACT_MAY = frozenset({"ticket.create", "ticket.answer", "attachment.upload"})


Row = TypeVar("Row", bound=models.Model)


class CustomerQuerySet(models.QuerySet[Row]):
    """What contacts and companies share: every active user sees them, nobody else does."""

    def visible_to(self, actor: Actor) -> Self:
        if actor.actor_type == "contact" or not actor.may("contact.update"):
            return self.none()
        return self

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)


class CompanyQuerySet(CustomerQuerySet["Company"]):
    pass


class ContactQuerySet(CustomerQuerySet["Contact"]):
    def visible_to(self, actor: Actor) -> Self:
        """Customers see themselves."""
        return self.filter(pk=actor.actor_id) if actor.actor_type == "contact" else super().visible_to(actor)


class Company(Trashable):
    """The organisation of contacts."""

    name = models.CharField(max_length=200)
    website = models.CharField(max_length=300, blank=True, default="")
    industry = models.CharField(max_length=80, blank=True, default="")
    size = models.CharField(max_length=10, blank=True, default="")
    revenue_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    revenue_currency = models.CharField(max_length=3, blank=True, default="")
    customer_since = models.DateField(null=True)
    health_score = models.PositiveSmallIntegerField(null=True)
    logo = models.ForeignKey(Attachment, on_delete=models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="owned_companies")
    custom = models.JSONField(default=dict)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(health_score=None) | Q(health_score__range=(0, 100)), name="company_health_in_range"
            ),
            models.CheckConstraint(
                condition=Q(revenue_amount=None, revenue_currency="")
                | (~Q(revenue_amount=None) & ~Q(revenue_currency="")),
                name="company_revenue_has_currency",
            ),
        ]
        indexes = [
            # The company list in its two usual orders
            models.Index(fields=["name", "id"], name="company_by_name", condition=Q(deleted_at=None)),
            models.Index(fields=["updated_at", "id"], name="company_by_update", condition=Q(deleted_at=None)),
            # "What changed since", trash included
            models.Index(fields=["created_at", "id"], name="company_by_age"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_visible_to(self, actor: Actor) -> bool:
        return actor.actor_type == "system" or (actor.actor_type == "user" and actor.may("company.update"))

    def about(self) -> dict[str, int | None]:
        return {"company_id": self.pk}

    def get_absolute_url(self) -> str:
        return f"/companies/{self.pk}"


class CompanyDomain(models.Model):
    """Mail from this domain belongs to the company."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)  # lower case, IDNA

    def __str__(self) -> str:
        return self.domain


class Contact(Trashable, Rights):
    """A customer or prospect."""

    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    street = models.CharField(max_length=200, blank=True, default="")
    city = models.CharField(max_length=100, blank=True, default="")
    region = models.CharField(max_length=100, blank=True, default="")
    postal_code = models.CharField(max_length=20, blank=True, default="")
    country = models.CharField(max_length=80, blank=True, default="")
    title = models.CharField(max_length=120, blank=True, default="")
    department = models.CharField(max_length=120, blank=True, default="")
    linkedin = models.CharField(max_length=300, blank=True, default="")
    twitter = models.CharField(max_length=300, blank=True, default="")
    company = models.ForeignKey(Company, on_delete=models.SET_NULL, null=True, related_name="contacts")
    lead_status = models.CharField(max_length=12, default=LeadStatus.NEW.value)
    lead_score = models.PositiveSmallIntegerField(default=0)
    notes = models.TextField(blank=True, default="")
    tags = models.ManyToManyField(Tag, related_name="contacts", blank=True)
    custom = models.JSONField(default=dict)
    anonymised_at = models.DateTimeField(null=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(lead_score__range=(0, 100)), name="contact_score_in_range"),
            models.CheckConstraint(
                condition=Q(lead_status__in=[str(status) for status in LeadStatus]), name="contact_lead_status_known"
            ),
        ]
        indexes = [
            # The contact list in its usual orders
            models.Index(fields=["first_name", "id"], name="contact_by_name", condition=Q(deleted_at=None)),
            models.Index(fields=["updated_at", "id"], name="contact_by_update", condition=Q(deleted_at=None)),
            models.Index(fields=["lead_score", "id"], name="contact_by_score", condition=Q(deleted_at=None)),
            models.Index(fields=["created_at", "id"], name="contact_by_age"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def email(self) -> str | None:
        """The primary address; prefetch `emails` where many contacts are shown."""
        primary = [email.address for email in self.emails.all() if email.is_primary]
        return primary[0] if primary else None

    @property
    def actor_type(self) -> ActorType:
        return "contact"

    @property
    def actor_id(self) -> int | None:
        return self.pk

    @property
    def actor_name(self) -> str:
        return self.name

    def may(self, permission: str) -> bool:
        return permission in CONTACT_MAY

    def is_visible_to(self, actor: Actor) -> bool:
        if actor.actor_type == "contact":
            return actor.actor_id == self.pk
        return actor.actor_type == "system" or actor.may("contact.update")

    def about(self) -> dict[str, int | None]:
        return {"contact_id": self.pk, "company_id": self.company_id}

    def get_absolute_url(self) -> str:
        return f"/contacts/{self.pk}"


class ContactEmail(models.Model):
    """One address of a contact; no other contact has it, whatever its case."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="emails")
    address = models.CharField(max_length=254)
    key = models.CharField(max_length=254, unique=True)  # the address casefolded
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = [F("is_primary").desc(), "id"]
        constraints = [
            models.UniqueConstraint(fields=["contact"], condition=Q(is_primary=True), name="contact_one_primary_email")
        ]

    def __str__(self) -> str:
        return self.address
