"""Custom fields are relabelled here; the values of a row are checked here and written by the row's operations."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Invalid
from supportflow.fields.models import Field

MOST = 1e15  # what a float still tells to the unit


@operation
def relabel_field(field: Field, label: str, *, by: Actor) -> Field:
    by.must("field.update")
    field = lock(field)
    if changes := change(field, label=text.line("label", label, most=80)):
        record("field.updated", field, by=by, **changes)
    return field


def clean_custom(model: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values by slug; empty ones dropped. Raises Invalid naming `custom.SLUG`."""
    fields = {field.slug: field for field in Field.objects.filter(model=model)} if values else {}
    if unknown := sorted(set(values) - set(fields)):
        known = ", ".join(sorted(fields)) or _("none")
        message = _("There is no such custom field. Known ones: %(known)s.") % {"known": known}
        raise Invalid({f"custom.{unknown[0][:60]}": message})
    return {slug: _clean(fields[slug], value) for slug, value in values.items() if value is not None and value != ""}


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
    if field.kind == "choice" and value not in field.options:
        raise Invalid({name: _("Use one of: %(known)s.") % {"known": ", ".join(field.options)}})
    return value
