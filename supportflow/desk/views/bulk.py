"""One change of many tickets, from the list."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Team, User
from supportflow.core import history
from supportflow.core.bulk import Outcome
from supportflow.core.door import in_batch
from supportflow.core.errors import Invalid
from supportflow.core.filtering import is_id
from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk.bulk_forms import KEEP, KEPT, BulkForm
from supportflow.desk.filters import TicketFilter
from supportflow.desk.models import Ticket
from supportflow.desk.views.selecting import back_to, selected, told_together
from supportflow.pages import lists

AT_ONCE = 100  # tickets of one request and one transaction; static/js/bulk.js sends more in pieces
NAMED = 3  # reasons that a toast has room for


@login_required
@require_POST
def bulk(request: ActingRequest) -> HttpResponse:
    """Change what the form sent of the tickets that are ticked; JSON where a script sends a piece of many."""
    ids = selected(request, AT_ONCE)
    form = BulkForm(_meant(request.POST), actor=request.actor)
    if not form.is_valid():
        raise Invalid({name: str(errors[0]) for name, errors in form.errors.items()})
    batch = form.cleaned_data["batch"] or uuid.uuid4()
    tickets = list(Ticket.objects.visible_to(request.actor).filter(pk__in=ids))
    with in_batch(batch):
        outcome = form.run(tickets, request.actor)
    if request.accepts("text/html"):
        _tell(request, form, outcome, batch)
        return redirect(back_to(request))
    return JsonResponse({"done": len(outcome.done), "refused": reasons(outcome)})


@login_required
@require_safe
def ids(request: ActingRequest) -> HttpResponse:
    """The numbers of all tickets that fit the filters, at most a thousand: to change them in pieces. `told` says when
    there are more."""
    wanted = TicketFilter.from_params(lists.given(request, TicketFilter.names(request.GET)))
    rows = wanted.apply(Ticket.objects.visible_to(request.actor), request.actor)
    found = list(rows.order_by("-pk").values_list("pk", flat=True)[: COUNTED_UP_TO + 1])
    told = _("More than %(most)s fit: the newest %(most)s are selected. Repeat it for the rest.")
    return JsonResponse(
        {
            "ids": found[:COUNTED_UP_TO],
            "told": told % {"most": COUNTED_UP_TO} if len(found) > COUNTED_UP_TO else "",
        }
    )


@login_required
@require_safe
def menu(request: ActingRequest, what: str) -> HttpResponse:
    """The choices for assignee or team, fetched when somebody opens the menu."""
    people = User.objects.at_work().exclude(pk=request.actor.pk).order_by("name").only("name")
    teams = Team.objects.known_to(request.actor)
    context = {"people": people, "teams": []} if what == "people" else {"people": [], "teams": teams}
    return render(request, "desk/_bulk_menu.html", context)


@login_required
@require_POST
def undo(request: ActingRequest, batch: uuid.UUID) -> HttpResponse:
    """Take back what the actor did in one act, as far as nothing changed since."""
    outcome = history.undo_batch(batch, by=request.actor)
    for reason in reasons(outcome):
        messages.error(request, reason)
    if outcome.done:
        messages.success(request, _("Undone"))
    return redirect(back_to(request))


def _meant(sent: QueryDict) -> QueryDict:
    """Without what is to stay as it is."""
    meant = sent.copy()
    for name in KEPT:
        if meant.get(name) == KEEP:
            del meant[name]
    return meant


def _tell(request: HttpRequest, form: BulkForm, outcome: Outcome[Ticket], batch: uuid.UUID) -> None:
    earlier = request.POST.get("earlier", "")  # how many of the pieces before were done
    done = len(outcome.done) + (int(earlier) if is_id(earlier) and len(earlier) < 5 else 0)
    for reason in reasons(outcome):
        messages.error(request, reason)
    if done:
        undo = "" if form.is_snoozing else f"undo-{batch}"
        messages.success(request, form.sentence(done), extra_tags=undo)
    elif not outcome.refused:
        messages.info(request, _("Nothing to change: it was so already"))


def reasons(outcome: Outcome[Any]) -> list[str]:
    """Why some stayed as they were, each reason once with the tickets' numbers."""
    found = told_together((row.pk, str(error.message)) for row, error in outcome.refused)
    return [f"{_few(numbers)}: {reason}" for reason, numbers in found[:NAMED]]


def _few(numbers: list[str]) -> str:
    shown = ", ".join(numbers[:5])
    rest = len(numbers) - 5
    return shown if rest <= 0 else _("%(shown)s and %(num)d more") % {"shown": shown, "num": rest}
