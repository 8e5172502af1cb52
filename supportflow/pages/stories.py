"""Activities as sentences. Each app registers how its own actions are told; an action nobody tells is shown by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.models import Activity


@dataclass(frozen=True)
class Line:
    """One thing that happened: an icon of the sprite and a safe piece of HTML without the actor's name."""

    icon: str
    text: StrOrPromise


Teller = Callable[[Activity], list[Line]]
_tellers: dict[str, Teller] = {}


def tells(*actions: str) -> Callable[[Teller], Teller]:
    """Declare who tells these actions; an empty list means that they are not worth a line."""

    def register(teller: Teller) -> Teller:
        for action in actions:
            _tellers[action] = teller
        return teller

    return register


def tell(activity: Activity) -> list[Line]:
    """Return what to say of an activity; an undo is told as what it took back."""
    undone = activity.action.endswith(".undone")
    teller = _tellers.get(activity.action.removesuffix(".undone"))
    lines = teller(activity) if teller else [Line("activity", activity.action.replace(".", " ").replace("_", " "))]
    return [Line("undo-2", format_html(_("undid it: {}"), line.text)) for line in lines] if undone else lines


def say(icon: str, template: str, *values: Any) -> Line:
    """A line whose values are escaped and stand out; `template` has {} for each."""
    if not values:
        return Line(icon, template)
    return Line(icon, format_html(template, *(format_html("<b>{}</b>", value) for value in values)))
