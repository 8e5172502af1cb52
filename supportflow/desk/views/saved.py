"""Saved views of the ticket list: kept from the list, renamed and deleted on their page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.errors import Invalid
from supportflow.core.filtering import Params
from supportflow.core.paging import COUNTED_UP_TO, bounded_counts
from supportflow.desk.filters import TicketFilter
from supportflow.desk.shape import kept_as
from supportflow.desk.views.lists import VIEWS
from supportflow.pages.counting import counted_for
from supportflow.saved_views.context import views_for
from supportflow.saved_views.models import View
from supportflow.saved_views.operations import create_view, delete_view, update_view

COUNTED = 20  # views of one person that show how many tickets are in them


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def views(request: ActingRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "desk/views.html", {})
    values = kept_as(request.POST.get("query", ""))
    shared = "shared" in request.POST
    view = create_view(request.POST.get("name", ""), shared=shared, by=request.actor, **values)
    messages.success(request, _("View %(name)s saved") % {"name": view.name})
    return redirect(view)


@login_required
@require_POST
def view(request: ActingRequest, pk: int) -> HttpResponse:
    """A new name, the list as it is now, or the end of it: what the form sent."""
    row = get_object_or_404(View.objects.visible_to(request.actor), pk=pk)
    if "delete" in request.POST:
        delete_view(row, by=request.actor)
        messages.success(request, _("View %(name)s deleted") % {"name": row.name})
        return redirect("saved_views")
    if "query" in request.POST:
        row = update_view(row, by=request.actor, **kept_as(request.POST.get("query", "")))
        messages.success(request, _("View %(name)s saved") % {"name": row.name})
        return redirect(row)
    row = update_view(row, name=request.POST.get("name", ""), by=request.actor)
    messages.success(request, _("View %(name)s saved") % {"name": row.name})
    return redirect("saved_views")


@login_required
@require_safe
def counts(request: ActingRequest) -> HttpResponse:
    """How many tickets are in each list of the navigation, by its name or the view's id; asked by static/js/counts.js.

    One more than COUNTED_UP_TO means "more". A view that searches for words is left out: to count would read them all.
    """
    wanted: dict[str, Params] = {**VIEWS, **{str(view.pk): view.params for view in views_for(request)[:COUNTED]}}
    asked = {}
    for name, params in wanted.items():
        try:
            chosen = TicketFilter.from_params(params)
        except Invalid:  # a field or a value that is gone by now
            continue
        if not (chosen.q or chosen.text):
            asked[name] = chosen.question(request.actor)
    found = bounded_counts(asked) | counted_for(request.actor)
    return JsonResponse({"counts": found, "most": COUNTED_UP_TO})
