from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from supportflow.core.prepared import Prepared
from supportflow.fields.models import Field


def slugs_of(model: str) -> list[str]:
    """The names of the custom fields in use of "contact", "company" or "ticket", in their order."""
    return _slugs(model)


def in_use(model: str) -> QuerySet[Field]:
    """In their order."""
    return Field.objects.filter(model=model, is_retired=False).order_by("position", "pk")


_slugs: Prepared[str] = Prepared(lambda model: in_use(model).values_list("slug", flat=True), str)
# What a page of such a row asks.
fields_of: Prepared[Field] = Prepared(in_use, str)


def whole(custom: Mapping[str, Any], slugs: list[str]) -> dict[str, Any]:
    """A row's custom values with null where it has none."""
    return {slug: custom.get(slug) for slug in slugs}
