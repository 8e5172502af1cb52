import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from supportflow.core.errors import DomainError, Forbidden, Invalid, NotFound, Refused, Stale, Unavailable

GetResponse = Callable[[HttpRequest], HttpResponse]
STATUS: dict[type[DomainError], int] = {
    Refused: 409,
    Forbidden: 403,
    NotFound: 404,
    Invalid: 422,
    Stale: 412,
    Unavailable: 503,
}
QUIET = ("/static/", "/healthz", "/readyz")  # asked all the time, and nobody asks about them
log = structlog.get_logger("supportflow.request")


class RequestLog:
    """One line a request, with an id that every line written during it carries, and the answer too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex[:16]
        started = time.monotonic()
        with structlog.contextvars.bound_contextvars(request=request_id):
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            if not request.path.startswith(QUIET):
                # The path alone: a query string may hold what people search for.
                took = round((time.monotonic() - started) * 1000, 1)
                log.info("request", method=request.method, path=request.path, status=response.status_code, ms=took)
        return response


class RefusedAnswers:
    """The one place where a page tells of a domain error; a view that knows better catches it first."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
        response = render(request, "error.html", {"error": error, "status": status}, status=status)
        patch_vary_headers(response, ["HX-Request"])
        return response
