"""A user's own marks on one ticket."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.desk.operations import follow_ticket, forget_ticket, see_ticket, star_ticket
from supportflow.desk.views.selecting import back_to
from supportflow.desk.views.tickets import find


@login_required
@require_POST
def seen(request: ActingRequest, number: str) -> HttpResponse:
    """The page was looked at (static/js/seen.js says so); with `not` it is unread again."""
    row = find(request, number)
    if "not" in request.POST:
        forget_ticket(row, by=request.actor)
        return redirect("tickets")
    see_ticket(row, by=request.actor)
    return HttpResponse(status=204)


@login_required
@require_POST
def star(request: ActingRequest, number: str) -> HttpResponse:
    row = find(request, number)
    star_ticket(row, request.POST.get("on") == "true", by=request.actor)
    return redirect(back_to(request))


@login_required
@require_POST
def following(request: ActingRequest, number: str) -> HttpResponse:
    row = find(request, number)
    follow_ticket(row, request.POST.get("on") == "true", by=request.actor)
    return redirect(row)
