"""What stands beside a ticket: merges, links, the checklist, time, putting it off."""

from datetime import datetime

from django.http import HttpResponse
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api.answers import gone, json_answer, made, shown, wanted_version
from supportflow.core.api.schemas import UNSET, Flag, In, Moment, Out, Ref, RowId, Text, examples
from supportflow.core.errors import Invalid, NotFound
from supportflow.desk.api.comments import comments
from supportflow.desk.api.ticket_schemas import AnyTicketNumber, TicketNumber, TicketOut, TicketRef
from supportflow.desk.api.tickets import ticket_seen, tickets, told
from supportflow.desk.models import Comment, Reading, Status, Ticket
from supportflow.desk.operations import (
    add_to_checklist,
    change_checklist_item,
    link_tickets,
    log_time,
    merge_ticket,
    remove_from_checklist,
    remove_time,
    snooze_ticket,
    split_comment,
    unlink_tickets,
    unmerge_ticket,
    wake_ticket,
)
from supportflow.desk.operations.checklists import LONGEST, checklist_item
from supportflow.desk.operations.timekeeping import A_DAY, LONGEST_NOTE
from supportflow.desk.queries import readable_comments
from supportflow.desk.relation_models import ChecklistItem, LinkKind, TimeEntry
from supportflow.desk.relations import beside, links_of, merged_into

_REF = {"id": 2, "number": "T-0002", "subject": "Login broken"}
_LINK = {"kind": "DUPLICATE", "status": "OPEN", "ticket": _REF}
_ITEM = {"id": 4, "text": "Ask for the log", "is_done": False, "position": 1}
_TIME = {
    "id": 5,
    "minutes": 25,
    "note": "Read the log",
    "user": {"id": 3, "name": "John Reyes"},
    "created_at": "2026-05-01T12:00:00Z",
}


class MergeIn(In):
    model_config = examples({"into": "T-0002"})
    into: AnyTicketNumber = Field(description="The ticket that goes on.")


class LinkOut(Out):
    """Another ticket; `kind` is what it is to this one."""

    model_config = examples(_LINK)
    kind: LinkKind
    status: Status
    ticket: TicketRef


class LinksOut(Out):
    """Tickets that this one has to do with, as far as the caller sees them."""

    model_config = examples({"merged_into": None, "merged": [], "links": [_LINK]})
    merged_into: TicketRef | None = Field(description="The ticket that this one became a part of.")
    merged: list[TicketRef] = Field(description="Tickets that became a part of this one.")
    links: list[LinkOut]


class LinkIn(In):
    """`kind` is what the other ticket is to this one; a pair has one link."""

    model_config = examples({"ticket": "T-0002", "kind": "PARENT"})
    ticket: AnyTicketNumber
    kind: LinkKind = LinkKind.RELATED


class ItemOut(Out):
    """One thing to do; the first has position 1."""

    model_config = examples(_ITEM)
    id: int
    text: str
    is_done: bool
    position: int

    @classmethod
    def of(cls, item: ChecklistItem) -> "ItemOut":
        return cls(id=item.pk, text=item.text, is_done=item.is_done, position=item.position)


class ChecklistOut(Out):
    model_config = examples({"items": [_ITEM]})
    items: list[ItemOut]


class ItemIn(In):
    model_config = examples({"text": "Ask for the log"})
    text: Text = Field(min_length=1, max_length=LONGEST)


class ItemPatch(In):
    """The fields to change; a position behind the last means the last."""

    model_config = examples({"is_done": True})
    text: Text = Field(default=UNSET, min_length=1, max_length=LONGEST)
    is_done: Flag = Field(default=UNSET)
    position: int = Field(default=UNSET, strict=True, ge=1, le=1000)


class TimeOut(Out):
    """Time that somebody spent."""

    model_config = examples(_TIME)
    id: int
    minutes: int
    note: str
    user: Ref
    created_at: datetime

    @classmethod
    def of(cls, entry: TimeEntry) -> "TimeOut":
        return cls(
            id=entry.pk,
            minutes=entry.minutes,
            note=entry.note,
            user=Ref(id=entry.user_id, name=entry.user.name),
            created_at=entry.created_at,
        )


