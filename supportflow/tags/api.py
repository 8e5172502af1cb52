from collections.abc import Sequence

from django.http import HttpResponse
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import UNSET, In, Out, PageOut, RowId, Text, examples
from supportflow.core.errors import NotFound
from supportflow.core.filtering import Reader, holds_words
from supportflow.tags.models import Tag
from supportflow.tags.operations import DEFAULT_COLOR, create_tag, delete_tag, update_tag

tags = Routes("Tags")
SORTS = {"name": "key", "created_at": "created_at"}
_VIP = {"id": 4, "name": "vip", "color": "#b8860b"}


class TagOut(Out):
    """A coloured label on tickets and contacts."""

    model_config = examples(_VIP)
    id: int
    name: str
    color: str = Field(description="# and six hexadecimal digits.")

    @classmethod
    def of(cls, tag: Tag) -> "TagOut":
        return cls(id=tag.pk, name=tag.name, color=tag.color)


class TagPage(PageOut[TagOut]):
    model_config = examples({"items": [_VIP], "next": None, "previous": None, "total": None})


class TagIn(In):
    """The name is unique whatever its case, and has no comma."""

    model_config = examples({"name": "vip", "color": "#b8860b"})
    name: Text = Field(min_length=1, max_length=40)
    color: Text = Field(default=DEFAULT_COLOR, pattern="^#[0-9a-fA-F]{6}$")


class TagPatch(In):
    """The fields to change."""

    model_config = examples({"color": "#b8860b"})
    name: Text = Field(default=UNSET, min_length=1, max_length=40)
    color: Text = Field(default=UNSET, pattern="^#[0-9a-fA-F]{6}$")


@tags.list(
    "",
    TagPage,
    op="tags_list",
    summary="List tags",
    params=[*parameters.listing(SORTS, "name"), parameters.q("Words of the name.")],
)
def list_tags(request: ApiRequest) -> HttpResponse:
    read = Reader(params_of(request))
    q = read.q()
    read.done()
    rows = Tag.objects.filter(holds_words(q, "name")) if q else Tag.objects.all()
    return listed(request, rows, sorts=SORTS, default="name", shape=_all)


def _all(rows: Sequence[Tag]) -> list[TagOut]:
    return [TagOut.of(tag) for tag in rows]


@tags.post("", TagOut, op="tag_create", summary="Create a tag")
def post_tag(request: ApiRequest, data: TagIn) -> HttpResponse:
    tag = create_tag(data.name, data.color, by=request.actor)
    return made(TagOut.of(tag), f"/api/tags/{tag.pk}", tag.version)


@tags.get("/{id}", TagOut, op="tag_get", summary="Get a tag", versioned=True)
def get_tag(request: ApiRequest, id: RowId) -> HttpResponse:
    tag = tag_or_404(id)
    return shown(request, TagOut.of(tag), tag.version)


@tags.put("/{id}", TagOut, op="tag_replace", summary="Replace a tag")
def put_tag(request: ApiRequest, id: RowId, data: TagIn) -> HttpResponse:
    return _updated(request, id, {"name": data.name, "color": data.color})


@tags.patch("/{id}", TagOut, op="tag_change", summary="Rename or recolour a tag")
def patch_tag(request: ApiRequest, id: RowId, data: TagPatch) -> HttpResponse:
    return _updated(request, id, data.given())


@tags.delete("/{id}", op="tag_delete", summary="Delete a tag")
def remove_tag(request: ApiRequest, id: RowId) -> HttpResponse:
    """Taken off everything that wears it, for ever."""
    tag = tag_or_404(id)
    delete_tag(tag, version=wanted_version(request, tag), by=request.actor)
    return gone()


def _updated(request: ApiRequest, pk: int, values: dict[str, str]) -> HttpResponse:
    tag = tag_or_404(pk)
    tag = update_tag(tag, version=wanted_version(request, tag), by=request.actor, **values)
    return shown(request, TagOut.of(tag), tag.version)


def tag_or_404(pk: int) -> Tag:
    tag = Tag.objects.filter(pk=pk).first()
    if tag is None:
        raise NotFound
    return tag
