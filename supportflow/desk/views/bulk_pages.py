"""Pages for what the bar of the list has no room for, and for who has no script: every change, and merging."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.errors import Invalid
from supportflow.desk.bulk_forms import BulkPageForm
from supportflow.desk.models import Ticket
from supportflow.desk.operations import merge_tickets
from supportflow.desk.views.beside import ticket_meant
from supportflow.desk.views.bulk import AT_ONCE, reasons
from supportflow.desk.views.selecting import back_to, selected


@login_required
@require_POST
def change(request: ActingRequest) -> HttpResponse:
    """Every field that the bar changes, on one page; what it sends goes where the bar sends it."""
    context = {"form": BulkPageForm(actor=request.actor), "ids": selected(request, AT_ONCE), "back": back_to(request)}
    return render(request, "desk/bulk_change.html", context)


@login_required
@require_POST
def merge(request: ActingRequest) -> HttpResponse:
    """Which of those that are ticked goes on; with `into` they become parts of it."""
    tickets, into, problem = list[Ticket](), request.POST.get("into", ""), ""
    try:
        seen = Ticket.objects.visible_to(request.actor).select_related("contact", "team")
        tickets = list(seen.filter(pk__in=selected(request, AT_ONCE)).order_by("pk"))
        if "into" in request.POST:
            return _merged(request, tickets, ticket_meant(into, request.actor, "into"))
    except Invalid as error:
        problem = str(error)
    context = {"tickets": tickets, "into": into, "problem": problem, "back": back_to(request)}
    return render(request, "desk/bulk_merge.html", context, status=422 if problem else 200)


def _merged(request: ActingRequest, tickets: list[Ticket], target: Ticket) -> HttpResponse:
    outcome = merge_tickets(tickets, target, by=request.actor)
    for reason in reasons(outcome):
        messages.error(request, reason)
    if done := len(outcome.done):
        told = ngettext(
            "%(num)d ticket is merged into this one. Undo it in the panel, whenever you like.",
            "%(num)d tickets are merged into this one. Undo it in the panel, whenever you like.",
            done,
        )
        messages.success(request, told % {"num": done})
    return redirect(target)
