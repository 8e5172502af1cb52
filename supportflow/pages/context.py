"""What every page of the Jinja engine is given besides what its view passes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.backends.utils import csrf_input
from django.utils.functional import SimpleLazyObject

THEMES = ("system", "light", "dark")
DENSITIES = ("compact", "comfortable")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return theme and density of this browser, else of this person; the server renders them: nothing flashes."""
    # The 500 page is rendered with this too: only a person who was looked up already, never a query.
    person = getattr(request, "_cached_user", None)
    chosen = request.COOKIES.get("theme", "") or getattr(person, "theme", "")
    # Django would mask the token anew for each of a page's forms.
    token = SimpleLazyObject(lambda: csrf_input(request))
    density = request.COOKIES.get("density", "") or getattr(person, "density", "")
    return {
        "theme": chosen if chosen in THEMES else "system",
        "density": density if density in DENSITIES else "compact",
        "csrf_input": token,
    }
