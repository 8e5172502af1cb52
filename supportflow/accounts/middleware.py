from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from supportflow.accounts.models import User


class ActingRequest(HttpRequest):
    """A request of somebody who is signed in: `actor` is that user."""

    actor: User


class ActingUser:
    """Names the signed-in user `request.actor` and speaks that user's language and zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # HttpRequest does not know it; the views are given an ActingRequest.
        request.actor = SimpleLazyObject(lambda: request.user)  # type: ignore[attr-defined]
        if request.path.startswith(("/static/", "/api/")):
            return self.get_response(request)
        if not request.user.is_authenticated:
            with timezone.override(ZoneInfo("UTC")):
                return self.get_response(request)
        chosen = request.user.language
        language = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language()
        with timezone.override(ZoneInfo(request.user.time_zone)), translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language or settings.LANGUAGE_CODE)
        return response
