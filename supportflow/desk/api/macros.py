from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.models import User
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import UNSET, Flag, Id, In, Out, PageOut, Ref, RowId, Text, examples
from supportflow.core.errors import NotFound
from supportflow.core.filtering import Reader, holds_words
from supportflow.core.richtext import from_markdown
from supportflow.desk.api.comments import CommentOut
from supportflow.desk.api.ticket_schemas import TicketNumber, TicketOut
from supportflow.desk.api.tickets import ticket_seen, tickets, told
from supportflow.desk.macro_models import Macro, MacroKind
from supportflow.desk.macros import FIELDS, TAGS, Names, filled, steps
from supportflow.desk.models import Category, Comment, Priority, Status
from supportflow.desk.operations import apply_macro, create_macro, trash_macro, update_macro
from supportflow.desk.operations.macros import MAX_BODY, MAX_NAME
from supportflow.desk.queries import whole_comments

macros = Routes("Macros")
SORTS = {"name": "name", "created_at": "created_at", "use_count": "use_count", "last_used_at": "last_used_at"}
_SENT = {
    "name": "Ask for details",
    "body": "Hello {{customer.first_name|there}}, please tell us more.",
    "status": "WAITING",
    "assignee": "me",
    "add_tags": ["vip"],
}
_MACRO = {
    "id": 3,
    "name": "Ask for details",
    "kind": "REPLY",
    "body": "Hello {{customer.first_name|there}}, please tell us more.",
    "status": "WAITING",
    "priority": None,
    "category": None,
    "assignee": "me",
    "team": None,
    "add_tags": ["vip"],
    "remove_tags": [],
    "summary": ["Sets status to Waiting", "Assigns it to you", "Adds tag vip"],
    "shared": False,
    "owner": {"id": 3, "name": "John Reyes"},
    "offered_to": None,
    "is_active": True,
    "use_count": 12,
    "last_used_at": "2026-05-01T12:00:00Z",
    "created_at": "2026-05-01T09:00:00Z",
    "updated_at": "2026-05-01T09:00:00Z",
    "url": "http://127.0.0.1:8000/settings/macros/3",
}
_OWN = ("name", "kind", "body", "is_active", "use_count", "last_used_at", "created_at", "updated_at")
_LEAVES = "Null leaves it as it is."
Assignee = Annotated[Id | Literal["me", "none"], Field(description=f"A user's id, `me` or `none`. {_LEAVES}")]
OtherTeam = Annotated[Id | Literal["none"], Field(description=f"A team's id, or `none`. {_LEAVES}")]


class MacroOut(Out):
    """A prepared reply or note, and what it changes of a ticket. `summary` says the changes in words."""

    model_config = examples(_MACRO)
    id: int
    name: str
    kind: MacroKind
    body: str
    status: Status | None
    priority: Priority | None
    category: Category | None
    assignee: int | Literal["me", "none"] | None
    team: int | Literal["none"] | None
    add_tags: list[str]
    remove_tags: list[str]
    summary: list[str]
    shared: bool
    owner: Ref | None = Field(description="Whose own it is; null for a shared one.")
    offered_to: Ref | None = Field(description="The team whose menu it stands in; null for everybody's.")
    is_active: bool
    use_count: int
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime
    url: str

    @classmethod
    def all_of(cls, rows: Sequence[Macro], reader: User) -> list["MacroOut"]:
        names = Names.of(rows, reader)
        return [cls._of(macro, names) for macro in rows]

    @classmethod
    def _of(cls, macro: Macro, names: Names) -> "MacroOut":
        changes: dict[str, Any] = macro.changes
        values: dict[str, Any] = {name: changes.get(name) for name in FIELDS}
        values |= {name: [names.tags[pk] for pk in changes.get(name, ()) if pk in names.tags] for name in TAGS}
        values |= {name: getattr(macro, name) for name in _OWN}
        return cls(
            id=macro.pk,
            **values,
            summary=[step.text for step in steps(macro, names)],
            shared=macro.is_shared,
            owner=Ref(id=macro.owner.pk, name=macro.owner.name) if macro.owner else None,
            offered_to=Ref(id=macro.team.pk, name=macro.team.name) if macro.team else None,
            url=settings.BASE_URL + macro.get_absolute_url(),
        )


class MacroPage(PageOut[MacroOut]):
    model_config = examples({"items": [_MACRO], "next": None, "previous": None, "total": None})


class _MacroFields(In):
    kind: MacroKind = MacroKind.REPLY
    body: Text = Field(default="", max_length=MAX_BODY, description="Markdown with placeholders.")
    status: Status | None = Field(default=None, description=_LEAVES)
    priority: Priority | None = Field(default=None, description=_LEAVES)
    category: Category | None = Field(default=None, description=_LEAVES)
    assignee: Assignee | None = None
    team: OtherTeam | None = None
    add_tags: list[Text] = Field(default=[], max_length=50, description="Names; made where missing.")
    remove_tags: list[Text] = Field(default=[], max_length=50)
    shared: Flag = Field(default=False, description="Everybody's; supervisors and administrators keep those.")
    offered_to_id: Id | None = Field(default=None, description="A team; only for a shared one.")
    is_active: Flag = True


class MacroIn(_MacroFields):
    """A new macro, the caller's own unless `shared`. It has a text, a change, or both."""

    model_config = examples(_SENT)
    name: Text = Field(min_length=1, max_length=MAX_NAME)


