"""What the token's user was told, and how they want to be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.models import User
from supportflow.core.api import parameters
from supportflow.core.api.answers import json_answer, listed, params_of, shown
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import UNSET, Flag, Id, In, Out, PageOut, RowId, examples
from supportflow.core.errors import NotFound
from supportflow.core.filtering import Reader
from supportflow.notifications.models import Kind, Mail, Notification, Wish
from supportflow.notifications.operations import mark_all_read, mark_notification, set_wishes
from supportflow.notifications.queries import shown_to, unread_of, wishes_of, with_ticket
from supportflow.notifications.words import sentence

notifications = Routes("Notifications")
SORTS = {"id": "id"}
_TOLD = {
    "id": 7,
    "kind": "ANSWERED",
    "text": "2 new messages in T-0001, by Sarah Johnson last",
    "count": 2,
    "ticket": "T-0001",
    "subject": "Unable to login",
    "read": False,
    "created_at": "2026-05-01T12:00:00Z",
    "url": "http://127.0.0.1:8000/tickets/T-0001",
}
_WISH = {"in_app": True, "mail": "DAILY"}


class NotificationOut(Out):
    """One thing that the user is told. `count` is of how many it stands for."""

    model_config = examples(_TOLD)
    id: int
    kind: Kind
    text: str
    count: int
    ticket: str
    subject: str
    read: bool = Field(description="Marked so, or the ticket was looked at since.")
    created_at: datetime
    url: str

    @classmethod
    def of(cls, row: Any) -> "NotificationOut":
        """`row` is one of `queries.shown_to`, with its ticket."""
        return cls(
            id=row.pk,
            kind=Kind(row.kind),
            text=sentence(row),
            count=row.count,
            ticket=row.ticket.number,
            subject=row.ticket.subject,
            read=row.read_at is not None or row.is_seen,
            created_at=row.created_at,
            url=settings.BASE_URL + row.ticket.get_absolute_url(),
        )


class NotificationPage(PageOut[NotificationOut]):
    model_config = examples({"items": [_TOLD], "next": None, "previous": None, "total": None})


class NotificationPatch(In):
    """Read, or not read yet."""

    model_config = examples({"read": True})
    read: Flag


class ReadingIn(In):
    """All, or those that are no newer than one."""

    model_config = examples({"up_to": 7})
    up_to: Id | None = None


class ReadingOut(Out):
    model_config = examples({"marked": 3})
    marked: int


class WishOut(Out):
    """How the user is told of one kind."""

    model_config = examples(_WISH)
    in_app: bool
    mail: Mail

    @classmethod
    def of(cls, wish: Wish) -> "WishOut":
        return cls(in_app=wish.in_app, mail=Mail(wish.mail))


class WishesOut(Out):
    """By kind: assigned to me; mentioned; a message on a ticket that I follow or that is mine; such a one due soon."""

    model_config = examples(dict.fromkeys(Kind, _WISH))
    ASSIGNED: WishOut
    MENTIONED: WishOut
    ANSWERED: WishOut
    DUE: WishOut

    @classmethod
    def of(cls, user: User) -> "WishesOut":
        return cls(**{kind.value: WishOut.of(wish) for kind, wish in wishes_of(user).items()})


class WishPatch(In):
    model_config = examples(_WISH)
    in_app: Flag = UNSET
    mail: Mail = UNSET


class WishesPatch(In):
    """The kinds to change."""

    model_config = examples({"ANSWERED": {"mail": "DAILY"}})
    ASSIGNED: WishPatch = UNSET
    MENTIONED: WishPatch = UNSET
    ANSWERED: WishPatch = UNSET
    DUE: WishPatch = UNSET


@notifications.list(
    "",
    NotificationPage,
    op="notifications_list",
    summary="List notifications",
    params=[*parameters.listing(SORTS, "-id"), parameters.flag("unread", "true: those alone that are not read.")],
)
def list_notifications(request: ApiRequest) -> HttpResponse:
    read = Reader(params_of(request))
    unread = read.flag("unread")
    read.done()
    rows = unread_of(request.actor) if unread else shown_to(request.actor)
    return listed(request, with_ticket(rows), sorts=SORTS, default="-id", shape=_all)


def _all(rows: Sequence[Notification]) -> list[NotificationOut]:
    return [NotificationOut.of(row) for row in rows]


@notifications.get("/settings", WishesOut, op="notification_settings_get", summary="How am I told?")
def get_settings(request: ApiRequest) -> HttpResponse:
    return shown(request, WishesOut.of(request.actor))


@notifications.patch("/settings", WishesOut, op="notification_settings_change", summary="Say how to be told")
def patch_settings(request: ApiRequest, data: WishesPatch) -> HttpResponse:
    set_wishes(request.actor, data.given(), by=request.actor)
    return shown(request, WishesOut.of(request.actor))


@notifications.post("/reading", ReadingOut, op="notifications_read", summary="Mark all as read", status=200)
def post_reading(request: ApiRequest, data: ReadingIn) -> HttpResponse:
    return json_answer(ReadingOut(marked=mark_all_read(up_to=data.up_to, by=request.actor)))


@notifications.patch("/{id}", NotificationOut, op="notification_mark", summary="Mark as read or unread")
def patch_notification(request: ApiRequest, id: RowId, data: NotificationPatch) -> HttpResponse:
    mark_notification(_shown(request, id), data.read, by=request.actor)
    return shown(request, NotificationOut.of(_shown(request, id)))


def _shown(request: ApiRequest, pk: int) -> Notification:
    row = with_ticket(shown_to(request.actor)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
