"""Every address under /api/, each behind the same gate."""

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from supportflow.api import api, schema
from supportflow.api.docs import docs
from supportflow.core.api.problems import Problem, problem_answer

View = Callable[..., HttpResponseBase]


def gate(view: View) -> View:
    """HEAD where there is GET, 405 as problem+json, the rate in the headers."""

    @functools.wraps(view)
    def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        answer = view(request, *args, **kwargs)
        if answer.status_code == 405:
            answer = _not_allowed(request, answer.headers["Allow"])
        if rate := getattr(request, "rate", None):
            for name, value in rate.headers.items():
                answer.headers.setdefault(name, value)
        return _without_body(answer) if is_head else answer

    return csrf_exempt(enter)  # tokens alone are believed here, so no cookie can be abused


def _not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    methods = sorted(allowed.replace(" ", "").split(","))
    if "GET" in methods:
        methods.append("HEAD")
    detail = _("This address takes %(methods)s.") % {"methods": ", ".join(methods)}
    return problem_answer(request, Problem(405, "method_not_allowed", detail, headers={"Allow": ", ".join(methods)}))


def _without_body(answer: HttpResponseBase) -> HttpResponse:
    headers = dict(answer.headers)
    if isinstance(answer, HttpResponse):
        headers["Content-Length"] = str(len(answer.content))
    answer.close()
    return HttpResponse(status=answer.status_code, headers=headers)


def openapi_json(request: HttpRequest) -> HttpResponseBase:
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    return HttpResponse(_schema_json(), content_type="application/json")


@functools.cache
def _schema_json() -> bytes:
    return json.dumps(schema(), ensure_ascii=False).encode()


def unknown(request: HttpRequest) -> HttpResponse:
    detail = _("There is no such address in the API. /api/docs lists them all.")
    return problem_answer(request, Problem(404, "not_found", detail))


def _gated() -> Iterator[URLPattern]:
    for pattern in api.urls[0]:
        assert isinstance(pattern, URLPattern)
        if pattern.name != "api-root":
            pattern.callback = gate(pattern.callback)
            yield pattern


urlpatterns = [
    path("openapi.json", gate(openapi_json), name="openapi"),
    path("docs", docs, name="api-docs"),
    *_gated(),
    re_path("", gate(unknown)),
]
