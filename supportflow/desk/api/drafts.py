"""The caller's own drafts, those that pages keep too. A comment of the API itself goes out at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, shown
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import Id, In, Out, PageOut, RowId, Text, examples
from supportflow.core.errors import Invalid, NotFound
from supportflow.core.text import MAX_BODY
from supportflow.desk.api.comments import FileOut
from supportflow.desk.api.ticket_schemas import AnyTicketNumber
from supportflow.desk.api.tickets import ticket_seen
from supportflow.desk.draft_models import Draft, DraftKind
from supportflow.desk.models import Visibility, number_of
from supportflow.desk.operations import discard_draft, keep_draft, take_back
from supportflow.desk.operations.drafts import MAX_ADDRESSES
from supportflow.files.operations import MAX_ON_ONE_COMMENT, loose_files

drafts = Routes("Drafts")
SORTS = {"updated_at": "updated_at", "created_at": "created_at"}
KINDS = {Visibility.PUBLIC: DraftKind.REPLY, Visibility.INTERNAL: DraftKind.NOTE}
_SENT = {"ticket": "T-0001", "visibility": "PUBLIC", "body": "Dear Sarah,"}
_DRAFT: dict[str, Any] = {
    "id": 4,
    **_SENT,
    "cc": "it@acme.example",
    "bcc": "",
    "attachments": [],
    "seen": "1777636800000000",
    "send_at": None,
    "problem": None,
    "created_at": "2026-05-01T12:00:00Z",
    "updated_at": "2026-05-01T12:00:00Z",
}


class DraftOut(Out):
    """What the caller has begun to write on a ticket. One with `send_at` goes out then, unless it is taken back."""

    model_config = examples(_DRAFT)
    id: int
    ticket: str
    visibility: Visibility
    body: str
    cc: str = Field(description="As it was typed: it may hold no address yet.")
    bcc: str
    attachments: list[FileOut]
    seen: str = Field(description="Says which state this is. Send it back to change this state and no other.")
    send_at: datetime | None
    problem: str | None = Field(description="Why a reply did not go out.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, draft: Draft) -> "DraftOut":
        return cls(
            id=draft.pk,
            ticket=number_of(draft.ticket_id),
            visibility=Visibility.INTERNAL if draft.is_note else Visibility.PUBLIC,
            attachments=[FileOut.of(row) for row in draft.attachments.all()],
            seen=draft.stamp,
            problem=draft.problem or None,
            **{name: getattr(draft, name) for name in ("body", "cc", "bcc", "send_at", "created_at", "updated_at")},
        )


class DraftPage(PageOut[DraftOut]):
    model_config = examples({"items": [_DRAFT], "next": None, "previous": None, "total": None})


class DraftIn(In):
    """The whole draft, in place of what was there."""

    model_config = examples(_SENT)
    ticket: AnyTicketNumber
    visibility: Visibility
    body: Text = Field(min_length=1, max_length=MAX_BODY, description="Markdown.")
    cc: Text = Field(default="", max_length=MAX_ADDRESSES, description="Addresses with commas between them.")
    bcc: Text = Field(default="", max_length=MAX_ADDRESSES)
    attachment_ids: list[Id] = Field(default=[], max_length=MAX_ON_ONE_COMMENT)
    seen: Text = Field(default="", max_length=20, description="Of the state that was changed; empty for a new draft.")


@drafts.list(
    "",
    DraftPage,
    op="drafts_list",
    summary="List the caller's own drafts",
    params=parameters.listing(SORTS, "-updated_at"),
)
def list_drafts(request: ApiRequest) -> HttpResponse:
    return listed(request, _mine(request), sorts=SORTS, default="-updated_at", shape=_all)


@drafts.post("", DraftOut, op="draft_keep", summary="Keep a draft of a reply or note")
def post_draft(request: ApiRequest, data: DraftIn) -> HttpResponse:
    """There is one of each kind on a ticket: 409 `draft_changed` where it is not as `seen` says."""
    ticket = ticket_seen(request, data.ticket)
    files = loose_files(data.attachment_ids, by=request.actor)
    if data.visibility == Visibility.INTERNAL and (data.cc or data.bcc):
        raise Invalid(
            {"cc" if data.cc else "bcc": _("A note goes to nobody. Leave this out, or write a PUBLIC comment.")}
        )
    draft = keep_draft(
        ticket,
        KINDS[data.visibility],
        body=data.body,
        cc=data.cc,
        bcc=data.bcc,
        file_ids=[file.pk for file in files],
        seen=data.seen,
        by=request.actor,
    )
    if draft is None:
        raise Invalid({"body": _("Write something first.")})
    return made(DraftOut.of(draft), f"/api/drafts/{draft.pk}")


@drafts.get("/{id}", DraftOut, op="draft_get", summary="Get a draft")
def get_draft(request: ApiRequest, id: RowId) -> HttpResponse:
    return shown(request, DraftOut.of(_draft(request, id)))


@drafts.post("/{id}/undo", DraftOut, op="draft_undo", summary="Take a reply back before it goes out", status=200)
def post_undo(request: ApiRequest, id: RowId) -> HttpResponse:
    """It is a draft again; 409 `already_sent` where it is none that waits."""
    return shown(request, DraftOut.of(take_back(_draft(request, id), by=request.actor)))


@drafts.delete("/{id}", op="draft_discard", summary="Discard a draft")
def delete_draft(request: ApiRequest, id: RowId) -> HttpResponse:
    """For ever. A reply that waits to go out is taken back first."""
    discard_draft(_draft(request, id), by=request.actor)
    return gone()


def _all(rows: Sequence[Draft]) -> list[DraftOut]:
    return [DraftOut.of(draft) for draft in rows]


def _mine(request: ApiRequest) -> QuerySet[Draft]:
    return Draft.objects.filter(user=request.actor.pk).prefetch_related("attachments")


def _draft(request: ApiRequest, pk: int) -> Draft:
    draft = _mine(request).filter(pk=pk).first()
    if draft is None:
        raise NotFound
    return draft
