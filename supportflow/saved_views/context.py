"""What the navigation of every page is given."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from supportflow.saved_views.models import View, offered_to


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The views of whoever is signed in, fetched where a page shows them."""
    return {"saved_views": SimpleLazyObject(lambda: views_for(request))}


def views_for(request: HttpRequest) -> list[View]:
    """One query for each request."""
    # The 500 page is rendered with this too: only for a person who was looked up already.
    person = getattr(request, "_cached_user", None)
    if person is None or not person.is_authenticated:
        return []
    kept: list[View] | None = getattr(request, "_saved_views", None)
    if kept is None:
        kept = offered_to(person.pk)
        request._saved_views = kept  # type: ignore[attr-defined]  # kept for this request
    return kept
