"""Parameters as OpenAPI tells of them. The views read them with `filtering.Reader`, which has one wording of errors."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from supportflow.core.api.answers import DEFAULT_LIMIT, MAX_LIMIT
from supportflow.core.api.schemas import BIGGEST_ID
from supportflow.core.filtering import MAX_Q, MAX_VALUES

Parameter = Mapping[str, Any]
ID_TEXT = {"type": "string", "pattern": "^[0-9]{1,18}$"}
MOMENT = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}


def query(name: str, schema: Mapping[str, Any], description: str, example: Any = None) -> Parameter:
    found = {"in": "query", "name": name, "required": False, "schema": dict(schema), "description": description}
    return found if example is None else {**found, "example": example}


def any_of(name: str, schema: Mapping[str, Any], description: str, example: Any = None) -> Parameter:
    """Repeat the parameter for "any of"."""
    many = {"type": "array", "items": dict(schema), "minItems": 1, "maxItems": MAX_VALUES}
    found = query(name, many, f"{description} Repeat it for any of several.", [example] if example else None)
    return {**found, "style": "form", "explode": True}


def open_names(name: str, names: Mapping[str, Mapping[str, Any]], description: str) -> Parameter:
    """Parameters whose names follow patterns, each with the schema of its values; `name` stands for all of them."""
    schema = {"type": "object", "patternProperties": dict(names), "additionalProperties": False}
    return {**query(name, schema, description), "style": "form", "explode": True}


def is_known(name: str, params: Iterable[Parameter]) -> bool:
    patterns = (pattern for param in params for pattern in param["schema"].get("patternProperties", ()))
    return any(re.search(pattern, name) for pattern in patterns)


def one_of(name: str, values: Iterable[str], description: str) -> Parameter:
    known = [str(value) for value in values]
    return any_of(name, {"type": "string", "enum": known}, description, known[0])


def ids(name: str, description: str, *words: str) -> Parameter:
    either = [ID_TEXT, {"type": "string", "enum": list(words)}] if words else [ID_TEXT]
    return any_of(name, {"anyOf": either} if words else ID_TEXT, description, words[0] if words else "1")


def names(name: str, most: int, description: str, example: str) -> Parameter:
    return any_of(name, {"type": "string", "minLength": 1, "maxLength": most, "pattern": r"\S"}, description, example)


def moment(name: str, description: str) -> Parameter:
    return query(name, MOMENT, f"{description} A date alone is its midnight in UTC.", "2026-05-01T12:00:00Z")


def flag(name: str, description: str) -> Parameter:
    return query(name, {"type": "boolean"}, description)


def text(name: str, description: str, example: str) -> Parameter:
    return query(name, {"type": "string", "maxLength": MAX_Q, "pattern": r"\S"}, description, example)


def q(description: str, *, required: bool = False) -> Parameter:
    return {**text("q", description, "login"), "required": required}


def listing(sorts: Mapping[str, str], default: str) -> Sequence[Parameter]:
    """What every list takes."""
    orders = sorted([*sorts, *(f"-{name}" for name in sorts)])
    return [
        query(
            "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}, "Items a page."
        ),
        query("cursor", {"type": "string", "maxLength": 2000}, "`next` or `previous` of the page before."),
        query("sort", {"type": "string", "enum": orders, "default": default}, "Empty values come last, also with `-`."),
        query(
            "include",
            {"type": "string", "enum": ["total"]},
            "`total`: count all items that fit. Costs time on large lists.",
        ),
    ]


def after() -> Parameter:
    return query("after", {"type": "integer", "minimum": 0, "maximum": BIGGEST_ID}, "Only items with a higher id.")


def _header(name: str, description: str, schema: Mapping[str, Any], example: str) -> Parameter:
    return {
        "in": "header",
        "name": name,
        "required": False,
        "schema": dict(schema),
        "description": description,
        "example": example,
    }


IF_MATCH = _header(
    "If-Match", "The ETag that the item must still have, else 412.", {"type": "string", "maxLength": 2000}, '"v7"'
)
IF_NONE_MATCH = _header("If-None-Match", "304 when the item still has this ETag.", {"type": "string"}, '"v7"')
IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    "Per token, 24 hours: a repeat with the same key and body gets the first answer and does nothing.",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "5f0c6f2e-7a53-4a0b-9a43-0d6b1d1e6c1b",
)
