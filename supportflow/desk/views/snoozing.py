"""Putting a ticket off until later."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.core import clock
from supportflow.core.errors import Invalid
from supportflow.desk.models import Reading
from supportflow.desk.operations import snooze_ticket, wake_ticket
from supportflow.desk.views.tickets import find
from supportflow.pages.times import clock as told_time

MORNING = 9  # o'clock, where the reader is
LATER = timedelta(hours=3)


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


def moment(when: str, typed: str = "", now: datetime | None = None) -> datetime:
    """In the reader's zone; raises Invalid."""
    local = timezone.localtime(now or clock.now())
    match when:
        case "later":
            return (local + LATER).replace(minute=0, second=0, microsecond=0)
        case "tomorrow":
            return _morning(local, days=1)
        case "week":
            return _morning(local, days=7 - local.weekday())  # Monday
    try:
        found = parse_datetime(typed[:40])
    except ValueError:
        found = None
    if found is None:
        raise Invalid({"until": _("Choose a date and a time.")})
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _morning(local: datetime, days: int) -> datetime:
    return (local + timedelta(days=days)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
