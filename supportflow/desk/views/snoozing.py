"""Putting a ticket off until later."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.desk.models import Reading
from supportflow.desk.moments import moment
from supportflow.desk.operations import snooze_ticket, wake_ticket
from supportflow.desk.views.tickets import find
from supportflow.pages.times import clock as told_time


@login_required
@require_POST
def snooze(request: ActingRequest, number: str) -> HttpResponse:
    """Until `when` (later, tomorrow, week), or `until` as the reader's clock shows it; with `wake` no longer."""
    row = find(request, number)
    if "wake" in request.POST:
        for mine in Reading.objects.filter(ticket=row, user=request.actor):
            wake_ticket(mine, by=request.actor)
        messages.success(request, _("%(number)s is back") % {"number": row.number})
        return redirect(row)
    until = moment(request.POST.get("when", ""), request.POST.get("until", ""))
    snooze_ticket(row, until, by=request.actor)
    messages.success(request, _("%(number)s comes back %(time)s") % {"number": row.number, "time": told_time(until)})
    return redirect(row)
