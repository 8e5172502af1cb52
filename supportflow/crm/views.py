"""Contacts and companies: list, page, form."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.core.paging import page
from supportflow.core.text import tidy_line
from supportflow.crm import queries
from supportflow.crm.filters import COMPANY_SORTS, CONTACT_SORTS, DEFAULT_SORT, CompanyFilter, ContactFilter
from supportflow.crm.forms import CompanyForm, ContactForm
from supportflow.crm.models import SIZES, Company, CompanyQuerySet, Contact, ContactQuerySet, LeadStatus
from supportflow.crm.operations import (
    create_company,
    create_contact,
    restore_company,
    restore_contact,
    trash_company,
    trash_contact,
    update_company,
    update_contact,
)
from supportflow.fields.queries import fields_of
from supportflow.pages import lists
from supportflow.pages.once import Done, done_before, once, tell
from supportflow.pages.words import choices

# What the lists show or sort by; notes and custom fields would weigh as much again.
_SHOWN_OF_CONTACTS = ["first_name", "last_name", "title", "lead_status", "lead_score", "company__name"]
_SHOWN_OF_CONTACTS += ["updated_at", "created_at"]
_SHOWN_OF_COMPANIES = ["name", "industry", "health_score", "owner__name", "updated_at", "created_at"]

require_page = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_safe
def contacts(request: ActingRequest) -> HttpResponse:
    params = lists.given(request, ContactFilter.NAMES)
    wanted, at = ContactFilter.from_params(params), lists.place(params, DEFAULT_SORT)
    rows = wanted.apply(Contact.objects.visible_to(request.actor), request.actor)
    rows = rows.select_related("company").only(*_SHOWN_OF_CONTACTS).prefetch_related("emails")
    found = page(rows, sort=at.sort, allowed=CONTACT_SORTS, limit=lists.PER_PAGE, cursor=at.cursor)
    filters = wanted.to_params()
    companies = {str(row.company_id): row.company.name for row in found.items if row.company}
    labels = {
        "company": _("Company is"),
        "tag": _("Tag is"),
        "lead_status": _("Lead status is"),
        "trash": _("In the trash"),
    }
    context = {
        "page": found,
        "params": filters,
        "chips": lists.chips(request, filters, labels, {"company": companies}),
        "sort": at.sort,
        "q": wanted.q,
        "lead_statuses": choices(LeadStatus),
    }
    return render(request, "crm/contacts.html", context)


@login_required
@require_safe
def contact(request: ActingRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_whole_contact(request), pk=pk)
    return render(request, "crm/contact.html", {"contact": row, "custom_fields": fields_of("contact")})


@login_required
@require_page
def contact_form(request: ActingRequest, pk: int | None = None) -> HttpResponse:
    """A new contact, or all fields of one that is there."""
    row = get_object_or_404(_whole_contact(request), pk=pk) if pk else None
    if request.method != "POST":
        form = ContactForm.of(row) if row else ContactForm(initial={"company": request.GET.get("company", "")[:250]})
        return render(request, "crm/contact_form.html", {"form": form, "contact": row})
    form = ContactForm(request.POST)
    done = done_before(request)
    if done is None and form.is_valid():
        with form.told():
            done = once(request, lambda: _saved(_save_contact(row, form, request.actor)))
    if done is None:
        return render(request, "crm/contact_form.html", {"form": form, "contact": row}, status=422)
    return tell(request, done)


def _save_contact(row: Contact | None, form: ContactForm, by: User) -> Contact:
    values = form.values(by)
    if row is None:
        return create_contact(by=by, **values)
    return update_contact(row, seen=form.cleaned_data["seen"], by=by, **values)


def _saved(row: Contact | Company) -> Done:
    return Done(row.get_absolute_url(), _("%(name)s saved") % {"name": row.name})


@login_required
@require_POST
def contact_trash(request: ActingRequest, pk: int) -> HttpResponse:
    """Into the trash, or with `restore` out of it."""
    row = get_object_or_404(Contact.objects.visible_to(request.actor), pk=pk)
    if "restore" in request.POST:
        restore_contact(row, by=request.actor)
        messages.success(request, _("%(name)s restored") % {"name": row.name})
        return redirect(row)
    trash_contact(row, by=request.actor)
    messages.success(request, _("%(name)s moved to the trash") % {"name": row.name})
    return redirect("contacts")


@login_required
@require_safe
def contact_options(request: ActingRequest) -> HttpResponse:
    """What fits to the words typed so far, for the list under an input."""
    typed = str(next(iter(request.GET.values()), ""))[:100]
    rows = queries.contacts_named(typed, request.actor).prefetch_related("emails").select_related("company")
    offered = list(rows.order_by("-updated_at")[: queries.OFFERED]) if tidy_line(typed) else []
    return render(request, "crm/_contact_options.html", {"contacts": offered})


def _whole_contact(request: ActingRequest) -> ContactQuerySet:
    rows = Contact.objects.visible_to(request.actor).select_related("company")
    return rows.prefetch_related("emails", "tags")


@login_required
@require_safe
def companies(request: ActingRequest) -> HttpResponse:
    params = lists.given(request, CompanyFilter.NAMES)
    wanted, at = CompanyFilter.from_params(params), lists.place(params, DEFAULT_SORT)
    rows = wanted.apply(Company.objects.visible_to(request.actor), request.actor)
    rows = rows.select_related("owner").only(*_SHOWN_OF_COMPANIES).prefetch_related("domains")
    found = page(rows, sort=at.sort, allowed=COMPANY_SORTS, limit=lists.PER_PAGE, cursor=at.cursor)
    filters = wanted.to_params()
    owners = {str(row.owner_id): row.owner.name for row in found.items if row.owner}
    labels = {
        "owner": _("Owner is"),
        "industry": _("Industry is"),
        "size": _("Size is"),
        "trash": _("In the trash"),
    }
    context = {
        "page": found,
        "params": filters,
        "chips": lists.chips(request, filters, labels, {"owner": owners}),
        "sort": at.sort,
        "q": wanted.q,
        "sizes": choices(SIZES),
    }
    return render(request, "crm/companies.html", context)


@login_required
@require_safe
def company(request: ActingRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_whole_company(request), pk=pk)
    custom = fields_of("company")
    people = list(row.contacts.alive().order_by("-lead_score", "pk")[: queries.OFFERED])
    return render(request, "crm/company.html", {"company": row, "custom_fields": custom, "people": people})


@login_required
@require_page
def company_form(request: ActingRequest, pk: int | None = None) -> HttpResponse:
    """A new company, or all fields of one that is there."""
    row = get_object_or_404(_whole_company(request), pk=pk) if pk else None
    if request.method != "POST":
        form = CompanyForm.of(row) if row else CompanyForm()
        return render(request, "crm/company_form.html", {"form": form, "company": row})
    form = CompanyForm(request.POST, company=row)
    done = done_before(request)
    if done is None and form.is_valid():
        with form.told():
            done = once(request, lambda: _saved(_save_company(row, form, request.actor)))
    if done is None:
        return render(request, "crm/company_form.html", {"form": form, "company": row}, status=422)
    return tell(request, done)


def _save_company(row: Company | None, form: CompanyForm, by: User) -> Company:
    if row is None:
        return create_company(by=by, **form.values())
    return update_company(row, seen=form.cleaned_data["seen"], by=by, **form.values())


@login_required
@require_POST
def company_trash(request: ActingRequest, pk: int) -> HttpResponse:
    """Into the trash, or with `restore` out of it."""
    row = get_object_or_404(Company.objects.visible_to(request.actor), pk=pk)
    if "restore" in request.POST:
        restore_company(row, by=request.actor)
        messages.success(request, _("%(name)s restored") % {"name": row.name})
        return redirect(row)
    trash_company(row, by=request.actor)
    messages.success(request, _("%(name)s moved to the trash") % {"name": row.name})
    return redirect("companies")


@login_required
@require_safe
def company_options(request: ActingRequest) -> HttpResponse:
    """What fits to the words typed so far, for the list under an input."""
    typed = str(next(iter(request.GET.values()), ""))[:100]
    rows = queries.companies_named(typed, request.actor)
    offered = list(rows.order_by("name")[: queries.OFFERED]) if tidy_line(typed) else []
    return render(request, "crm/_company_options.html", {"companies": offered})


def _whole_company(request: ActingRequest) -> CompanyQuerySet:
    return Company.objects.visible_to(request.actor).select_related("owner").prefetch_related("domains")
