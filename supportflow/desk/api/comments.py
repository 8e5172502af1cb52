from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import listed, made, params_of, shown
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import Id, In, Out, PageOut, RowId, Text, examples
from supportflow.core.errors import Invalid, NotFound
from supportflow.core.text import MAX_BODY
from supportflow.desk.api.ticket_schemas import AnyTicketNumber
from supportflow.desk.content import Content
from supportflow.desk.filters import ticket_number
from supportflow.desk.models import Comment, DeliveryState, Ticket, Visibility
from supportflow.desk.operations import note_on_ticket, reply_to_ticket
from supportflow.desk.operations.cleaning import MAX_CC
from supportflow.desk.queries import readable_comments, whole_comments
from supportflow.files.models import Attachment
from supportflow.files.operations import MAX_ON_ONE_COMMENT, loose_files

comments = Routes("Comments")
SORTS = {"created_at": "id"}
_FILE = {
    "id": 5,
    "name": "screenshot.png",
    "size": 48213,
    "type": "image/png",
    "url": "http://127.0.0.1:8000/api/attachments/5/content",
}
_COMMENT = {
    "id": 7,
    "ticket": "T-0001",
    "author": {"type": "user", "id": 3, "name": "John Reyes"},
    "visibility": "PUBLIC",
    "body": "Please try again **now**.",
    "body_html": "<p>Please try again <strong>now</strong>.</p>",
    "attachments": [_FILE],
    "cc": ["it@acme.example"],
    "bcc": [],
    "mentions": [],
    "delivery": {"state": "QUEUED", "at": None, "error": None},
    "created_at": "2026-05-01T12:00:00Z",
}


class ActorOut(Out):
    """Who did it: a user, a contact, or the system."""

    model_config = examples({"type": "user", "id": 3, "name": "John Reyes"})
    type: Literal["user", "contact", "system"]
    id: int | None
    name: str


class FileOut(Out):
    """A file; `url` downloads it, with the same token, as long as you may see its ticket."""

    model_config = examples(_FILE)
    id: int
    name: str
    size: int = Field(description="Bytes.")
    type: str
    url: str

    @classmethod
    def of(cls, row: Attachment) -> "FileOut":
        url = f"{settings.BASE_URL}/api/attachments/{row.pk}/content"
        return cls(id=row.pk, name=row.name, size=row.size, type=row.content_type, url=url)


class DeliveryOut(Out):
    """What became of the mail that carries the comment."""

    model_config = examples({"state": "SENT", "at": "2026-05-01T12:00:05Z", "error": None})
    state: DeliveryState
    at: datetime | None
    error: str | None


class CommentOut(Out):
    """One entry in a ticket's conversation. INTERNAL ones reach no customer by any path."""

    model_config = examples(_COMMENT)
    id: int
    ticket: str
    author: ActorOut
    visibility: Visibility
    body: str = Field(description="As it was typed: Markdown, or plain text from mail.")
    body_html: str = Field(description="Sanitised.")
    attachments: list[FileOut]
    cc: list[str] = Field(description="Addresses that stood on the mail, or that the reply also went to.")
    bcc: list[str] = Field(description="Addresses that got it unseen by the others.")
    mentions: list[int] = Field(description="Users whom its author called by `@Name` and who may see the ticket.")
    delivery: DeliveryOut
    created_at: datetime

    @classmethod
    def of(cls, comment: Comment) -> "CommentOut":
        """A comment fetched by `queries.whole_comments`."""
        return cls(
            id=comment.pk,
            ticket=f"T-{comment.ticket_id:04d}",
            author=ActorOut(**comment.author),
            visibility=Visibility(comment.visibility),
            body=comment.body,
            body_html=comment.body_html,
            attachments=[FileOut.of(row) for row in comment.attachments.all()],
            cc=comment.cc,
            bcc=comment.bcc or [],
            mentions=comment.mentions or [],
            delivery=DeliveryOut(
                state=DeliveryState(comment.delivery_state),
                at=comment.delivery_at,
                error=comment.delivery_error or None,
            ),
            created_at=comment.created_at,
        )


