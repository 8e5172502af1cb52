"""What the address of a list says: its filters, its order and its page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.filtering import Params, Reader, refuse_unknown
from supportflow.pages.jinja import query
from supportflow.pages.words import WORDS, word

PER_PAGE = 50


@dataclass(frozen=True)
class Place:
    """Where in a list somebody is: the order and the cursor of the page."""

    sort: str
    cursor: str | None


@dataclass(frozen=True)
class Chip:
    """A filter that is on, as a sentence, and the address of the list without it."""

    label: StrOrPromise
    value: str
    without: str


def given(request: HttpRequest, known: Collection[str]) -> dict[str, list[str]]:
    """The parameters that say something (a select left on "Any" says nothing); raises Invalid for unknown ones."""
    refuse_unknown(request.GET, {*known, "sort", "cursor"})
    params = {name: [value for value in request.GET.getlist(name) if value.strip()] for name in request.GET}
    return {name: values for name, values in params.items() if values}


def place(params: Params, default_sort: str) -> Place:
    read = Reader(params)
    found = Place(read.one("sort") or default_sort, read.one("cursor"))
    read.done()
    return found


def chips(
    request: HttpRequest,
    filters: Mapping[str, list[str]],
    labels: Mapping[str, StrOrPromise],
    names: Mapping[str, Mapping[str, str]],
) -> list[Chip]:
    """A chip for each filter that `labels` names; `names` says what ids are called (filter → id → name)."""
    special = {"me": _("me"), "none": _("no one"), "true": _("yes"), "false": _("no")}

    def said(name: str, value: str) -> str:
        if name in names:
            return names[name].get(value) or special.get(value) or f"#{value}"
        return word(value) if value in WORDS else special.get(value, value)

    return [
        Chip(
            label,
            ", ".join(said(name, value) for value in filters[name]),
            query(request, **{name: None, "cursor": None}),
        )
        for name, label in labels.items()
        if name in filters
    ]