class MacroPatch(_MacroFields):
    """The fields to change."""

    model_config = examples({"status": "RESOLVED", "add_tags": []})
    name: Text = Field(default=UNSET, min_length=1, max_length=MAX_NAME)


class ApplyIn(In):
    """Which macro, and whether only to look."""

    model_config = examples({"macro_id": 3, "dry_run": True})
    macro_id: Id
    dry_run: Flag = Field(default=False, description="true: nothing happens; the answer says what would.")


class AppliedOut(Out):
    """What a macro said and changed, or with `dry_run` would say and change; then `comment` and `ticket` are null."""

    model_config = examples(
        {
            "macro": {"id": 3, "name": "Ask for details"},
            "dry_run": True,
            "kind": "REPLY",
            "body": "Hello Sarah, please tell us more.",
            "body_html": "<p>Hello Sarah, please tell us more.</p>",
            "summary": ["Sets status to Waiting"],
            "comment": None,
            "ticket": None,
        }
    )
    macro: Ref
    dry_run: bool
    kind: MacroKind
    body: str
    body_html: str
    summary: list[str]
    comment: CommentOut | None
    ticket: TicketOut | None


@macros.list(
    "",
    MacroPage,
    op="macros_list",
    summary="List the shared macros and the caller's own",
    params=[
        *parameters.listing(SORTS, "name"),
        parameters.q("Words of the name or the text."),
        parameters.flag("shared", "true: the shared ones alone; false: the caller's own."),
    ],
)
def list_macros(request: ApiRequest) -> HttpResponse:
    read = Reader(params_of(request))
    q, shared = read.q(), read.flag("shared")
    read.done()
    rows = _seen(request)
    rows = rows if shared is None else rows.filter(owner__isnull=shared)
    rows = rows.filter(holds_words(q, "name", "body")) if q else rows
    return listed(request, rows, sorts=SORTS, default="name", shape=lambda found: MacroOut.all_of(found, request.actor))


@macros.post("", MacroOut, op="macro_create", summary="Create a macro")
def post_macro(request: ApiRequest, data: MacroIn) -> HttpResponse:
    macro = create_macro(**_values(data.given()), by=request.actor)
    return made(_one(request, macro), f"/api/macros/{macro.pk}", macro.version)


@macros.get("/{id}", MacroOut, op="macro_get", summary="Get a macro", versioned=True)
def get_macro(request: ApiRequest, id: RowId) -> HttpResponse:
    macro = seen_macro(request, id)
    return shown(request, _one(request, macro), macro.version)


@macros.put("/{id}", MacroOut, op="macro_replace", summary="Replace a macro")
def put_macro(request: ApiRequest, id: RowId, data: MacroIn) -> HttpResponse:
    """What is left out goes back to its default."""
    return _updated(request, id, data.model_dump())


@macros.patch("/{id}", MacroOut, op="macro_change", summary="Change a macro")
def patch_macro(request: ApiRequest, id: RowId, data: MacroPatch) -> HttpResponse:
    """What is left out stays. Lists of tags are replaced as a whole."""
    return _updated(request, id, data.given())


@macros.delete("/{id}", op="macro_trash", summary="Move a macro to the trash")
def delete_macro(request: ApiRequest, id: RowId) -> HttpResponse:
    macro = seen_macro(request, id)
    trash_macro(macro, version=wanted_version(request, macro), by=request.actor)
    return gone()


@tickets.post("/{number}/macros", AppliedOut, op="ticket_apply_macro", summary="Apply a macro to a ticket", status=200)
def post_application(request: ApiRequest, number: TicketNumber, data: ApplyIn) -> HttpResponse:
    """Its reply or note and its changes, in one act: when one is refused, nothing happens."""
    ticket, macro = ticket_seen(request, number), seen_macro(request, data.macro_id)
    body = filled(macro.body, ticket, request.actor)
    summary = [step.text for step in steps(macro, Names.of([macro], request.actor))]
    comment, after, version = None, None, ticket.version
    if not data.dry_run:
        applied = apply_macro(ticket, macro, version=macro.version, by=request.actor)
        after, version = told(applied.ticket), applied.ticket.version
        if applied.comment:
            comment = CommentOut.of(whole_comments(Comment.objects.all()).get(pk=applied.comment.pk))
            body = comment.body
    out = AppliedOut(
        macro=Ref(id=macro.pk, name=macro.name),
        dry_run=data.dry_run,
        kind=MacroKind(macro.kind),
        body=body,
        body_html=from_markdown(body).html,
        summary=summary,
        comment=comment,
        ticket=after,
    )
    return shown(request, out, version)


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the operations take: the fields of tickets stand together there."""
    changes = {name: value for name, value in given.items() if name in FIELDS}
    return {name: value for name, value in given.items() if name not in FIELDS} | {"changes": changes}


def _updated(request: ApiRequest, pk: int, given: Mapping[str, Any]) -> HttpResponse:
    macro = seen_macro(request, pk)
    macro = update_macro(macro, version=wanted_version(request, macro), by=request.actor, **_values(given))
    return shown(request, _one(request, macro), macro.version)


def _one(request: ApiRequest, macro: Macro) -> MacroOut:
    return MacroOut.all_of([macro], request.actor)[0]


def _seen(request: ApiRequest) -> QuerySet[Macro]:
    return Macro.objects.visible_to(request.actor).alive().select_related("owner", "team")


def seen_macro(request: ApiRequest, pk: int) -> Macro:
    macro = _seen(request).filter(pk=pk).first()
    if macro is None:
        raise NotFound
    return macro
