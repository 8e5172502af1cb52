"""The ticket list, and the short lists that other pages ask for."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.core.filtering import Params, Reader, is_id
from supportflow.core.paging import COUNTED_UP_TO, Page, bounded_count, page
from supportflow.crm.models import Company, Contact
from supportflow.desk.filters import DEFAULT_TICKET_SORT, TICKET_SORTS, TicketFilter
from supportflow.desk.models import Category, Priority, Status, Ticket
from supportflow.desk.queries import ListedTicket, for_list
from supportflow.desk.rows import rows_of
from supportflow.pages import lists
from supportflow.pages.words import choices

BRIEF = 6
# The lists of the navigation: the filters that make them (templates/_navigation.html links to them).
VIEWS: dict[str, dict[str, list[str]]] = {
    "mine": {"assignee": ["me"], "status": ["OPEN", "IN_PROGRESS"]},
    "unassigned": {"assignee": ["none"], "status": ["OPEN", "IN_PROGRESS", "WAITING"]},
    "overdue": {"overdue": ["true"]},
    "waiting": {"status": ["WAITING"]},
    "resolved": {"status": ["RESOLVED"]},
}


@login_required
@require_safe
def tickets(request: ActingRequest) -> HttpResponse:
    params = lists.given(request, TicketFilter.NAMES)
    wanted, at = TicketFilter.from_params(params), lists.place(params, DEFAULT_TICKET_SORT)
    rows = wanted.question(request.actor)
    found: Page[ListedTicket] = page(
        rows, sort=at.sort, allowed=TICKET_SORTS, limit=lists.PER_PAGE, cursor=at.cursor, shown=for_list
    )
    filters = wanted.to_params()
    context = {
        "page": found,
        "rows": rows_of(found.items, clock.now()),
        "params": filters,
        "sort": at.sort,
        "q": wanted.q,
        "kept": _kept(filters, at.sort),
        "count": bounded_count(rows),
        "counted_up_to": COUNTED_UP_TO,
        "view": view_of(filters),
        "chips": lists.chips(request, filters, _labels(), _names(filters, request.actor)),
    }
    return render(request, "desk/tickets.html", context)


@login_required
@require_safe
def filters(request: ActingRequest) -> HttpResponse:
    """What the list can be filtered by, as it is filtered now."""
    params = lists.given(request, TicketFilter.NAMES)
    wanted, at = TicketFilter.from_params(params), lists.place(params, DEFAULT_TICKET_SORT)
    context = {
        "params": wanted.to_params(),
        "kept": {"q": wanted.q} | _kept(wanted.to_params(), at.sort),
        "people": list(User.objects.at_work().order_by("name").only("name")),
        "teams": list(Team.objects.exclude(pk__in=request.actor.hidden_team_ids).order_by("name").only("name")),
        "statuses": choices(Status),
        "priorities": choices(Priority),
        "categories": choices(Category),
    }
    return render(request, "desk/filters.html", context)


def _kept(filters: Params, sort: str) -> dict[str, str]:
    """What the form of the filters has no field for."""
    one = {name: filters[name][0] for name in ("contact", "company") if name in filters}
    return one if sort == DEFAULT_TICKET_SORT else one | {"sort": sort}


@login_required
@require_safe
def brief(request: ActingRequest) -> HttpResponse:
    """The latest tickets that fit, for a card on another page; `but` leaves one out."""
    params = lists.given(request, {*TicketFilter.NAMES, "but"})
    but = Reader(params).one("but") or "0"
    rows = TicketFilter.from_params(params).apply(Ticket.objects.visible_to(request.actor), request.actor)
    others = rows.exclude(pk=int(but) if is_id(but) else 0).order_by("-updated_at", "-pk")
    return render(
        request, "desk/_brief.html", {"tickets": list(others.only("subject", "status", "updated_at")[:BRIEF])}
    )


def view_of(filters: Params) -> str:
    """The entry of the navigation whose list this is."""
    return next((name for name, wanted in VIEWS.items() if wanted == filters), "")


def _names(filters: Params, actor: User) -> dict[str, dict[str, str]]:
    """What the ids in the address are called, as far as the actor may know: a query for each kind that is there."""
    known: dict[str, Callable[[], QuerySet[Any]]] = {
        "assignee": User.objects.people,
        "team": lambda: Team.objects.exclude(pk__in=actor.hidden_team_ids),
        "contact": lambda: Contact.objects.visible_to(actor),
        "company": lambda: Company.objects.visible_to(actor),
    }
    ids = {name: [value for value in filters.get(name, ()) if is_id(value)] for name in known}
    return {
        name: {str(row.pk): row.name for row in known[name]().filter(pk__in=ids[name])} for name in ids if ids[name]
    }


def _labels() -> dict[str, StrOrPromise]:
    return {
        "status": _("Status is"),
        "priority": _("Priority is"),
        "category": _("Category is"),
        "channel": _("Came by"),
        "assignee": _("Assignee is"),
        "team": _("Team is"),
        "contact": _("Customer is"),
        "company": _("Company is"),
        "tag": _("Tag is"),
        "created_after": _("Created after"),
        "created_before": _("Created before"),
        "updated_after": _("Updated after"),
        "due_before": _("Due before"),
        "overdue": _("Overdue"),
        "trash": _("In the trash"),
    }