class CommentPage(PageOut[CommentOut]):
    model_config = examples({"items": [_COMMENT], "next": None, "previous": None, "total": None})


class CommentIn(In):
    """PUBLIC is a reply that is mailed to the customer; INTERNAL a note for colleagues. There is no default."""

    model_config = examples({"ticket": "T-0001", "body": "Please try again **now**.", "visibility": "PUBLIC"})
    ticket: AnyTicketNumber
    body: Text = Field(min_length=1, max_length=MAX_BODY, description="Markdown.")
    visibility: Visibility
    attachment_ids: list[Id] = Field(default=[], max_length=MAX_ON_ONE_COMMENT)
    cc: list[Text] = Field(default=[], max_length=MAX_CC, description="Addresses that a reply goes to as well.")
    bcc: list[Text] = Field(default=[], max_length=MAX_CC, description="As `cc`, and no other recipient is told.")


@comments.list(
    "",
    CommentPage,
    op="comments_list",
    summary="List the comments of a ticket",
    params=[
        *parameters.listing(SORTS, "created_at"),
        {
            "in": "query",
            "name": "ticket",
            "required": True,
            "schema": {"type": "string", "pattern": "^([Tt]-)?[0-9]{1,18}$"},
            "description": "Number of the ticket.",
            "example": "T-0001",
        },
    ],
)
def list_comments(request: ApiRequest) -> HttpResponse:
    ticket = ticket_asked(request, params_of(request).get("ticket", []))
    if ticket is None:
        raise Invalid({"ticket": _("Say which ticket, like ?ticket=T-0001.")})
    rows = readable_comments(request.actor).filter(ticket=ticket)
    return listed(request, whole_comments(rows), sorts=SORTS, default="created_at", shape=_all)


def ticket_asked(request: ApiRequest, values: Sequence[str]) -> Ticket | None:
    """The ticket of ?ticket=; None without. Raises NotFound for one that the actor does not see."""
    if not values:
        return None
    if len(values) > 1:
        raise Invalid({"ticket": _("Give this parameter once.")})
    number = ticket_number(values[0])
    if number is None:
        raise Invalid({"ticket": _("Write a number such as T-0001.")})
    return _ticket(request, number)


def _all(rows: Sequence[Comment]) -> list[CommentOut]:
    return [CommentOut.of(comment) for comment in rows]


@comments.post("", CommentOut, op="comment_create", summary="Reply to a ticket, or note something on it")
def post_comment(request: ApiRequest, data: CommentIn) -> HttpResponse:
    ticket = _ticket(request, data.ticket)
    content = Content.from_markdown(data.body)
    if data.visibility == Visibility.INTERNAL and (data.cc or data.bcc):
        raise Invalid(
            {"cc" if data.cc else "bcc": _("A note goes to nobody. Leave this out, or write a PUBLIC comment.")}
        )
    with transaction.atomic():  # holds the files until the comment has them
        values: dict[str, Any] = {"attachments": loose_files(data.attachment_ids, by=request.actor)}
        if data.visibility == Visibility.INTERNAL:
            comment = note_on_ticket(ticket, content, **values, by=request.actor)
        else:
            comment = reply_to_ticket(ticket, content, **values, cc=data.cc, bcc=data.bcc, by=request.actor)
    comment = whole_comments(Comment.objects.all()).get(pk=comment.pk)
    return made(CommentOut.of(comment), f"/api/comments/{comment.pk}")


@comments.get("/{id}", CommentOut, op="comment_get", summary="Get a comment")
def get_comment(request: ApiRequest, id: RowId) -> HttpResponse:
    comment = whole_comments(readable_comments(request.actor)).filter(pk=id).first()
    if comment is None:
        raise NotFound
    return shown(request, CommentOut.of(comment))


def _ticket(request: ApiRequest, number: int) -> Ticket:
    ticket = Ticket.objects.visible_to(request.actor).filter(pk=number).first()
    if ticket is None:
        raise NotFound
    return ticket
