"""Custom fields are made and changed here; the values of a row are checked here and written by the row's operations."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from itertools import count
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, lock_all, operation, record
from supportflow.core.errors import Invalid
from supportflow.fields.models import KINDS, MODELS, Field

MAX_LABEL = 80
MOST_FIELDS = 50  # of one model: each page of such a row shows them
MOST_OPTIONS = 100
MOST = 1e15  # what a float still tells to the unit


@operation
def create_field(model: str, label: str, kind: str = "text", options: Iterable[str] = (), *, by: Actor) -> Field:
    """A new field, the last in use of its model. Its slug follows from the first label and never changes."""
    by.must("field.update")
    text.one_of("model", model, MODELS)
    text.one_of("kind", kind, KINDS)
    label = text.line("label", label, most=MAX_LABEL)
    others = lock_all(Field.objects.filter(model=model))
    if len(others) >= MOST_FIELDS:
        raise Invalid({"label": _("At most %(most)s fields fit, retired ones included.") % {"most": MOST_FIELDS}})
    field = Field(
        model=model,
        slug=_free_slug(label, {other.slug for other in others}),
        label=label,
        kind=kind,
        options=_options(kind, options),
        position=1 + sum(not other.is_retired for other in others),
    )
    field.save(force_insert=True)
    record("field.created", field, by=by, meta={"model": model, "slug": field.slug, "label": label, "kind": kind})
    for behind in (other for other in others if other.is_retired):
        record("field.updated", behind, by=by, **change(behind, position=behind.position + 1))
    return field


@operation
def update_field(
    field: Field,
    *,
    version: int | None = None,
    label: str | None = None,
    options: Iterable[str] | None = None,
    is_retired: bool | None = None,
    position: int | None = None,
    by: Actor,
) -> Field:
    """Relabel it, change its choices, take it out of use or back in, put it in another place. Values that rows have
    stay as they are."""
    by.must("field.update")
    others = [row for row in lock_all(Field.objects.filter(model=field.model)) if row != field]
    field = lock(field, version=version)
    values: dict[str, Any] = {}
    if label is not None:
        values["label"] = text.line("label", label, most=MAX_LABEL)
    if options is not None:
        values["options"] = _options(field.kind, options)
    if is_retired is not None:
        values["is_retired"] = is_retired
    order = _with(field, others, position or field.position, values.get("is_retired", field.is_retired))
    for number, row in enumerate(order, start=1):
        if changes := change(row, position=number, **(values if row is field else {})):
            record("field.updated", row, by=by, **changes)
    return field


def _with(field: Field, others: list[Field], position: int, is_retired: bool) -> list[Field]:
    """All of a model in their order, `field` in the place asked for or the next one to it: the retired stand behind."""
    order = sorted(others, key=lambda row: (row.is_retired, row.position, row.pk))
    in_use = sum(not row.is_retired for row in others)
    first, last = (in_use, len(others)) if is_retired else (0, in_use)
    order.insert(min(max(position - 1, first), last), field)
    return order


def _options(kind: str, options: Iterable[str]) -> list[str]:
    cleaned = [text.line("options", option, most=100) for option in options if option.strip()]
    cleaned = list(dict.fromkeys(cleaned))
    if kind == "choice" and not 1 <= len(cleaned) <= MOST_OPTIONS:
        raise Invalid({"options": _("Write 1 to %(most)s choices, one a line.") % {"most": MOST_OPTIONS}})
    if kind != "choice" and cleaned:
        raise Invalid({"options": _("Only a field of the kind choice has choices.")})
    return cleaned


def _free_slug(label: str, taken: Collection[str]) -> str:
    stem = slugify(label).replace("-", "_")[:32].strip("_") or "field"
    numbered = (stem if n == 1 else f"{stem}_{n}" for n in count(1))
    return next(slug for slug in numbered if slug not in taken)


def clean_custom(model: str, values: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Typed values by slug; empty ones dropped. Raises Invalid naming `custom.SLUG`.

    kept -- the row's values so far: those of retired fields stay, and what is not changed is right, though its choice
    may be gone by now
    """
    kept = kept or {}
    fields = {field.slug: field for field in Field.objects.filter(model=model)} if values or kept else {}
    in_use = sorted(slug for slug, field in fields.items() if not field.is_retired)
    wanted = {slug: value for slug, value in values.items() if slug in in_use or kept.get(slug) != value}
    if unknown := sorted(set(wanted) - set(in_use)):
        message = _("There is no such custom field. Known ones: %(known)s.") % {"known": ", ".join(in_use) or _("none")}
        raise Invalid({f"custom.{unknown[0][:60]}": message})
    retired = {slug: value for slug, value in kept.items() if slug not in in_use}
    return retired | {
        slug: value if _is_same(kept.get(slug), value) else _clean(fields[slug], value)
        for slug, value in wanted.items()
        if value is not None and value != ""
    }


def _is_same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and bool(old == new)


def _clean(field: Field, value: Any) -> Any:
    name = f"custom.{field.slug}"
    if field.kind == "check":
        if not isinstance(value, bool):
            raise Invalid({name: _("Use true or false.")})
        return value
    if field.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:  # NaN neither
            raise Invalid({name: _("Use a number.")})
        return value
    if not isinstance(value, str):
        raise Invalid({name: _("Use a text.")})
    if field.kind == "date":
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise Invalid({name: _("Write the date as YYYY-MM-DD.")}) from None
    value = text.line(name, value, most=500)
    return text.one_of(name, value, field.options) if field.kind == "choice" else value
