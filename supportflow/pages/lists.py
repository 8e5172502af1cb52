"""What the address of a list says: its filters, its order and its page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.errors import Invalid
from supportflow.pages.jinja import query

PER_PAGE = 50
LONGEST = 500  # characters of one value


@dataclass(frozen=True)
class Chip:
    """A filter that is on, as a sentence, and the address of the list without it."""

    label: StrOrPromise
    value: str
    without: str


def given(request: HttpRequest, known: Collection[str]) -> dict[str, list[str]]:
    """The parameters of the address that say something; raises Invalid for one that this list does not know."""
    found: dict[str, list[str]] = {}
    for name in request.GET:
        values = [value.strip() for value in request.GET.getlist(name)]
        if name not in known:
            message = _("This list has no such filter. It knows: %(known)s.") % {"known": ", ".join(sorted(known))}
            raise Invalid({name[:60]: message})
        if any(len(value) > LONGEST or "\x00" in value for value in values):
            raise Invalid({name: _("This value is too long or cannot be read.")})
        if values := [value for value in values if value]:
            found[name] = values
    return found


def one(params: dict[str, list[str]], name: str, default: str = "") -> str:
    """The last value of a parameter that counts once, as browsers and people expect."""
    return params.get(name, [default])[-1]


def whole(field: str, value: str) -> int:
    """A number in an address; raises Invalid naming `field`."""
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Invalid({field: _("Use a whole number.")})
    return int(value)


def flag(params: dict[str, list[str]], name: str) -> bool:
    """true or false, false when the parameter is not there; raises Invalid for anything else."""
    value = one(params, name, "false").lower()
    if value not in {"true", "1", "false", "0"}:
        raise Invalid({name: _("Use true or false.")})
    return value in {"true", "1"}


def chip(request: HttpRequest, name: str, label: StrOrPromise, value: StrOrPromise) -> Chip:
    return Chip(label, str(value), query(request, **{name: None, "cursor": None}))
