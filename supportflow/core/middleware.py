"""Around every request: its id, its one line in the log, its count; and domain errors as pages."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from supportflow import traffic
from supportflow.core.errors import DomainError, Forbidden, Invalid, NotFound, Refused, Stale, Unavailable
from supportflow.core.statements import Tally, tallied

GetResponse = Callable[[HttpRequest], HttpResponse]
STATUS: dict[type[DomainError], int] = {
    Refused: 409,
    Forbidden: 403,
    NotFound: 404,
    Invalid: 422,
    Stale: 412,
    Unavailable: 503,
}
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")  # asked all the time, and nobody asks about them
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
LONGEST_PATH = 200
log = structlog.get_logger("supportflow.request")


class RequestLog:
    """One line a request, with an id that every line written during it carries, and the answer too.

    A proxy or a client may give the id (X-Request-ID). Jobs that the request starts keep it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = id_of(request)
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request=request_id), tallied() as tally, traffic.in_flight():
            response = self.get_response(request)
            took = time.perf_counter() - began
            response["X-Request-Id"] = request_id
            route = route_of(request)
            traffic.count(request.method or "", route, response.status_code, took)
            if not request.path.startswith(QUIET):
                tell(request, response, route, took, tally)
        return response


def id_of(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex[:16]


def route_of(request: HttpRequest) -> str:
    """The route's name, one of some hundred; empty where nothing is."""
    found = request.resolver_match
    return (found.view_name or found.route) if found else ""


def tell(request: HttpRequest, response: HttpResponse, route: str, took: float, tally: Tally) -> None:
    log.info(
        "request",
        method=request.method,
        path=path_of(request),
        route=route,
        status=response.status_code,
        user=user_of(request),
        ms=round(took * 1000, 1),
        queries=tally.statements,
        query_ms=round(tally.seconds * 1000, 1),
    )


def path_of(request: HttpRequest) -> str:
    """Without the query string, which may hold what people search for, and without the key of a reset or invitation."""
    found = request.resolver_match
    if found and "key" in found.kwargs:
        return f"/{found.route}"
    return request.path[:LONGEST_PATH]


def user_of(request: HttpRequest) -> int | None:
    """Where the request asked who it is: to know it for the log alone is not worth a query."""
    known = getattr(request, "_cached_user", None) or (
        request.actor if hasattr(request, "token_id") else None  # type: ignore[attr-defined]
    )
    return known.pk if known is not None else None


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
