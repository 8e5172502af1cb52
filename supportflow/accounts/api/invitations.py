"""Who was asked to join. The link itself stands in the mail alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from django.http import HttpResponse
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.models import Invitation
from supportflow.accounts.operations import invite_user, resend_invitation, withdraw_invitation
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import In, Out, PageOut, RowId, Text, examples
from supportflow.core.errors import NotFound

invitations = Routes("Users and teams")
SORTS = {"sent_at": "sent_at", "created_at": "created_at"}
_ANN = {
    "id": 2,
    "email": "ann@supportflow.example",
    "name": "Ann",
    "role": "AGENT",
    "invited_by": "Olivia Brown",
    "sent_at": "2026-01-05T09:00:00Z",
    "expires_at": "2026-01-12T09:00:00Z",
    "created_at": "2026-01-05T09:00:00Z",
}


class InvitationOut(Out):
    """Somebody who was asked to join and has not come yet."""

    model_config = examples(_ANN)
    id: int
    email: str
    name: str
    role: str
    invited_by: str
    sent_at: datetime
    expires_at: datetime
    created_at: datetime

    @classmethod
    def of(cls, row: Invitation) -> "InvitationOut":
        plain = ("id", "email", "name", "role", "sent_at", "expires_at", "created_at")
        return cls(**{name: getattr(row, name) for name in plain}, invited_by=row.invited_by_name)


class InvitationPage(PageOut[InvitationOut]):
    model_config = examples({"items": [_ANN], "next": None, "previous": None, "total": None})


class InvitationIn(In):
    """A mail goes out with a link that works for seven days and once."""

    model_config = examples({"email": "ann@supportflow.example", "role": "AGENT"})
    email: Text = Field(min_length=3, max_length=254)
    name: Text = Field(default="", max_length=120)
    role: Literal["AGENT", "SUPERVISOR", "ADMIN"] = "AGENT"


@invitations.list(
    "",
    InvitationPage,
    op="invitations_list",
    summary="List open invitations",
    params=parameters.listing(SORTS, "-sent_at"),
)
def list_invitations(request: ApiRequest) -> HttpResponse:
    request.actor.must("user.create")
    rows = Invitation.objects.open()
    return listed(request, rows, sorts=SORTS, default="-sent_at", shape=_all)


def _all(rows: Sequence[Invitation]) -> list[InvitationOut]:
    return [InvitationOut.of(row) for row in rows]


@invitations.post("", InvitationOut, op="invitation_create", summary="Invite somebody")
def post_invitation(request: ApiRequest, data: InvitationIn) -> HttpResponse:
    """An address that was invited already gets a new link; the one before does not work any more."""
    row = invite_user(data.email, data.name, data.role, by=request.actor)
    return made(InvitationOut.of(row), f"/api/invitations/{row.pk}", row.version)


@invitations.get("/{id}", InvitationOut, op="invitation_get", summary="Get an open invitation", versioned=True)
def get_invitation(request: ApiRequest, id: RowId) -> HttpResponse:
    row = _open(request, id)
    return shown(request, InvitationOut.of(row), row.version)


@invitations.post("/{id}/sending", InvitationOut, op="invitation_send", summary="Send a new link", status=200)
def post_sending(request: ApiRequest, id: RowId) -> HttpResponse:
    row = resend_invitation(_open(request, id), by=request.actor)
    return shown(request, InvitationOut.of(row), row.version)


@invitations.delete("/{id}", op="invitation_withdraw", summary="Withdraw an invitation")
def delete_invitation(request: ApiRequest, id: RowId) -> HttpResponse:
    """Its link does not work any more."""
    row = _open(request, id)
    withdraw_invitation(row, version=wanted_version(request, row), by=request.actor)
    return gone()


def _open(request: ApiRequest, pk: int) -> Invitation:
    request.actor.must("user.create")
    row = Invitation.objects.open().filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
