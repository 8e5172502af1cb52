"""The ticket list, and the short lists that other pages ask for."""

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.core.filtering import Params, Reader, is_id
from supportflow.core.paging import COUNTED_UP_TO, bounded_count, page
from supportflow.desk.filters import DEFAULT_TICKET_SORT, TICKET_SORTS, TicketFilter
from supportflow.desk.models import SETTLED, Category, Priority, Status, Ticket, TicketQuerySet
from supportflow.pages import lists
from supportflow.pages.words import choices
from supportflow.tags.models import Tag

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
    rows = wanted.apply(Ticket.objects.visible_to(request.actor), request.actor)
    found = page(_for_list(rows), sort=at.sort, allowed=TICKET_SORTS, limit=lists.PER_PAGE, cursor=at.cursor)
    people = list(User.objects.at_work().order_by("name").only("name"))
    teams = list(Team.objects.exclude(pk__in=request.actor.hidden_team_ids).order_by("name").only("name"))
    filters = wanted.to_params()
    context = {
        "page": found,
        "params": filters,
        "sort": at.sort,
        "q": wanted.q,
        "count": bounded_count(rows),
        "counted_up_to": COUNTED_UP_TO,
        "view": view_of(filters),
        "chips": lists.chips(request, filters, _labels(), _names(found.items, people, teams)),
        "people": people,
        "teams": teams,
        "now": clock.now(),
        "settled": SETTLED,
        "statuses": choices(Status),
        "priorities": choices(Priority),
        "categories": choices(Category),
    }
    return render(request, "desk/tickets.html", context)


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


def _for_list(rows: TicketQuerySet) -> TicketQuerySet:
    """With what a row shows, and no more."""
    tags = Prefetch("tags", Tag.objects.only("name", "color").order_by("key"), to_attr="tag_list")
    related = rows.select_related("contact", "company", "assignee").prefetch_related(tags)
    return related.only(
        *("subject", "status", "priority", "due_at", "updated_at", "created_at", "status_rank", "priority_rank"),
        *("contact__first_name", "contact__last_name", "company__name", "assignee__name"),
    )


def view_of(filters: Params) -> str:
    """The entry of the navigation whose list this is."""
    return next((name for name, wanted in VIEWS.items() if wanted == filters), "")


def _names(rows: list[Ticket], people: list[User], teams: list[Team]) -> dict[str, dict[str, str]]:
    """What the ids in the address are called, as far as the page knows it anyway."""
    return {
        "assignee": {str(user.pk): user.name for user in people},
        "team": {str(team.pk): team.name for team in teams},
        "contact": {str(row.contact_id): row.contact.name for row in rows},
        "company": {str(row.company_id): row.company.name for row in rows if row.company},
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