class TimesOut(Out):
    """`minutes` is the sum; the newest entry stands first."""

    model_config = examples({"minutes": 25, "items": [_TIME]})
    minutes: int
    items: list[TimeOut]


class TimeIn(In):
    """The token's user spent this time."""

    model_config = examples({"minutes": 25, "note": "Read the log"})
    minutes: int = Field(strict=True, ge=1, le=A_DAY)
    note: Text = Field(default="", max_length=LONGEST_NOTE)


class SnoozeOut(Out):
    """Until when the token's user put the ticket off; null when not."""

    model_config = examples({"until": "2026-05-04T09:00:00Z"})
    until: datetime | None


class SnoozeIn(In):
    model_config = examples({"until": "2026-05-04T09:00:00Z"})
    until: Moment


class SplitIn(In):
    """Null keeps the subject of the ticket that the comment leaves."""

    model_config = examples({"subject": "Another question"})
    subject: Text | None = Field(default=None, min_length=1, max_length=250)


@tickets.post("/{number}/merge", TicketOut, op="ticket_merge", summary="Merge a ticket into another", status=200)
def post_merge(request: ApiRequest, number: TicketNumber, data: MergeIn) -> HttpResponse:
    """Its comments move to the other ticket, which is answered; its customers are copied in there; it is closed."""
    ticket, target = ticket_seen(request, number), _other(request, data.into, "into")
    target = merge_ticket(ticket, target, by=request.actor)
    return shown(request, told(target), Ticket.objects.get(pk=target.pk).version)


