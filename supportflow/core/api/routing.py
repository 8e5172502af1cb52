"""Routes: what every one of them has, so that none can forget it.

A route is documented (id, summary, answers, parameters), refuses query parameters that it does not name, and a POST
answers a repeated Idempotency-Key with the first answer.
"""

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel

from supportflow.core.api.parameters import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, Parameter, is_known
from supportflow.core.api.problems import malformed
from supportflow.core.filtering import refuse_unknown
from supportflow.core.idempotency import Answer, once

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
Out = type[BaseModel] | None
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Location", "ETag", "Content-Type")


class Routes:
    """One group of routes. A view returns the answer itself (`supportflow.core.api.answers`)."""

    def __init__(self, tag: str) -> None:
        self.router = Router(tags=[tag])

    def list(
        self, path: str, out: Out, *, op: str, summary: str, params: Sequence[Parameter]
    ) -> Callable[[View], View]:
        return self._route("GET", path, {200: out}, op, summary, params)

    def get(
        self,
        path: str,
        out: Out,
        *,
        op: str,
        summary: str,
        versioned: bool = False,
        extra: dict[str, Any] | None = None,
    ) -> Callable[[View], View]:
        params = [IF_NONE_MATCH] if versioned else []
        answers: dict[int, Out] = {200: out, 304: None} if versioned else {200: out}
        return self._route("GET", path, answers, op, summary, params, extra)

    def post(
        self,
        path: str,
        out: Out,
        *,
        op: str,
        summary: str,
        status: int = 201,
        keeps_answer: bool = True,
        extra: dict[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """`keeps_answer=False`: the view itself sees to the Idempotency-Key."""
        return self._route("POST", path, {status: out}, op, summary, [IDEMPOTENCY_KEY], extra, keeps_answer)

    def put(self, path: str, out: Out, *, op: str, summary: str) -> Callable[[View], View]:
        return self._route("PUT", path, {200: out}, op, summary, [IF_MATCH])

    def patch(self, path: str, out: Out, *, op: str, summary: str) -> Callable[[View], View]:
        return self._route("PATCH", path, {200: out}, op, summary, [IF_MATCH])

    def delete(self, path: str, *, op: str, summary: str) -> Callable[[View], View]:
        return self._route("DELETE", path, {204: None}, op, summary, [IF_MATCH])

    def _route(
        self,
        method: str,
        path: str,
        answers: dict[int, Out],
        op: str,
        summary: str,
        params: Sequence[Parameter],
        extra: dict[str, Any] | None = None,
        keeps_answer: bool = False,
    ) -> Callable[[View], View]:
        known = frozenset(param["name"] for param in params if param["in"] == "query")
        documented = {**({"parameters": [dict(param) for param in params]} if params else {}), **(extra or {})}

        def register(view: View) -> View:
            @functools.wraps(view)
            def run(request: HttpRequest, **values: Any) -> HttpResponseBase:
                refuse_unknown((name for name in request.GET if not is_known(name, params)), known)
                if keeps_answer:
                    return kept_answer(request, request.body, lambda: view(request, **values))
                return view(request, **values)

            self.router.api_operation(
                [method],
                path,
                response=answers,
                operation_id=op,
                summary=summary,
                openapi_extra=documented,
            )(run)
            return view

        return register


def kept_answer(request: HttpRequest, body: bytes, act: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer of `act`, or of the first request with this Idempotency-Key. `body` tells requests apart."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return act()
    if not _KEY.fullmatch(key):
        raise malformed(_("Idempotency-Key takes 1 to 255 visible ASCII characters, such as a UUID."))
    fingerprint = f"{request.method} {request.path}\n".encode() + body
    kept = once(request.token_id, key, fingerprint, lambda: _kept(act()))  # type: ignore[attr-defined]
    return HttpResponse(kept.body, status=kept.status, headers=kept.headers)


def _kept(answer: HttpResponseBase) -> Answer:
    assert isinstance(answer, HttpResponse)
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    return Answer(answer.status_code, answer.content.decode(), headers)
