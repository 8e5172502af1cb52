"""One reply or note to many tickets, which can be taken back before it goes out."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api.answers import json_answer, made, shown
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import Id, In, Out, RowId, Text, examples
from supportflow.core.errors import NotFound
from supportflow.desk.api.drafts import KINDS
from supportflow.desk.api.macros import seen_macro
from supportflow.desk.api.ticket_schemas import AnyTicketNumber
from supportflow.desk.bulk_models import BulkReply, BulkState
from supportflow.desk.models import Status, Visibility, number_of
from supportflow.desk.operations import hold_bulk_reply, take_back_bulk_reply
from supportflow.desk.operations.bulk_replies import MOST, prepare_bulk_reply
from supportflow.desk.operations.macros import MAX_BODY

bulk_replies = Routes("Bulk replies")
_BODY = "Hello {{customer.first_name|there}}, it works again."
_SENT = {"tickets": ["T-0001", "T-0004"], "visibility": "PUBLIC", "body": _BODY, "status": "RESOLVED"}
_LEFT_OUT = {"ticket": "T-0004", "reason": "This ticket is in the trash. Restore it first."}
_CHECK: dict[str, Any] = {"tickets": ["T-0001"], "addresses": 1, "left_out": [_LEFT_OUT]}
_REPLY: dict[str, Any] = {
    "id": 5,
    "visibility": "PUBLIC",
    "body": _BODY,
    "macro_id": None,
    "status": "RESOLVED",
    "state": "HELD",
    "total": 1,
    "handled": 0,
    "addresses": 1,
    "left_out": [_LEFT_OUT],
    "send_at": "2026-05-01T12:00:10Z",
    "created_at": "2026-05-01T12:00:00Z",
}


class LeftOut(Out):
    """A ticket that does not get it, and why."""

    model_config = examples(_LEFT_OUT)
    ticket: str
    reason: str

    @classmethod
    def of(cls, pk: int, why: str) -> "LeftOut":
        return cls(ticket=number_of(pk), reason=why)


class BulkCheckOut(Out):
    """Whom it would reach. Each address is counted once, those copied in too."""

    model_config = examples(_CHECK)
    tickets: list[str]
    addresses: int
    left_out: list[LeftOut]


class BulkReplyIn(In):
    """A text, a macro, or both: then the text is said and the macro's changes are made."""

    model_config = examples(_SENT)
    tickets: list[AnyTicketNumber] = Field(min_length=1, max_length=MOST)
    visibility: Visibility
    body: Text = Field(
        default="", max_length=MAX_BODY, description="Markdown with placeholders, filled for each ticket by itself."
    )
    macro_id: Id | None = None
    status: Status | None = Field(default=None, description="To set with it; counts more than the macro's.")


class BulkReplyOut(Out):
    """How far it is: `handled` of `total` tickets had their turn. `left_out` grows where one is refused by then."""

    model_config = examples(_REPLY)
    id: int
    visibility: Visibility
    body: str
    macro_id: int | None
    status: Status | None
    state: BulkState
    total: int
    handled: int
    addresses: int
    left_out: list[LeftOut]
    send_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, row: BulkReply) -> "BulkReplyOut":
        return cls(
            id=row.pk,
            visibility=Visibility.INTERNAL if row.is_note else Visibility.PUBLIC,
            macro_id=row.macro.get("id"),
            status=Status(row.then) if row.then else None,
            left_out=[LeftOut.of(pk, why) for pk, why in row.refused],
            **{
                name: getattr(row, name)
                for name in ("body", "state", "total", "handled", "addresses", "send_at", "created_at")
            },
        )


@bulk_replies.post(
    "/check", BulkCheckOut, op="bulk_reply_check", summary="See whom a reply to many tickets reaches", status=200
)
def post_check(request: ApiRequest, data: BulkReplyIn) -> HttpResponse:
    """Nothing is sent, and nothing is kept."""
    _draft, found = prepare_bulk_reply(**_letter(request, data), by=request.actor)
    tickets = [ticket.number for ticket in found.tickets]
    left_out = [LeftOut.of(pk, why) for pk, why in found.left_out]
    return json_answer(BulkCheckOut(tickets=tickets, addresses=found.addresses, left_out=left_out))


@bulk_replies.post("", BulkReplyOut, op="bulk_reply", summary="Reply to many tickets")
def post_bulk_reply(request: ApiRequest, data: BulkReplyIn) -> HttpResponse:
    """It goes out after `send_at`; until then it can be taken back. 409 `nobody_gets_it` where no ticket may get it."""
    row = hold_bulk_reply(*prepare_bulk_reply(**_letter(request, data), by=request.actor), by=request.actor)
    return made(BulkReplyOut.of(row), f"/api/bulk-replies/{row.pk}")


@bulk_replies.get("/{id}", BulkReplyOut, op="bulk_reply_get", summary="See how far a reply to many tickets is")
def get_bulk_reply(request: ApiRequest, id: RowId) -> HttpResponse:
    """One's own."""
    return shown(request, BulkReplyOut.of(_mine(request, id)))


@bulk_replies.post(
    "/{id}/undo", BulkReplyOut, op="bulk_reply_undo", summary="Take a reply to many tickets back", status=200
)
def post_undo(request: ApiRequest, id: RowId) -> HttpResponse:
    """Nothing of it goes out; 409 `already_sent` where some of it has."""
    return shown(request, BulkReplyOut.of(take_back_bulk_reply(_mine(request, id), by=request.actor)))


def _letter(request: ApiRequest, data: BulkReplyIn) -> dict[str, Any]:
    return {
        "ids": data.tickets,
        "kind": KINDS[data.visibility],
        "body": data.body,
        "macro": seen_macro(request, data.macro_id) if data.macro_id else None,
        "then": data.status or "",
    }


def _mine(request: ApiRequest, pk: int) -> BulkReply:
    row = BulkReply.objects.filter(pk=pk, user=request.actor.pk).first()
    if row is None:
        raise NotFound
    return row
