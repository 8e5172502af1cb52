"""The one page setting that needs no account: the theme."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from supportflow.pages.context import THEMES
from supportflow.pages.errors import bad_request

YEAR = 365 * 24 * 3600  # seconds


def back_to(request: HttpRequest, fallback: str = "/") -> str:
    """Return the page the form stood on, if it is one of ours."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if referer and ours else fallback


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep light, dark or system in a cookie of this browser."""
    chosen = request.POST.get("theme")
    if chosen not in THEMES:
        return bad_request(request)
    response = HttpResponseRedirect(back_to(request))
    response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response
