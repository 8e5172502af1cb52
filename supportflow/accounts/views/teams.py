"""Teams: list, create, rename, private or not, members. The end of one is desk's page, which knows of its tickets."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from supportflow.accounts.forms import TeamForm
from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Team
from supportflow.accounts.operations import create_team, edit_team
from supportflow.core.paging import page
from supportflow.pages import lists

SORTS = {"name": "name"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: ActingRequest) -> HttpResponse:
    request.actor.must("team.update")
    if request.method != "POST":
        return _page(request, TeamForm())
    form = TeamForm(request.POST)
    if form.is_valid():
        with form.told():
            made = create_team(**form.values(), by=request.actor)
            messages.success(request, _("%(name)s created") % {"name": made.name})
    return _page(request, form, 422) if form.errors else redirect("teams")


def _page(request: ActingRequest, form: TeamForm, status: int = 200) -> HttpResponse:
    at = lists.place(lists.given(request, ()), "name")
    rows = Team.objects.annotate(people=Count("members", filter=Q(members__is_active=True)))
    found = page(rows, sort=at.sort, allowed=SORTS, limit=lists.PER_PAGE, cursor=at.cursor)
    return render(request, "accounts/teams.html", {"page": found, "form": form}, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: ActingRequest, pk: int) -> HttpResponse:
    request.actor.must("team.update")
    row = get_object_or_404(Team, pk=pk)
    if request.method != "POST":
        return render(request, "accounts/team.html", {"team": row, "form": TeamForm.of(row)})
    form = TeamForm(request.POST, team=row)
    if form.is_valid():
        with form.told():
            edit_team(row, version=form.cleaned_data["seen"], by=request.actor, **form.values())
    if form.errors:
        return render(request, "accounts/team.html", {"team": row, "form": form}, status=422)
    messages.success(request, _("%(name)s saved") % {"name": form.cleaned_data["name"]})
    return redirect("teams")
