from collections.abc import Mapping
from typing import Any

from supportflow.core.prepared import Prepared
from supportflow.fields.models import Field


def slugs_of(model: str) -> list[str]:
    """The names of the custom fields of "contact", "company" or "ticket", in their order."""
    return _slugs(model)


_slugs: Prepared[str] = Prepared(
    lambda model: Field.objects.filter(model=model).order_by("position", "pk").values_list("slug", flat=True), str
)


def whole(custom: Mapping[str, Any], slugs: list[str]) -> dict[str, Any]:
    """A row's custom values with null where it has none."""
    return {slug: custom.get(slug) for slug in slugs}
