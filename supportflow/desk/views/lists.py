"""The ticket list, and the short lists that other pages ask for."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.core.filtering import Params, Reader, is_id
from supportflow.core.paging import COUNTED_UP_TO, Page, bounded_count, page
from supportflow.crm.models import Company, Contact
from supportflow.desk.columns import HEADS
from supportflow.desk.custom_filters import FieldGone
from supportflow.desk.filters import DEFAULT_TICKET_SORT, TICKET_SORTS, TicketFilter
from supportflow.desk.models import Category, Channel, Priority, Status, Ticket
from supportflow.desk.queries import ListedTicket, for_list
from supportflow.desk.rows import rows_of
from supportflow.desk.shape import Shape
from supportflow.desk.views import board, filtering
from supportflow.desk.views.custom_words import choices_of, labels_of, values_of
from supportflow.fields.queries import fields_of
from supportflow.pages import lists
from supportflow.pages.jinja import query
from supportflow.pages.words import choices
from supportflow.saved_views.context import views_for
from supportflow.tags.models import Tag

BRIEF = 6
GONE_TOLD = 5  # filters that a toast has room for
TAGS_OFFERED = 200
# The lists of the navigation: the filters that make them (templates/components/still.html links to them).
VIEWS: dict[str, dict[str, list[str]]] = {
    "mine": {"assignee": ["me"], "status": ["OPEN", "IN_PROGRESS"]},
    "unassigned": {"assignee": ["none"], "status": ["OPEN", "IN_PROGRESS", "WAITING"]},
    "overdue": {"overdue": ["true"]},
    "waiting": {"status": ["WAITING"]},
    "resolved": {"status": ["RESOLVED"]},
    "starred": {"starred": ["true"]},
    "snoozed": {"snoozed": ["true"]},
    "trash": {"trash": ["true"]},
}

# The chips of what is filtered, in their order.
LABELS: dict[str, StrOrPromise] = {
    "status": _("Status is"),
    "priority": _("Priority is"),
    "category": _("Category is"),
    "channel": _("Came by"),
    "assignee": _("Assignee is"),
    "team": _("Team is"),
    "contact": _("Customer is"),
    "company": _("Company is"),
    "tag": _("Tag is"),
    "text": _("A message says"),
    "not_status": _("Status is not"),
    "not_priority": _("Priority is not"),
    "not_category": _("Category is not"),
    "not_channel": _("Did not come by"),
    "not_assignee": _("Assignee is not"),
    "not_team": _("Team is not"),
    "not_contact": _("Customer is not"),
    "not_company": _("Company is not"),
    "not_tag": _("Tag is not"),
    "tagged": _("Has tags"),
    "created_after": _("Created after"),
    "created_before": _("Created before"),
    "updated_after": _("Updated after"),
    "updated_before": _("Updated before"),
    "due_after": _("Due after"),
    "due_before": _("Due before"),
    "due": _("Has a due date"),
    "overdue": _("Overdue"),
    "starred": _("Starred"),
    "snoozed": _("Snoozed"),
    "following": _("Followed by me"),
    "trash": _("In the trash"),
}


@login_required
@require_safe
def tickets(request: ActingRequest) -> HttpResponse:
    if filtering.is_form(request.GET):
        return redirect(filtering.address(request.GET, request.actor))
    params = lists.given(request, {*TicketFilter.names(request.GET), *Shape.NAMES})
    shape = Shape.of(params, views_for(request))
    if shape.view and set(params) == {"view"}:
        return redirect(shape.view)
    try:
        wanted = TicketFilter.from_params(params)
    except FieldGone as gone:
        messages.warning(request, _gone(gone))
        # With its order, or what is left of a view might be the view alone, which is an address of its own.
        sort = params.get("sort", [DEFAULT_TICKET_SORT])
        return redirect(query(request, cursor=None, sort=sort, **dict.fromkeys(gone.fields)))
    at = lists.place(params, DEFAULT_TICKET_SORT)
    (rows, said), filters, me = wanted.found(request.actor), wanted.to_params(), request.actor.pk
    if shape.layout == "board":  # which has pages of its own
        found: Page[ListedTicket] = Page([], None, None)
    else:
        found = page(
            rows,
            sort=at.sort,
            allowed=TICKET_SORTS,
            limit=lists.PER_PAGE,
            cursor=at.cursor,
            shown=for_list,
            given=[me],
        )
    context = {
        "page": found,
        "rows": rows_of(found.items, clock.now(), request.actor.created_at),
        "params": filters,
        "sort": at.sort,
        "q": wanted.q,
        "kept": _kept(params, at.sort),
        "count": bounded_count(rows),
        "view": "" if shape.view else view_of(filters),
        "shape": shape,
        "is_changed": shape.view is not None and not shape.says(filters, at.sort),
        "all_columns": HEADS,
        "said": said,
        "most_messages": COUNTED_UP_TO,
        "chips": _chips(request, wanted),
    }
    if shape.layout == "board":
        context["lanes"] = board.lanes(wanted, rows, at.sort, request.actor)
    return render(request, "desk/tickets.html", context)


@login_required
@require_safe
def filters(request: ActingRequest) -> HttpResponse:
    """What the list can be filtered by, as it is filtered now."""
    params = lists.given(request, {*TicketFilter.names(request.GET), *Shape.NAMES})
    wanted, at = TicketFilter.from_params(params), lists.place(params, DEFAULT_TICKET_SORT)
    on = wanted.to_params()
    context = {
        "params": on,
        "names": _names(on, request.actor),
        "kept": [("q", wanted.q), ("sort", at.sort if at.sort != DEFAULT_TICKET_SORT else "")]
        + [(name, value) for name in Shape.NAMES for value in params.get(name, ())],
        "people": list(User.objects.at_work().order_by("name").values_list("pk", "name")),
        "teams": list(Team.objects.known_to(request.actor).values_list("pk", "name")),
        "statuses": choices(Status),
        "priorities": choices(Priority),
        "categories": choices(Category),
        "channels": choices(Channel),
        "custom_fields": [(field, choices_of(field, on)) for field in fields_of("ticket")],
        "tags": list(Tag.objects.order_by("key").values_list("name", "name")[:TAGS_OFFERED]),
    }
    return render(request, "desk/filters.html", context)


def _chips(request: ActingRequest, wanted: TicketFilter) -> list[lists.Chip]:
    filters, custom = wanted.to_params(), wanted.custom
    names = _names(filters, request.actor) | values_of(custom)
    return lists.chips(request, filters, LABELS | labels_of(custom), names)


def _gone(error: FieldGone) -> str:
    told = ", ".join(name[:60] for name in list(error.fields)[:GONE_TOLD])
    return now("Not filtered by what is gone: %(names)s. No such custom field is in use.") % {"names": told}


def _kept(params: Params, sort: str) -> tuple[tuple[str, str], ...]:
    """What the form over the list keeps beside its filters."""
    order = {} if sort == DEFAULT_TICKET_SORT else {"sort": [sort]}
    kept = {name: params[name] for name in Shape.NAMES if name in params} | order
    return tuple((name, value) for name, values in kept.items() for value in values)


@login_required
@require_safe
def brief(request: ActingRequest) -> HttpResponse:
    """The latest tickets that fit, for a card on another page; `but` leaves one out."""
    params = lists.given(request, {*TicketFilter.names(request.GET), "but"})
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
        "team": lambda: Team.objects.known_to(actor),
        "contact": lambda: Contact.objects.visible_to(actor),
        "company": lambda: Company.objects.visible_to(actor),
    }
    ids = {name: [value for values in _both(filters, name) for value in values if is_id(value)] for name in known}
    names = {
        name: {str(row.pk): row.name for row in known[name]().filter(pk__in=ids[name])} for name in ids if ids[name]
    }
    return names | {f"not_{name}": found for name, found in names.items()}


def _both(filters: Params, name: str) -> list[Sequence[str]]:
    return [filters.get(name, ()), filters.get(f"not_{name}", ())]
