from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.errors import NotFound
from supportflow.core.prepared import Prepared
from supportflow.crm.operations.contacts import contact_or_invalid
from supportflow.desk.api.ticket_schemas import TicketIn, TicketNumber, TicketOut, TicketPage, TicketPatch, TicketPut
from supportflow.desk.content import Content
from supportflow.desk.filters import DEFAULT_TICKET_SORT, TICKET_SORTS, TicketFilter
from supportflow.desk.models import Category, Channel, Priority, Status, Ticket
from supportflow.desk.operations import create_ticket, edit_ticket, restore_ticket, trash_ticket
from supportflow.desk.queries import NamedTicket, tickets_seen_by, with_names

tickets = Routes("Tickets")
_VALUES = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 500}, "minItems": 1}
_CUSTOM = parameters.open_names(
    "custom.KEY",
    {
        r"^(not_)?custom\.[a-z0-9_]{1,40}$": _VALUES,
        r"^custom\.[a-z0-9_]{1,40}\.(from|to)$": {"type": "string", "minLength": 1, "maxLength": 40},
    },
    "By a custom field: `custom.KEY` has this value, `none` for none at all (repeat it for any of several), "
    "`not_custom.KEY` not. Of numbers and dates also `custom.KEY.from` and `custom.KEY.to`, both included. A text is "
    "meant whole, whatever its case; `SO-4*` is its beginning. Boxes are `true` or `false`.",
)


@tickets.list(
    "",
    TicketPage,
    op="tickets_list",
    summary="List tickets",
    params=[
        *parameters.listing(TICKET_SORTS, DEFAULT_TICKET_SORT),
        parameters.q("A number, the requester's exact address, or words of the subject."),
        parameters.one_of("status", Status, "Status."),
        parameters.one_of("priority", Priority, "Priority."),
        parameters.one_of("category", Category, "Category."),
        parameters.one_of("channel", Channel, "The way it came in."),
        parameters.ids("assignee", "User id, `me` or `none`.", "me", "none"),
        parameters.ids("team", "Team id, or `none`.", "none"),
        parameters.ids("contact", "Contact id."),
        parameters.ids("company", "Company id, or `none`.", "none"),
        parameters.names("tag", 40, "Name of a tag.", "vip"),
        parameters.one_of("not_status", Status, "Any status but these."),
        parameters.one_of("not_priority", Priority, "Any priority but these."),
        parameters.one_of("not_category", Category, "Any category but these."),
        parameters.one_of("not_channel", Channel, "Any way in but these."),
        parameters.ids("not_assignee", "Anybody but these: user id, `me` or `none`.", "me", "none"),
        parameters.ids("not_team", "Any team but these: team id, or `none`.", "none"),
        parameters.ids("not_contact", "Any contact but these."),
        parameters.ids("not_company", "Any company but these: company id, or `none`.", "none"),
        parameters.names("not_tag", 40, "Without this tag.", "vip"),
        parameters.flag("tagged", "true: with some tag. false: with none."),
        parameters.moment("created_after", "Made after this time."),
        parameters.moment("created_before", "Made before this time."),
        parameters.moment("updated_after", "Changed or commented after this time."),
        parameters.moment("updated_before", "Neither changed nor commented since this time."),
        parameters.moment("due_after", "Due after this time."),
        parameters.moment("due_before", "Due before this time."),
        parameters.flag("due", "true: with a due date. false: with none."),
        parameters.flag("overdue", "Due by now and neither resolved nor closed."),
        parameters.flag("starred", "true: those that the token's user starred. false: the others."),
        parameters.flag("following", "true: those that the token's user follows. false: the others."),
        parameters.flag("snoozed", "true: those that the token's user snoozed. false: the others."),
        parameters.text(
            "text",
            'Words and "phrases" that stand in one message or note; `word*` is a beginning. Messages are looked '
            "through from the newest until a thousand fit this and all other filters.",
            "refund",
        ),
        _CUSTOM,
        parameters.flag("trash", "true: what lies in the trash, instead of what does not."),
    ],
)
def list_tickets(request: ApiRequest) -> HttpResponse:
    wanted = TicketFilter.from_params(params_of(request))
    rows = wanted.question(request.actor)
    return listed(
        request, rows, sorts=TICKET_SORTS, default=DEFAULT_TICKET_SORT, shape=TicketOut.all_of, shown=with_names
    )


