"""Deactivating a user and deleting a team: the pages say first what follows."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Team, User
from supportflow.core.errors import Refused
from supportflow.core.paging import COUNTED_UP_TO, bounded_count
from supportflow.desk.models import Ticket
from supportflow.desk.operations import dismiss_user, dissolve_team
from supportflow.desk.settings_forms import DepartureForm, TeamEndForm


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def departure(request: ActingRequest, pk: int) -> HttpResponse:
    request.actor.must("user.update")
    person = get_object_or_404(User.objects.people(), pk=pk)
    form = DepartureForm(request.POST if request.method == "POST" else None, leaving=person)
    if request.method == "POST" and form.is_valid():
        with form.told():
            try:
                dismiss_user(person, form.cleaned_data["successor"], by=request.actor)
            except Refused as error:  # the last administrator
                form.add_error(None, str(error))
    if request.method == "POST" and not form.errors:
        messages.success(request, _("%(name)s is deactivated") % {"name": person.name})
        return redirect("user", pk)
    tickets = bounded_count(Ticket.objects.alive().unsettled().filter(assignee=person))
    context = {"person": person, "form": form, "tickets": tickets, "most": COUNTED_UP_TO}
    return render(request, "desk/departure.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team_end(request: ActingRequest, pk: int) -> HttpResponse:
    request.actor.must("team.update")
    team = get_object_or_404(Team, pk=pk)
    form = TeamEndForm(request.POST if request.method == "POST" else None, ending=team)
    if request.method == "POST" and form.is_valid():
        with form.told():
            done = dissolve_team(team, form.cleaned_data["successor"], by=request.actor)
            text = _("%(name)s deleted") if done else _("%(name)s is deleted when all its tickets have moved")
            messages.success(request, text % {"name": team.name})
    if request.method == "POST" and not form.errors:
        return redirect("teams")
    context = {
        "team": team,
        "form": form,
        "tickets": bounded_count(Ticket.objects.filter(team=team)),
        "mailboxes": team.mailboxes.count(),
        "macros": team.macros.count(),
        "most": COUNTED_UP_TO,
    }
    return render(request, "desk/team_end.html", context, status=422 if form.errors else 200)