@tickets.delete("/{number}/merge", op="ticket_unmerge", summary="Undo the merge of a ticket")
def delete_merge(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    """It is what it was, with exactly the comments that it brought. What was written since stays."""
    unmerge_ticket(ticket_seen(request, number), by=request.actor)
    return gone()


@tickets.get("/{number}/links", LinksOut, op="ticket_links", summary="Get the tickets that a ticket has to do with")
def get_links(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    ticket = ticket_seen(request, number)
    into = Ticket.objects.visible_to(request.actor).filter(pk=ticket.merged_into_id or 0).first()
    links = [_link(one.kind, one.ticket) for one in links_of(ticket, request.actor)]
    merged = [_ref(row) for row in merged_into(ticket, request.actor)]
    return json_answer(LinksOut(merged_into=_ref(into) if into else None, merged=merged, links=links))


@tickets.post("/{number}/links", LinkOut, op="ticket_link", summary="Link a ticket to another", status=200)
def post_link(request: ApiRequest, number: TicketNumber, data: LinkIn) -> HttpResponse:
    """Another kind takes the place of the one that the pair had."""
    ticket, other = ticket_seen(request, number), _other(request, data.ticket, "ticket")
    link_tickets(ticket, other, data.kind, by=request.actor)
    return json_answer(_link(data.kind, other))


@tickets.delete("/{number}/links/{other}", op="ticket_unlink", summary="Take a link off")
def delete_link(request: ApiRequest, number: TicketNumber, other: TicketNumber) -> HttpResponse:
    unlink_tickets(ticket_seen(request, number), ticket_seen(request, other), by=request.actor)
    return gone()


@tickets.get("/{number}/checklist", ChecklistOut, op="checklist_get", summary="Get the checklist of a ticket")
def get_checklist(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    rows = ticket_seen(request, number).checklist.order_by("position", "pk")
    return json_answer(ChecklistOut(items=[ItemOut.of(row) for row in rows]))


@tickets.post("/{number}/checklist", ItemOut, op="checklist_add", summary="Add to the checklist of a ticket")
def post_item(request: ApiRequest, number: TicketNumber, data: ItemIn) -> HttpResponse:
    ticket = ticket_seen(request, number)
    item = add_to_checklist(ticket, data.text, by=request.actor)
    return made(ItemOut.of(item), f"/api/tickets/{ticket.number}/checklist", item.version)


@tickets.patch("/{number}/checklist/{id}", ItemOut, op="checklist_change", summary="Tick, move or rename an item")
def patch_item(request: ApiRequest, number: TicketNumber, id: RowId, data: ItemPatch) -> HttpResponse:
    item = checklist_item(ticket_seen(request, number), id)
    item = change_checklist_item(item, version=wanted_version(request, item), by=request.actor, **data.given())
    return shown(request, ItemOut.of(item), item.version)


@tickets.delete("/{number}/checklist/{id}", op="checklist_remove", summary="Take an item off the checklist")
def delete_item(request: ApiRequest, number: TicketNumber, id: RowId) -> HttpResponse:
    item = checklist_item(ticket_seen(request, number), id)
    remove_from_checklist(item, version=wanted_version(request, item), by=request.actor)
    return gone()


@tickets.get("/{number}/time", TimesOut, op="time_get", summary="Get the time spent on a ticket")
def get_time(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    ticket = ticket_seen(request, number)
    rows = TimeEntry.objects.filter(ticket=ticket).select_related("user").order_by("-pk")
    return json_answer(TimesOut(minutes=beside(ticket, request.actor).minutes, items=[TimeOut.of(row) for row in rows]))


@tickets.post("/{number}/time", TimeOut, op="time_log", summary="Log time spent on a ticket")
def post_time(request: ApiRequest, number: TicketNumber, data: TimeIn) -> HttpResponse:
    ticket = ticket_seen(request, number)
    entry = log_time(ticket, data.minutes, data.note, by=request.actor)
    return made(TimeOut.of(entry), f"/api/tickets/{ticket.number}/time")


@tickets.delete("/{number}/time/{id}", op="time_remove", summary="Take time off a ticket")
def delete_time(request: ApiRequest, number: TicketNumber, id: RowId) -> HttpResponse:
    """One's own; that of others needs a supervisor."""
    entry = TimeEntry.objects.filter(ticket=ticket_seen(request, number), pk=id).first()
    if entry is None:
        raise NotFound
    remove_time(entry, by=request.actor)
    return gone()


@tickets.get("/{number}/snooze", SnoozeOut, op="snooze_get", summary="Until when a ticket is put off")
def get_snooze(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    ticket = ticket_seen(request, number)
    mine = Reading.objects.filter(ticket=ticket, user=request.actor).first()
    return json_answer(SnoozeOut(until=mine.snoozed_until if mine else None))


@tickets.put("/{number}/snooze", SnoozeOut, op="snooze", summary="Put a ticket off")
def put_snooze(request: ApiRequest, number: TicketNumber, data: SnoozeIn) -> HttpResponse:
    """For the token's user alone. It comes back unread at that time, or when the customer answers."""
    mine = snooze_ticket(ticket_seen(request, number), data.until, by=request.actor)
    return json_answer(SnoozeOut(until=mine.snoozed_until))


@tickets.delete("/{number}/snooze", op="snooze_end", summary="Bring a ticket back that was put off")
def delete_snooze(request: ApiRequest, number: TicketNumber) -> HttpResponse:
    for mine in Reading.objects.filter(ticket=ticket_seen(request, number), user=request.actor):
        wake_ticket(mine, by=request.actor)
    return gone()


@comments.post("/{id}/split", TicketOut, op="comment_split", summary="Make a new ticket of a comment")
def post_split(request: ApiRequest, id: RowId, data: SplitIn) -> HttpResponse:
    """It moves there with its files. Not the comment that opens a ticket."""
    comment: Comment | None = readable_comments(request.actor).select_related("ticket").filter(pk=id).first()
    if comment is None:
        raise NotFound
    ticket = split_comment(comment, data.subject, by=request.actor)
    return made(told(ticket), f"/api/tickets/{ticket.number}", ticket.version)


def _other(request: ApiRequest, number: int, field: str) -> Ticket:
    try:
        return ticket_seen(request, number)
    except NotFound as error:
        raise Invalid({field: error.message}) from None


def _link(kind: LinkKind, ticket: Ticket) -> LinkOut:
    return LinkOut(kind=kind, status=Status(ticket.status), ticket=_ref(ticket))


def _ref(ticket: Ticket) -> TicketRef:
    return TicketRef(id=ticket.pk, number=ticket.number, subject=ticket.subject)