@tickets.post("", TicketOut, op="ticket_create", summary="Create a ticket")
def post_ticket(request: ApiRequest, data: TicketIn) -> HttpResponse:
    values = data.given()
    subject, contact = values.pop("subject"), contact_or_invalid(values.pop("contact_id"))
    description = values.pop("description", None)
    content = Content.from_markdown(description, field="description") if description else None
    ticket = create_ticket(subject, contact, content, channel=Channel.API, by=request.actor, **values)
    return made(_one(_again(ticket)), f"/api/tickets/{ticket.number}", ticket.version)


@tickets.get("/{number}", TicketOut, op="ticket_get", summary="Get a ticket", versioned=True)
def get_ticket(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    ticket = ticket_seen(request, number)
    return shown(request, _one(ticket), ticket.version)


@tickets.put("/{number}", TicketOut, op="ticket_replace", summary="Replace a ticket")
def put_ticket(request: ApiRequest, number: TicketNumber, data: TicketPut) -> HttpResponse:
    """What is left out goes back to its default: nobody is assigned, all tags are taken off. The status stays."""
    ticket = ticket_seen(request, number)
    values = data.whole()
    if "company_id" not in values and ticket.company_is_set:
        same = data.contact_id == ticket.contact_id
        values["company_id"] = (ticket.contact if same else contact_or_invalid(data.contact_id)).company_id
    return _updated(request, ticket, values)


@tickets.patch("/{number}", TicketOut, op="ticket_change", summary="Change a ticket")
def patch_ticket(request: ApiRequest, number: TicketNumber, data: TicketPatch) -> HttpResponse:
    """What is left out stays. Lists are replaced as a whole, `custom` key by key."""
    ticket = ticket_seen(request, number)
    values = data.given()
    if "custom" in values:
        values["custom"] = {**ticket.custom, **values["custom"]}
    return _updated(request, ticket, values, merged="custom" in values)


@tickets.delete("/{number}", op="ticket_trash", summary="Move a ticket to the trash")
def delete_ticket(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    """It keeps its number and can be restored for 30 days."""
    ticket = ticket_seen(request, number)
    trash_ticket(ticket, version=wanted_version(request, ticket), by=request.actor)
    return gone()


@tickets.post(
    "/{number}/restoration", TicketOut, op="ticket_restore", summary="Restore a ticket from the trash", status=200
)
def post_restoration(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    ticket = _again(restore_ticket(ticket_seen(request, number), by=request.actor))
    return shown(request, _one(ticket), ticket.version)


def _updated(request: ApiRequest, ticket: Ticket, values: dict[str, Any], *, merged: bool = False) -> HttpResponse:
    version = wanted_version(request, ticket)
    if merged:
        version = ticket.version  # what was read is what may be written over
    ticket = _again(edit_ticket(ticket, version=version, by=request.actor, **values))
    return shown(request, _one(ticket), ticket.version)


def ticket_seen(request: ApiRequest, number: int) -> NamedTicket:
    found: list[NamedTicket] = tickets_seen_by(request.actor).rows("named", seen=_named, given=[number])
    if not found:
        raise NotFound
    return found[0]


def _named(rows: QuerySet[Ticket], pk: int) -> QuerySet[NamedTicket]:
    return with_names(rows.filter(pk=pk))


def _again(ticket: Ticket) -> NamedTicket:
    # Not through visible_to: whoever changed it gets the answer, though it may be hidden a moment later.
    return _with_names(ticket.pk)[0]


_with_names: Prepared[NamedTicket] = Prepared(lambda pk: _named(Ticket.objects.all(), pk), int)


def told(ticket: Ticket) -> TicketOut:
    """A ticket as it is answered after a change."""
    return _one(_again(ticket))


def _one(ticket: NamedTicket) -> TicketOut:
    return TicketOut.all_of([ticket])[0]
