"""The pages of custom fields: make, rename, order, choices, out of use and back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.fields.forms import KIND_WORDS, MODEL_WORDS, FieldForm, NewFieldForm
from supportflow.fields.models import MODELS, Field
from supportflow.fields.operations import create_field, update_field


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fields(request: ActingRequest) -> HttpResponse:
    request.actor.must("field.update")
    if request.method != "POST":
        return _page(request, NewFieldForm())
    form = NewFieldForm(request.POST)
    if form.is_valid():
        with form.told():
            made = create_field(**form.values(), by=request.actor)
            messages.success(request, _("%(name)s created") % {"name": made.label})
    return _page(request, form, 422) if form.errors else redirect("fields")


def _page(request: ActingRequest, form: NewFieldForm, status: int = 200) -> HttpResponse:
    rows = list(Field.objects.order_by("is_retired", "position", "pk"))
    groups = [(MODEL_WORDS[name], [row for row in rows if row.model == name]) for name in MODELS]
    context: dict[str, Any] = {"groups": groups, "kinds": KIND_WORDS, "form": form}
    return render(request, "fields/fields.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def field(request: ActingRequest, pk: int) -> HttpResponse:
    request.actor.must("field.update")
    row = get_object_or_404(Field, pk=pk)
    if request.method != "POST":
        return _field_page(request, row, FieldForm.of(row))
    form = FieldForm(request.POST, field=row)
    if form.is_valid():
        with form.told():
            update_field(row, **form.values(), by=request.actor)
    if form.errors:
        return _field_page(request, row, form, 422)
    messages.success(request, _("%(name)s saved") % {"name": form.cleaned_data["label"]})
    return redirect("fields")


def _field_page(request: ActingRequest, row: Field, form: FieldForm, status: int = 200) -> HttpResponse:
    context = {"field": row, "form": form, "kind": KIND_WORDS[row.kind], "model": MODEL_WORDS[row.model]}
    return render(request, "fields/field.html", context, status=status)


@login_required
@require_POST
def retirement(request: ActingRequest, pk: int) -> HttpResponse:
    """Out of use, or with `back` in use again."""
    request.actor.must("field.update")
    row = update_field(get_object_or_404(Field, pk=pk), is_retired="back" not in request.POST, by=request.actor)
    told = _("%(name)s is out of use; its values are kept") if row.is_retired else _("%(name)s is in use again")
    messages.success(request, told % {"name": row.label})
    return redirect("fields")
