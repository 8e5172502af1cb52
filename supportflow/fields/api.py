"""Custom fields of tickets, contacts and companies. Their values stand in `custom` of the rows."""

from collections.abc import Sequence
from typing import Literal

from django.http import HttpResponse
from pydantic import Field as Given

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import UNSET, Flag, In, Out, PageOut, RowId, Text, examples
from supportflow.core.errors import NotFound
from supportflow.core.filtering import Reader
from supportflow.fields.models import MODELS, Field
from supportflow.fields.operations import MAX_LABEL, MOST_OPTIONS, create_field, update_field

fields = Routes("Custom fields")
SORTS = {"position": "position", "label": "label", "created_at": "created_at"}
_SIZE = {
    "id": 4,
    "model": "ticket",
    "slug": "size",
    "label": "Size",
    "kind": "choice",
    "options": ["S", "M", "L"],
    "position": 1,
    "is_retired": False,
}


class FieldOut(Out):
    """What a custom field is called and holds. `slug` is its key in `custom` of the rows."""

    model_config = examples(_SIZE)
    id: int
    model: str
    slug: str
    label: str
    kind: str
    options: list[str]
    position: int = Given(description="The place among those of its model, from 1; those out of use stand behind.")
    is_retired: bool

    @classmethod
    def of(cls, field: Field) -> "FieldOut":
        return cls(**{name: getattr(field, name) for name in cls.model_fields})


class FieldPage(PageOut[FieldOut]):
    model_config = examples({"items": [_SIZE], "next": None, "previous": None, "total": None})


class FieldIn(In):
    """The slug follows from the label and never changes; nor do model and kind."""

    model_config = examples({"model": "ticket", "label": "Size", "kind": "choice", "options": ["S", "M", "L"]})
    model: Literal["ticket", "contact", "company"]
    label: Text = Given(min_length=1, max_length=MAX_LABEL)
    kind: Literal["text", "number", "date", "choice", "check"] = "text"
    options: list[Text] = Given(default=[], max_length=MOST_OPTIONS)


class FieldPatch(In):
    """The fields to change. A retired one is neither asked for nor shown; the values of the rows stay."""

    model_config = examples({"label": "T-shirt size"})
    label: Text = Given(default=UNSET, min_length=1, max_length=MAX_LABEL)
    options: list[Text] = Given(default=UNSET, max_length=MOST_OPTIONS)
    is_retired: Flag = UNSET
    position: int = Given(default=UNSET, strict=True, ge=1, le=100, description="The place, from 1.")


@fields.list(
    "",
    FieldPage,
    op="fields_list",
    summary="List custom fields",
    params=[
        *parameters.listing(SORTS, "position"),
        parameters.one_of("model", MODELS, "Of what."),
        parameters.flag("is_retired", "Out of use."),
    ],
)
def list_fields(request: ApiRequest) -> HttpResponse:
    read = Reader(params_of(request))
    models, retired = read.members("model", MODELS), read.flag("is_retired")
    read.done()
    rows = Field.objects.filter(model__in=models) if models else Field.objects.all()
    rows = rows if retired is None else rows.filter(is_retired=retired)
    return listed(request, rows, sorts=SORTS, default="position", shape=_all)


def _all(rows: Sequence[Field]) -> list[FieldOut]:
    return [FieldOut.of(row) for row in rows]


@fields.post("", FieldOut, op="field_create", summary="Create a custom field")
def post_field(request: ApiRequest, data: FieldIn) -> HttpResponse:
    row = create_field(data.model, data.label, data.kind, data.options, by=request.actor)
    return made(FieldOut.of(row), f"/api/fields/{row.pk}", row.version)


@fields.get("/{id}", FieldOut, op="field_get", summary="Get a custom field", versioned=True)
def get_field(request: ApiRequest, id: RowId) -> HttpResponse:
    row = _field(id)
    return shown(request, FieldOut.of(row), row.version)


@fields.patch("/{id}", FieldOut, op="field_change", summary="Change a custom field")
def patch_field(request: ApiRequest, id: RowId, data: FieldPatch) -> HttpResponse:
    row = _field(id)
    row = update_field(row, version=wanted_version(request, row), by=request.actor, **data.given())
    return shown(request, FieldOut.of(row), row.version)


def _field(pk: int) -> Field:
    row = Field.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
