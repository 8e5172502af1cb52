from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from supportflow.accounts.models import User
from supportflow.core.actors import Actor
from supportflow.core.errors import Invalid
from supportflow.crm.models import SIZES, Company, Contact, LeadStatus
from supportflow.crm.queries import company_meant
from supportflow.fields.forms import CustomFields
from supportflow.pages.words import choices

ADDRESS = ("street", "city", "region", "postal_code", "country")


def _line(label: StrOrPromise, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, **{"required": False, **options})


def words(values: str) -> list[str]:
    """What stands between commas and line ends."""
    return [part.strip() for line in values.splitlines() for part in line.split(",") if part.strip()]


class ContactForm(CustomFields):
    model = "contact"

    first_name = _line(_("First name"), required=True)
    last_name = _line(_("Last name"))
    email = _line(_("E-mail"), widget=forms.EmailInput)
    further = _line(_("Further addresses"), widget=forms.Textarea(attrs={"rows": 2}), help_text=_("One a line."))
    phone = _line(_("Phone"), widget=forms.TextInput(attrs={"type": "tel"}))
    title = _line(_("Title"))
    department = _line(_("Department"))
    company = _line(_("Company"), help_text=_("Its name, or # and its number."))
    lead_status = forms.ChoiceField(label=_("Lead status"), choices=choices(LeadStatus), initial=LeadStatus.NEW)
    lead_score = forms.IntegerField(label=_("Lead score"), initial=0, min_value=0, max_value=100)
    street = _line(_("Street"))
    city = _line(_("City"))
    region = _line(_("Region"))
    postal_code = _line(_("Postal code"))
    country = _line(_("Country"))
    linkedin = _line(_("LinkedIn"))
    twitter = _line(_("X (Twitter)"))
    tags = _line(_("Tags"), help_text=_("Names with commas between them."))
    notes = _line(_("Notes"), widget=forms.Textarea(attrs={"rows": 4}))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self, actor: Actor) -> dict[str, Any]:
        """What create_contact and update_contact take; raises Invalid."""
        data = dict(self.cleaned_data)
        plain = ("first_name", "last_name", "phone", "title", "department", "lead_status", "lead_score", "notes")
        emails = [address for address in [data["email"], *words(data["further"])] if address]
        return {
            **{name: data[name] for name in (*plain, "linkedin", "twitter")},
            "email": data["email"] or None,
            "emails": emails,
            "address": {name: data[name] for name in ADDRESS},
            "company_id": company_id(data["company"], actor),
            "tags": words(data["tags"]),
            "custom": self.custom_values(),
        }

    @classmethod
    def of(cls, contact: Contact) -> "ContactForm":
        names = ("first_name", "last_name", "phone", "title", "department", "lead_status", "lead_score", "notes")
        addresses = [email.address for email in contact.emails.all()]
        return cls(
            initial={
                **{name: getattr(contact, name) for name in (*names, *ADDRESS, "linkedin", "twitter")},
                "email": contact.email or "",
                "further": "\n".join(addresses[1:]),
                "company": f"{contact.company.name} #{contact.company_id}" if contact.company else "",
                "tags": ", ".join(tag.name for tag in contact.tags.all()),
                "seen": contact.version,
                **{f"custom.{slug}": value for slug, value in contact.custom.items()},
            }
        )


class CompanyForm(CustomFields):
    model = "company"

    name = _line(_("Name"), required=True)
    website = _line(_("Website"))
    domains = _line(
        _("Domains"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Mail from these belongs to the company. One a line."),
    )
    industry = _line(_("Industry"))
    size = forms.ChoiceField(label=_("Size"), required=False, choices=choices(SIZES, _("Not known")))
    revenue_amount = _line(_("Annual revenue"), widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    revenue_currency = _line(_("Currency"), help_text=_("Three letters, such as EUR."))
    customer_since = _line(_("Customer since"), widget=forms.DateInput(attrs={"type": "date"}))
    health_score = forms.IntegerField(label=_("Health score"), required=False, min_value=0, max_value=100)
    owner = forms.ModelChoiceField(User.objects.none(), label=_("Owner"), required=False, empty_label=_("No one"))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, company: Company | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        # An owner who has left stays until somebody chooses another.
        offered = Q(is_active=True) | Q(pk=company.owner_id if company else None)
        field.queryset = User.objects.people().filter(offered).order_by("name")

    def values(self) -> dict[str, Any]:
        """What create_company and update_company take."""
        data = self.cleaned_data
        money = {"amount": data["revenue_amount"], "currency": data["revenue_currency"]}
        return {
            **{name: data[name] for name in ("name", "website", "industry", "size", "customer_since", "health_score")},
            "domains": words(data["domains"]),
            "revenue": money if any(money.values()) else None,
            "owner_id": data["owner"].pk if data["owner"] else None,
            "custom": self.custom_values(),
        }

    @classmethod
    def of(cls, company: Company) -> "CompanyForm":
        names = ("name", "website", "industry", "size", "revenue_currency", "health_score", "owner")
        since = company.customer_since
        return cls(
            company=company,
            initial={
                **{name: getattr(company, name) for name in names},
                "revenue_amount": "" if company.revenue_amount is None else str(company.revenue_amount),
                "domains": "\n".join(sorted(row.domain for row in company.domains.all())),
                "customer_since": since.isoformat() if since else "",
                "seen": company.version,
                **{f"custom.{slug}": value for slug, value in company.custom.items()},
            },
        )


def company_id(typed: str, actor: Actor) -> int | None:
    """The id of the company that somebody typed, None for nothing; raises Invalid when there is none."""
    if not typed:
        return None
    company = company_meant(typed, actor)
    if company is None:
        raise Invalid({"company": now("There is no company with this name. Create it first.")})
    return int(company.pk)
