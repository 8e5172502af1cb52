"""Merging a ticket into another one: looked at first, then done; and undone at any time."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.errors import DomainError
from supportflow.crm.models import Contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import merge_ticket, unmerge_ticket
from supportflow.desk.queries import further_contacts_of
from supportflow.desk.views.beside import ticket_meant
from supportflow.desk.views.tickets import find


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: ActingRequest, number: str) -> HttpResponse:
    """Which one (`into`), then what it would do; POST does it."""
    row = find(request, number)
    if request.method == "POST":
        target = ticket_meant(request.POST.get("into", ""), request.actor, "into")
        target = merge_ticket(row, target, by=request.actor)
        told = _("%(number)s is merged into this ticket. Undo it in the panel, whenever you like.")
        messages.success(request, told % {"number": row.number})
        return redirect(target)
    typed = request.GET.get("into", "")[:200]
    chosen, problem = None, ""
    if typed:
        try:
            chosen = ticket_meant(typed, request.actor, "into")
        except DomainError as error:
            problem = str(error)
    context = {
        "ticket": row,
        "target": chosen,
        "typed": typed,
        "problem": problem,
        "newcomers": _newcomers(row, chosen) if chosen else [],
        "comments": row.comments.count(),
    }
    return render(request, "desk/merge.html", context, status=422 if problem else 200)


def _newcomers(ticket: Ticket, target: Ticket) -> list[str]:
    """The customers who would get what is written there from then on."""
    further = further_contacts_of([ticket.pk, target.pk])
    there = {target.contact_id, *(pk for pk, _name in further.get(target.pk, []))}
    requester: Contact = ticket.contact
    came = dict([(requester.pk, requester.name), *further.get(ticket.pk, [])])
    return [name for pk, name in came.items() if pk not in there]


@login_required
@require_POST
def unmerge(request: ActingRequest, number: str) -> HttpResponse:
    row = unmerge_ticket(find(request, number), by=request.actor)
    messages.success(request, _("%(number)s is a ticket of its own again") % {"number": row.number})
    return redirect(row)
