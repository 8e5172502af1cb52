"""Filters by custom fields in words: for the chips over the list and its menu."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.filtering import Params
from supportflow.desk.custom_filters import NONE, ByField
from supportflow.fields.models import Field

Words = dict[str, StrOrPromise]


def labels_of(custom: Iterable[ByField]) -> Words:
    """By the name of the parameter."""
    how = {
        "custom": _("%(field)s is"),
        "not_custom": _("%(field)s is not"),
        "from": _("%(field)s from"),
        "to": _("%(field)s to"),
    }
    return {name: how[_kind(name)] % {"field": one.label} for one in custom for name in one.to_params()}


def values_of(custom: Iterable[ByField]) -> dict[str, dict[str, str]]:
    """By the name of the parameter and the value in the address."""
    special = {NONE: _("empty"), "true": _("yes"), "false": _("no")}
    return {
        name: {value: special[value] if _is_special(one, value) else value for value in values}
        for one in custom
        for name, values in one.to_params().items()
    }


def choices_of(field: Field, params: Params) -> list[tuple[str, str]]:
    """What a filter offers: what is chosen already too, though it may be no choice any more."""
    name = f"custom.{field.slug}"
    chosen = [*params.get(name, ()), *params.get(f"not_{name}", ())]
    return [(option, option) for option in dict.fromkeys([*field.options, *chosen]) if option != NONE]


def _kind(name: str) -> str:
    first, _slug, *end = name.split(".")
    return end[0] if end else first


def _is_special(one: ByField, value: str) -> bool:
    return value == NONE or (one.kind == "check" and value in {"true", "false"})
