"""Error pages. They ask nothing of the database or the session, so that they show whatever is broken."""

from __future__ import annotations

import sys

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.outage import RETRY_AFTER, is_outage

log = structlog.get_logger("supportflow.request")


def error_page(request: HttpRequest, status: int, error: StrOrPromise = "") -> HttpResponse:
    """Return the page of this status; `error` says what happened and what to do, in place of the usual words."""
    return render(request, "error.html", {"status": status, "error": error}, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    match exception:
        case RequestDataTooBig():
            return error_page(request, 413)
        case TooManyFilesSent():
            most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
            return error_page(
                request, 413, _("At most %(most)s files fit at once. Send the rest after.") % {"most": most}
            )
        case TooManyFieldsSent():
            return error_page(request, 413, _("This form has too many fields. Reload the page and try again."))
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    words = _(
        "This form is out of date, perhaps because you signed in again. Your drafts are safe. Reload and send it."
    )
    return error_page(request, 403, words)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    if not is_outage(sys.exception()):
        return error_page(request, 500)
    words = _("The database does not answer at this moment. Your drafts are safe. Try again in a few seconds.")
    response = error_page(request, 503, words)
    response["Retry-After"] = str(RETRY_AFTER)
    # Not a traceback for each request of an outage.
    log.warning("request.database_unreachable", error=type(sys.exception()).__name__)
    response._has_been_logged = True  # type: ignore[attr-defined]  # asked by Django's log_response
    return response


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Sign-in's limits; the words say nothing of whether the address is known."""
    return error_page(request, 429, _("Too many attempts. Wait five minutes, then try again."))
