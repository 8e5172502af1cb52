"""What went wrong, told to programs as application/problem+json (RFC 9457): the one place for all of the API."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel, ConfigDict, Field

from supportflow.core.errors import DomainError, Invalid, NotFound, Stale
from supportflow.core.middleware import STATUS
from supportflow.core.outage import RETRY_AFTER, is_outage

MAX_TOLD = 50  # wrong fields in one answer
log = structlog.get_logger("supportflow.api")


class Problem(Exception):
    """An answer that is an error. `code` is stable and for programs, `detail` for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: StrOrPromise,
        *,
        errors: Mapping[str, StrOrPromise] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, code)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = dict(errors or {}), dict(headers or {})


class FieldError(BaseModel):
    """One wrong field or parameter: "subject", "tags.0", "custom.color"."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"field": "subject", "message": "This is needed."}]})
    field: str
    message: str


class ProblemOut(BaseModel):
    """RFC 9457. `code` never changes; `detail` says what to do."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "http://127.0.0.1:8000/api/docs#invalid",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "code": "invalid",
                    "detail": "This is needed.",
                    "instance": "/api/tickets",
                    "errors": [{"field": "subject", "message": "This is needed."}],
                }
            ]
        }
    )
    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    errors: list[FieldError] | None = Field(default=None, description="Which fields or parameters are wrong.")


def problem_answer(request: HttpRequest, error: Exception) -> HttpResponse:
    problem = as_problem(error)
    told = [
        FieldError(field=name[:100], message=str(message)) for name, message in list(problem.errors.items())[:MAX_TOLD]
    ]
    body = ProblemOut(
        type=f"{settings.BASE_URL}/api/docs#{problem.code}",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        code=problem.code,
        detail=str(problem.detail),
        instance=request.path[:200],
        errors=told or None,
    )
    return HttpResponse(
        body.model_dump_json(exclude_none=True).encode(),
        status=problem.status,
        content_type="application/problem+json",
        headers=problem.headers,
    )


def as_problem(error: Exception) -> Problem:
    """Every kind of error that can reach the API; what none of these knows is our fault, logged and not told."""
    match error:
        case Problem():
            return error
        case DomainError():
            return _from_domain(error)
        case ValidationError():
            return _from_validation(error)
        case HttpError():
            # Ninja wraps what our parser said about the body.
            known = isinstance(error.__cause__, Problem)
            return error.__cause__ if known else Problem(error.status_code, "malformed", str(error))  # type: ignore[return-value]
        case Http404():
            return as_problem(NotFound())
        case RequestDataTooBig():
            return too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        case MultiPartParserError() | SuspiciousOperation() | UnreadablePostError():
            return malformed(_("The body could not be read as multipart/form-data."))
    if is_outage(error):
        log.warning("api.database_unreachable", error=type(error).__name__)
        detail = _("The database does not answer at this moment. Try again in a few seconds.")
        return Problem(503, "unavailable", detail, headers={"Retry-After": str(RETRY_AFTER)})
    log.error("api.failed", exc_info=error)
    return Problem(500, "failed", _("Something broke on our side. It has been noted; try again in a moment."))


def malformed(detail: StrOrPromise) -> Problem:
    return Problem(400, "malformed", detail)


def too_large(most: int | None) -> Problem:
    detail = _("The body is too large; at most %(most)s MB fit.") % {"most": (most or 0) // 1024 // 1024}
    return Problem(413, "too_large", detail)


def _from_domain(error: DomainError) -> Problem:
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    errors = error.fields if isinstance(error, Invalid) else None
    headers = {"ETag": f'"v{error.version}"'} if isinstance(error, Stale) else None
    return Problem(status, error.code, error.message, errors=errors, headers=headers)


def _from_validation(error: ValidationError) -> Problem:
    first = error.errors[0]
    if first["loc"][0] == "path":
        return as_problem(NotFound())  # what is no id at all names nothing
    if first["type"] == "missing" and first["loc"][0] == "body" and len(first["loc"]) == 2:
        return malformed(_("Send a JSON object as the body."))
    fields: dict[str, StrOrPromise] = {}
    for wrong in error.errors[:MAX_TOLD]:
        fields.setdefault(_field(wrong["loc"]), _message(wrong))
    return as_problem(Invalid(fields))


def _field(where: Iterable[Any]) -> str:
    # The first says body or query, the second is our own name of the body.
    source, *path = where
    named = path[1:] if source == "body" else path
    # Names come from outside: a lone surrogate in one cannot be written in UTF-8.
    text = ".".join(str(part)[:60] for part in named).encode("utf-8", "replace").decode()
    return text or "body"


def _message(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    messages = {
        "missing": _("This is needed."),
        "extra_forbidden": _("There is no such field."),
        "string_type": _("Use a text."),
        "string_unicode": _("This text has a lone surrogate, which cannot be stored. Remove it."),
        "int_type": _("Use a whole number."),
        "bool_type": _("Use true or false."),
        "list_type": _("Use a list."),
        "dict_type": _("Use an object."),
        "model_type": _("Use an object."),
        "model_attributes_type": _("Use an object."),
        "none_required": _("Use null or leave it out."),
    }
    bounds = {
        "string_too_long": _("At most %(max_length)s characters fit."),
        "string_too_short": _("At least %(min_length)s characters are needed."),
        "too_long": _("At most %(max_length)s fit."),
        "greater_than_equal": _("Use a number of at least %(ge)s."),
        "less_than_equal": _("Use a number of at most %(le)s."),
        "enum": _("Use one of: %(expected)s."),
        "literal_error": _("Use one of: %(expected)s."),
    }
    kind = error["type"]
    if kind in bounds:
        return bounds[kind] % {**context, "expected": str(context.get("expected", "")).replace("'", "")}
    return messages.get(kind) or str(error["msg"])
