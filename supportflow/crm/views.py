"""Contacts and companies: list, page, form."""


from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.errors import Invalid
from supportflow.core.paging import page
from supportflow.crm import queries
from supportflow.crm.forms import CompanyForm, ContactForm
from supportflow.crm.models import Company, Contact, LeadStatus
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
from supportflow.fields.models import Field
from supportflow.pages import lists
from supportflow.pages.words import choices, word

require_page = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_safe
def contacts(request: ActingRequest) -> HttpResponse:
    params = lists.given(request, {"q", "company", "tag", "lead_status", "trash", "sort", "cursor"})
    chips, rows = [], Contact.objects.visible_to(request.actor)
    if q := lists.one(params, "q"):
        rows = queries.contacts_named(q, request.actor)
    rows = rows.trashed() if (trash := lists.flag(params, "trash")) else rows.alive()
    if trash:
        chips.append(lists.chip(request, "trash", _("In the"), _("trash")))
    if company := lists.one(params, "company"):
        rows = rows.filter(company=lists.whole("company", company))
        name = Company.objects.filter(pk=int(company)).values_list("name", flat=True).first()
        chips.append(lists.chip(request, "company", _("Company is"), name or f"#{company}"))
    if tags := params.get("tag"):
        rows = rows.filter(tags__key__in=[tag.casefold() for tag in tags]).distinct()
        chips.append(lists.chip(request, "tag", _("Tag is"), ", ".join(tags)))
    if statuses := params.get("lead_status"):
        if unknown := set(statuses) - set(LeadStatus):
            raise Invalid({"lead_status": _("There is no lead status %(name)s.") % {"name": min(unknown)}})
        rows = rows.filter(lead_status__in=statuses)
        chips.append(lists.chip(request, "lead_status", _("Lead status is"), ", ".join(map(word, statuses))))
    sort = lists.one(params, "sort", "name")
    found = page(
        rows.select_related("company").prefetch_related("emails", "tags"),
        sort=sort,
        allowed=queries.CONTACT_SORTS,
        limit=lists.PER_PAGE,
        cursor=lists.one(params, "cursor") or None,
    )
    context = {"page": found, "params": params, "chips": chips, "sort": sort, "q": q, "lead_statuses": choices(LeadStatus)}
    return render(request, "crm/contacts.html", context)


@login_required
@require_safe
def contact(request: ActingRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_whole_contact(request), pk=pk)
    labels = dict(Field.objects.filter(model="contact").order_by("position").values_list("slug", "label"))
    return render(request, "crm/contact.html", {"contact": row, "labels": labels})


@login_required
@require_page
def contact_form(request: ActingRequest, pk: int | None = None) -> HttpResponse:
    """A new contact, or all fields of one that is there."""
    row = get_object_or_404(_whole_contact(request), pk=pk) if pk else None
    if request.method != "POST":
        form = ContactForm.of(row) if row else ContactForm(initial={"company": request.GET.get("company", "")[:250]})
        return render(request, "crm/contact_form.html", {"form": form, "contact": row})
    form = ContactForm(request.POST)
    if form.is_valid():
        with form.told():
            values = form.values(request.actor)
            if row:
                row = update_contact(row, seen=form.cleaned_data["seen"], by=request.actor, **values)
            else:
                row = create_contact(by=request.actor, **values)
    if form.errors or row is None:
        return render(request, "crm/contact_form.html", {"form": form, "contact": row if pk else None}, status=422)
    messages.success(request, _("%(name)s saved") % {"name": row.name})
    return redirect(row)


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
    typed = next(iter(request.GET.values()), "")[:100]
    rows = queries.contacts_named(typed, request.actor).alive().prefetch_related("emails").select_related("company")
    offered = list(rows.order_by("-updated_at")[: queries.OFFERED]) if typed.strip() else []
    return render(request, "crm/_contact_options.html", {"contacts": offered})


def _whole_contact(request: ActingRequest) -> QuerySet[Contact]:
    rows = Contact.objects.visible_to(request.actor).select_related("company")
    return rows.prefetch_related("emails", "tags")


@login_required
@require_safe
def companies(request: ActingRequest) -> HttpResponse:
    params = lists.given(request, {"q", "trash", "sort", "cursor"})
    chips, rows = [], Company.objects.visible_to(request.actor)
    if q := lists.one(params, "q"):
        rows = queries.companies_named(q, request.actor)
    rows = rows.trashed() if (trash := lists.flag(params, "trash")) else rows.alive()
    if trash:
        chips.append(lists.chip(request, "trash", _("In the"), _("trash")))
    sort = lists.one(params, "sort", "name")
    found = page(
        rows.select_related("owner").prefetch_related("domains"),
        sort=sort,
        allowed=queries.COMPANY_SORTS,
        limit=lists.PER_PAGE,
        cursor=lists.one(params, "cursor") or None,
    )
    return render(request, "crm/companies.html", {"page": found, "params": params, "chips": chips, "sort": sort, "q": q})


@login_required
@require_safe
def company(request: ActingRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_whole_company(request), pk=pk)
    labels = dict(Field.objects.filter(model="company").order_by("position").values_list("slug", "label"))
    people = list(row.contacts.alive().order_by("-lead_score", "pk")[: queries.OFFERED])
    return render(request, "crm/company.html", {"company": row, "labels": labels, "people": people})


@login_required
@require_page
def company_form(request: ActingRequest, pk: int | None = None) -> HttpResponse:
    """A new company, or all fields of one that is there."""
    row = get_object_or_404(_whole_company(request), pk=pk) if pk else None
    if request.method != "POST":
        form = CompanyForm.of(row) if row else CompanyForm()
        return render(request, "crm/company_form.html", {"form": form, "company": row})
    form = CompanyForm(request.POST)
    if form.is_valid():
        with form.told():
            if row:
                row = update_company(row, seen=form.cleaned_data["seen"], by=request.actor, **form.values())
            else:
                row = create_company(by=request.actor, **form.values())
    if form.errors or row is None:
        return render(request, "crm/company_form.html", {"form": form, "company": row if pk else None}, status=422)
    messages.success(request, _("%(name)s saved") % {"name": row.name})
    return redirect(row)


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
    typed = next(iter(request.GET.values()), "")[:100]
    rows = queries.companies_named(typed, request.actor).alive()
    offered = list(rows.order_by("name")[: queries.OFFERED]) if typed.strip() else []
    return render(request, "crm/_company_options.html", {"companies": offered})


def _whole_company(request: ActingRequest) -> QuerySet[Company]:
    return Company.objects.visible_to(request.actor).select_related("owner").prefetch_related("domains")


