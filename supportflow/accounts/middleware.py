from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from supportflow.accounts.models import User


class ActingRequest(HttpRequest):
    """A request of somebody who is signed in: `actor` is that user."""

    actor: User


class ActingUser:
    """Names the signed-in user `request.actor` and shows times in that user's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # HttpRequest does not know it; the views are given an ActingRequest.
        request.actor = SimpleLazyObject(lambda: request.user)  # type: ignore[attr-defined]
        if request.path.startswith(("/static/", "/api/")):
            return self.get_response(request)
        zone = ZoneInfo(request.user.time_zone) if request.user.is_authenticated else ZoneInfo("UTC")
        with timezone.override(zone):
            return self.get_response(request)
