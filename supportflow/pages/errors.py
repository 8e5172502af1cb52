"""Error pages. They ask nothing of the database or the session, so that they show whatever is broken."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def error_page(request: HttpRequest, status: int, title: str, text: str, icon: str = "circle-alert") -> HttpResponse:
    """Return a page that says what happened and what to do next, with its status."""
    context = {"status": status, "title": title, "text": text, "picture": icon, "path": request.path[:200]}
    response = HttpResponse(render_to_string("error.html", context, request), status=status)
    # Into whatever part htmx asked for a whole page must not go.
    response["HX-Retarget"], response["HX-Reswap"] = "body", "innerHTML"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        400,
        _("That request made no sense to us"),
        _("Something in the address or the form could not be read. Go back, reload the page and try again."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        403,
        _("You may not do that"),
        str(exception) if exception and str(exception) else _("Your role does not allow it. Ask an admin for help."),
        "lock",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        403,
        _("This form is out of date"),
        _("You may have signed in or out in another tab. Your drafts are safe. Go back, reload and send it again."),
        "lock",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request,
        404,
        _("We could not find that page"),
        _("It may have been deleted, or you may not see it. If someone sent you this link, ask them for the number."),
        "search-x",
    )


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(
        request, 413, _("That is too large"), _("A file may have up to 25 MB. Send a smaller one, or a link to it.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        500,
        _("Something broke on our side"),
        _("It has been noted, and your drafts are safe. Try again in a moment."),
        "triangle-alert",
    )
