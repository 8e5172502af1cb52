from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import listed, made, params_of, shown
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import Out, PageOut, Ref, RowId, examples
from supportflow.core.errors import NotFound
from supportflow.core.filtering import Reader
from supportflow.core.history import undo
from supportflow.core.models import Activity
from supportflow.crm.models import Company, Contact
from supportflow.desk.api.comments import ActorOut, ticket_asked
from supportflow.desk.api.ticket_schemas import TicketRef
from supportflow.desk.queries import activities_visible_to, names_of

activities = Routes("Activities")
SORTS = {"created_at": "id"}
_ASSIGNED = {
    "id": 31,
    "action": "ticket.assigned",
    "actor": {"type": "user", "id": 3, "name": "John Reyes"},
    "ticket": {"id": 1, "number": "T-0001", "subject": "Unable to login"},
    "contact": {"id": 1, "name": "Sarah Johnson"},
    "company": {"id": 1, "name": "Acme Corporation"},
    "changes": {"assignee": [None, 3]},
    "metadata": {"names": [None, "John Reyes"]},
    "created_at": "2026-05-01T12:00:00Z",
}


class ActivityOut(Out):
    """One line of the audit trail. `changes` are {field: [old, new]}; what is purged is null."""

    model_config = examples(_ASSIGNED)
    id: int
    action: str
    actor: ActorOut
    ticket: TicketRef | None
    contact: Ref | None
    company: Ref | None
    changes: dict[str, list[Any]]
    metadata: dict[str, Any]
    created_at: datetime


class ActivityPage(PageOut[ActivityOut]):
    model_config = examples({"items": [_ASSIGNED], "next": None, "previous": None, "total": None})


@activities.list(
    "",
    ActivityPage,
    op="activities_list",
    summary="Read the audit trail",
    params=[
        *parameters.listing(SORTS, "-created_at"),
        parameters.query(
            "ticket",
            {"type": "string", "pattern": "^([Tt]-)?[0-9]{1,18}$"},
            "Number of the ticket that they tell of.",
            "T-0001",
        ),
        parameters.query("contact", parameters.ID_TEXT, "Id of the contact.", "1"),
        parameters.query("company", parameters.ID_TEXT, "Id of the company.", "1"),
        parameters.names("action", 60, "What happened, exactly.", "ticket.assigned"),
        parameters.after(),
    ],
)
def list_activities(request: ApiRequest) -> HttpResponse:
    """Newest first; with `after`, oldest first, to follow what happens."""
    read = Reader(params_of(request))
    given = {"contact": read.one_id("contact"), "company": read.one_id("company"), "after": read.one_id("after")}
    actions = read.names("action", 60)
    read.done()
    rows = activities_visible_to(request.actor)
    if ticket := ticket_asked(request, read.params.get("ticket", [])):
        rows = rows.filter(ticket_id=ticket.pk)
    if (contact := given["contact"]) is not None:
        rows = rows.filter(contact_id=_existing(Contact, request, contact))
    if (company := given["company"]) is not None:
        rows = rows.filter(company_id=_existing(Company, request, company))
    if actions:
        rows = rows.filter(action__in=actions)
    if (after := given["after"]) is not None:
        rows = rows.filter(pk__gt=after)
    default = "-created_at" if after is None else "created_at"
    return listed(request, rows, sorts=SORTS, default=default, shape=_all)


def _existing(model: type[Contact] | type[Company], request: ApiRequest, pk: int) -> int:
    if not model.objects.visible_to(request.actor).filter(pk=pk).exists():
        raise NotFound
    return pk


@activities.get("/{id}", ActivityOut, op="activity_get", summary="Get one line of the audit trail")
def get_activity(request: ApiRequest, id: RowId) -> HttpResponse:
    return shown(request, _all([_activity(request, id)])[0])


@activities.post("/{id}/undoing", ActivityOut, op="activity_undo", summary="Take a change back")
def post_undoing(request: ApiRequest, id: RowId) -> HttpResponse:
    """Puts the old values back, within five minutes and if nothing changed since; answers what that wrote."""
    undone = undo(_activity(request, id), by=request.actor)
    return made(_all([undone])[0], f"/api/activities/{undone.pk}")


def _activity(request: ApiRequest, pk: int) -> Activity:
    activity = activities_visible_to(request.actor).filter(pk=pk).first()
    if activity is None:
        raise NotFound
    return activity


def _all(rows: Sequence[Activity]) -> list[ActivityOut]:
    names = names_of(list(rows))
    return [_out(activity, names) for activity in rows]


def _out(activity: Activity, names: dict[str, dict[int, Any]]) -> ActivityOut:
    ticket = names["ticket"].get(activity.ticket_id or 0)
    contact = names["contact"].get(activity.contact_id or 0)
    company = names["company"].get(activity.company_id or 0)
    return ActivityOut(
        id=activity.pk,
        action=activity.action,
        actor=ActorOut(**activity.actor),
        ticket=TicketRef(id=ticket.pk, number=ticket.number, subject=ticket.subject) if ticket else None,
        contact=Ref(id=contact.pk, name=contact.name) if contact else None,
        company=Ref(id=company.pk, name=company.name) if company else None,
        changes=activity.changes,
        metadata=activity.metadata,
        created_at=activity.created_at,
    )
