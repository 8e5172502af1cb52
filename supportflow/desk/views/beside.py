"""What stands beside a ticket: links, checklist, time. Fetched when its page is there, and a page without script."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.core.errors import Invalid
from supportflow.desk.filters import ticket_number
from supportflow.desk.models import Ticket
from supportflow.desk.operations import (
    add_to_checklist,
    change_checklist_item,
    link_tickets,
    log_time,
    remove_from_checklist,
    remove_time,
    unlink_tickets,
)
from supportflow.desk.relation_models import LinkKind
from supportflow.desk.relations import beside as beside_of
from supportflow.desk.views.tickets import find
from supportflow.pages.words import choices


@login_required
@require_safe
def beside(request: ActingRequest, number: str) -> HttpResponse:
    """The part of the ticket's page, or a page of its own."""
    row = find(request, number)
    context = {
        "ticket": row,
        "beside": beside_of(row, request.actor),
        "kinds": choices(LinkKind),
        "takes_times_off": request.actor.may("time.remove"),
    }
    part = "HX-Request" in request.headers
    return render(request, "desk/_beside.html" if part else "desk/beside.html", context)


@login_required
@require_POST
def links(request: ActingRequest, number: str) -> HttpResponse:
    """Link the ticket that was typed, or with `remove` take its link off."""
    row = find(request, number)
    other = ticket_meant(request.POST.get("other", ""), request.actor, "other")
    if "remove" in request.POST:
        unlink_tickets(row, other, by=request.actor)
    else:
        link_tickets(row, other, request.POST.get("kind", LinkKind.RELATED), by=request.actor)
    return redirect("ticket_beside", row.number)


def ticket_meant(typed: str, actor: User, field: str) -> Ticket:
    """The ticket whose number stands first in what was typed or chosen; raises Invalid naming `field`."""
    number = ticket_number(typed.strip().split(" ")[0])
    found = Ticket.objects.visible_to(actor).filter(pk=number).first() if number else None
    if found is None:
        raise Invalid({field: _("Write the number of a ticket that you see, such as T-0042.")})
    return found


@login_required
@require_POST
def checklist(request: ActingRequest, number: str) -> HttpResponse:
    row = find(request, number)
    add_to_checklist(row, request.POST.get("text", ""), by=request.actor)
    return redirect("ticket_beside", row.number)


@login_required
@require_POST
def checklist_item(request: ActingRequest, number: str, pk: int) -> HttpResponse:
    """Tick it, move it or take it off: what the form sent."""
    row = find(request, number)
    item = get_object_or_404(row.checklist, pk=pk)
    move = request.POST.get("move")
    if "remove" in request.POST:
        remove_from_checklist(item, by=request.actor)
    elif move in {"up", "down"}:
        step = -1 if move == "up" else 1
        change_checklist_item(item, position=max(item.position + step, 1), by=request.actor)
    else:
        change_checklist_item(item, is_done=request.POST.get("done") == "true", by=request.actor)
    return redirect("ticket_beside", row.number)


@login_required
@require_POST
def time(request: ActingRequest, number: str) -> HttpResponse:
    row = find(request, number)
    typed = request.POST.get("minutes", "").strip()
    minutes = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
    log_time(row, minutes, request.POST.get("note", ""), by=request.actor)
    return redirect("ticket_beside", row.number)


@login_required
@require_POST
def time_entry(request: ActingRequest, number: str, pk: int) -> HttpResponse:
    row = find(request, number)
    remove_time(get_object_or_404(row.time_entries, pk=pk), by=request.actor)
    return redirect("ticket_beside", row.number)
