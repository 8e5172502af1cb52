from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import UNSET, Flag, In, Out, PageOut, Ref, RowId, Text, examples
from supportflow.core.errors import NotFound
from supportflow.core.filtering import Reader, holds_words
from supportflow.desk.shape import LONGEST, kept_as
from supportflow.saved_views.models import View
from supportflow.saved_views.operations import create_view, delete_view, update_view

views = Routes("Views")
SORTS = {"name": "name", "created_at": "created_at"}
_QUERY = "status=OPEN&not_priority=LOW&sort=-priority"
_VIEW = {
    "id": 2,
    "name": "Open work",
    "shared": False,
    "owner": {"id": 3, "name": "John Reyes"},
    "query": _QUERY,
    "created_at": "2026-05-01T09:00:00Z",
    "updated_at": "2026-05-01T09:00:00Z",
    "url": f"http://127.0.0.1:8000/tickets?view=2&{_QUERY}",
}


class ViewOut(Out):
    """A saved list of tickets. `query` goes behind /tickets? in the browser, and its filters behind /api/tickets?."""

    model_config = examples(_VIEW)
    id: int
    name: str
    shared: bool
    owner: Ref | None = Field(description="Whose own it is; null for everybody's.")
    query: str
    created_at: datetime
    updated_at: datetime
    url: str

    @classmethod
    def all_of(cls, rows: Sequence[View]) -> list["ViewOut"]:
        return [cls.of(view) for view in rows]

    @classmethod
    def of(cls, view: View) -> "ViewOut":
        return cls(
            id=view.pk,
            name=view.name,
            shared=view.is_shared,
            owner=Ref(id=view.owner.pk, name=view.owner.name) if view.owner else None,
            query=view.query,
            created_at=view.created_at,
            updated_at=view.updated_at,
            url=settings.BASE_URL + view.get_absolute_url(),
        )


class ViewPage(PageOut[ViewOut]):
    model_config = examples({"items": [_VIEW], "next": None, "previous": None, "total": None})


class ViewIn(In):
    """The caller's own unless `shared`."""

    model_config = examples({"name": "Open work", "query": _QUERY})
    name: Text = Field(min_length=1, max_length=60)
    query: Text = Field(default="", max_length=LONGEST, description="As in the address of /tickets.")
    shared: Flag = Field(default=False, description="Everybody's; supervisors and administrators keep those.")


class ViewPatch(In):
    """The fields to change."""

    model_config = examples({"name": "Open work, oldest first"})
    name: Text = Field(default=UNSET, min_length=1, max_length=60)
    query: Text = Field(default=UNSET, max_length=LONGEST)


@views.list(
    "",
    ViewPage,
    op="views_list",
    summary="List saved views",
    params=[*parameters.listing(SORTS, "name"), parameters.q("Words of the name.")],
)
def list_views(request: ApiRequest) -> HttpResponse:
    read = Reader(params_of(request))
    q = read.q()
    read.done()
    rows = View.objects.visible_to(request.actor).select_related("owner")
    return listed(request, rows.filter(holds_words(q, "name")) if q else rows, sorts=SORTS, default="name", shape=_all)


def _all(rows: Sequence[View]) -> list[ViewOut]:
    return ViewOut.all_of(rows)


@views.post("", ViewOut, op="view_create", summary="Save a view")
def post_view(request: ApiRequest, data: ViewIn) -> HttpResponse:
    view = create_view(data.name, shared=data.shared, by=request.actor, **kept_as(data.query))
    return made(ViewOut.of(view), f"/api/views/{view.pk}", view.version)


@views.get("/{id}", ViewOut, op="view_get", summary="Get a saved view", versioned=True)
def get_view(request: ApiRequest, id: RowId) -> HttpResponse:
    view = _view(request, id)
    return shown(request, ViewOut.of(view), view.version)


@views.patch("/{id}", ViewOut, op="view_change", summary="Change a saved view")
def patch_view(request: ApiRequest, id: RowId, data: ViewPatch) -> HttpResponse:
    view, values = _view(request, id), data.given()
    if "query" in values:
        values |= kept_as(values.pop("query"))
    view = update_view(view, version=wanted_version(request, view), by=request.actor, **values)
    return shown(request, ViewOut.of(view), view.version)


@views.delete("/{id}", op="view_delete", summary="Delete a saved view")
def remove_view(request: ApiRequest, id: RowId) -> HttpResponse:
    view = _view(request, id)
    delete_view(view, version=wanted_version(request, view), by=request.actor)
    return gone()


def _view(request: ApiRequest, pk: int) -> View:
    view = View.objects.visible_to(request.actor).select_related("owner").filter(pk=pk).first()
    if view is None:
        raise NotFound
    return view
