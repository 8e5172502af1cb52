"""What ninja does not say by itself: the errors of every route, headers of answers, problem+json."""

from collections.abc import Iterable, Mapping
from typing import Any

from supportflow.core.api.problems import ProblemOut

_ERRORS = {
    400: "Malformed: no JSON, no UTF-8, or a header that cannot be read.",
    401: "No token, or a dead one.",
    403: "Your role does not allow this.",
    404: "Not there, or not visible to you.",
    409: "Refused by a rule (`code` says which), or the Idempotency-Key was used for another request.",
    412: "The item changed since: If-Match names another version.",
    413: "The body is too large.",
    415: "Another media type than the route takes.",
    422: "A field or parameter is invalid or unknown; `errors` names each.",
    429: "Too many requests in this minute; Retry-After says how long to wait.",
}
_ALWAYS = (400, 401, 404, 422, 429)
_WRITING = (403, 409, 413, 415)
_TEXT = {"schema": {"type": "string"}}
_COUNT = {"schema": {"type": "integer"}}
_RATE = {
    "RateLimit-Limit": {"description": "Requests a minute and token.", **_COUNT},
    "RateLimit-Remaining": {"description": "What is left of this minute.", **_COUNT},
    "RateLimit-Reset": {"description": "Seconds to the next minute.", **_COUNT},
}
_ETAG = {"description": 'The version, like "v7".', **_TEXT}


def complete(schema: Any) -> Any:
    schema["components"].setdefault("schemas", {}).update(_problem_schemas())
    schema["components"]["responses"] = {str(status): _error(status) for status in _ERRORS}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            _complete_operation(path, method, operation)
    schema["servers"] = [{"url": "/"}]
    return schema


def _problem_schemas() -> dict[str, Any]:
    found = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    return {**found.pop("$defs"), "ProblemOut": found}


def _error(status: int) -> dict[str, Any]:
    headers = {
        401: {"WWW-Authenticate": {"description": "How to sign in: Bearer.", **_TEXT}},
        412: {"ETag": {"description": "The version that it has now.", **_TEXT}},
        429: {"Retry-After": {"description": "Seconds to wait.", **_COUNT}},
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {"description": _ERRORS[status], "content": content, "headers": headers.get(status, {})}


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    sends = {parameter["name"] for parameter in operation["parameters"]}
    codes = [*_ALWAYS, *(_WRITING if method != "get" else ()), *((412,) if _may_be_stale(path, method) else ())]
    for status, answer in operation["responses"].items():
        answer["headers"] = _headers(int(status), "If-Match" in sends or "If-None-Match" in sends)
    operation["responses"] = {
        str(status): answer
        for status, answer in sorted(
            [*operation["responses"].items(), *((code, {"$ref": f"#/components/responses/{code}"}) for code in codes)]
        )
    }


def _may_be_stale(path: str, method: str) -> bool:
    return method in ("put", "patch", "delete")


def _headers(status: int, versioned: bool) -> dict[str, Any]:
    headers: dict[str, Any] = dict(_RATE)
    if status == 201:
        headers["Location"] = {"description": "The address of what was made.", **_TEXT}
    if status in (200, 304) and versioned:
        headers["ETag"] = _ETAG
    return headers


def operations(schema: Mapping[str, Any]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of every route, in the schema's order."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation
