"""The page of tags: make, rename, recolour, delete."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.tags.forms import TagForm
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag, delete_tag, update_tag


def _page(request: ActingRequest, status: int = 200, **context: Any) -> HttpResponse:
    context = {"tags": Tag.objects.order_by("key"), "form": TagForm(), "editing": None, **context}
    return render(request, "tags/tags.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: ActingRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    form = TagForm(request.POST)
    if form.is_valid():
        with form.told():
            create_tag(form.cleaned_data["name"], form.cleaned_data["color"], by=request.actor)
    if form.errors:
        return _page(request, 422, form=form)
    messages.success(request, _("Tag created"))
    return redirect("tags")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: ActingRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Tag, pk=pk)
    if request.method != "POST":
        initial = {"name": row.name, "color": row.color, "seen": row.version}
        return _page(request, form=TagForm(initial=initial), editing=row)
    form = TagForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        with form.told():
            update_tag(row, name=values["name"], color=values["color"], version=values["seen"], by=request.actor)
    if form.errors:
        return _page(request, 422, form=form, editing=row)
    messages.success(request, _("Tag saved"))
    return redirect("tags")


@login_required
@require_POST
def tag_deletion(request: ActingRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Tag, pk=pk)
    delete_tag(row, by=request.actor)
    messages.success(request, _("Tag %(name)s deleted") % {"name": row.name})
    return redirect("tags")
