"""The page at /api/docs: the OpenAPI document as people read it, rendered here, without a script."""

import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from markupsafe import Markup

from supportflow.api import schema
from supportflow.api.codes import CODES
from supportflow.api.openapi import operations

TONES = {"GET": "blue", "POST": "green", "PUT": "amber", "PATCH": "amber", "DELETE": "red"}


@dataclass(frozen=True)
class Value:
    """A field or parameter: where it stands ("query", "header" …), what it holds, what it means."""

    name: str
    kind: str
    needed: bool
    about: Markup
    where: str = ""


@dataclass(frozen=True)
class Route:
    id: str
    method: str
    path: str
    summary: str
    about: Markup
    tone: str
    params: list[Value]
    takes: str  # the name of the schema of its body, "" without
    gives: str
    answers: list[tuple[str, str]]


@dataclass(frozen=True)
class Shape:
    name: str
    about: Markup
    fields: list[Value]
    example: str


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    groups, shapes = _contents()
    return render(request, "api/docs.html", {"groups": groups, "shapes": shapes, "codes": CODES})


@functools.cache
def _contents() -> tuple[dict[str, list[Route]], list[Shape]]:
    document = schema()
    groups: dict[str, list[Route]] = defaultdict(list)
    for method, path, operation in operations(document):
        groups[operation["tags"][0]].append(_route(method, path, operation))
    found = document["components"]["schemas"]
    return dict(groups), [_shape(name, found[name]) for name in sorted(found) if found[name].get("properties")]


def _route(method: str, path: str, operation: Mapping[str, Any]) -> Route:
    own = {status: answer for status, answer in operation["responses"].items() if "$ref" not in answer}
    body = operation.get("requestBody", {}).get("content", {})
    return Route(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        about=_marked(operation.get("description", "")),
        tone=TONES[method],
        params=[_parameter(parameter) for parameter in operation["parameters"]],
        takes=_first_schema(body),
        gives=next((name for answer in own.values() if (name := _first_schema(answer.get("content", {})))), ""),
        answers=[(status, answer["description"]) for status, answer in own.items()],
    )


def _first_schema(content: Mapping[str, Any]) -> str:
    return next((_kind(media["schema"]) for media in content.values()), "")


def _parameter(parameter: Mapping[str, Any]) -> Value:
    about = _marked(parameter.get("description", ""))
    return Value(parameter["name"], _kind(parameter["schema"]), parameter["required"], about, parameter["in"])


def _shape(name: str, found: Mapping[str, Any]) -> Shape:
    needed = found.get("required", [])
    fields = [
        Value(field, _kind(value), field in needed, _about(value)) for field, value in found["properties"].items()
    ]
    example = json.dumps(found["examples"][0], indent=2, ensure_ascii=False)
    return Shape(name, _marked(found.get("description", "")), fields, example)


def _marked(text: str) -> Markup:
    """Our own words, with `code` as code."""
    parts = [
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def _about(value: Mapping[str, Any]) -> Markup:
    default = f"Default: {json.dumps(value['default'])}." if value.get("default") not in (None, [], {}) else ""
    return _marked(" ".join(filter(None, [value.get("description", ""), default])))


def _kind(value: Mapping[str, Any]) -> str:
    """What a value is, in a few words: "text, at most 250", "list of integer", "Ref or null"."""
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    for several in ("anyOf", "allOf", "oneOf"):
        if several in value:
            return _either(_kind(one) for one in value[several])
    if "enum" in value or "const" in value:
        return _either(value.get("enum", [value.get("const")]))
    if value.get("type") == "array":
        return f"list of {_kind(value['items'])}"
    kind = str(value.get("format") or {"string": "text"}.get(str(value.get("type")), value.get("type", "anything")))
    bounds = [f"{word} {value[key]}" for key, word in _BOUNDS.items() if key in value and value[key] < 10**12]
    return ", ".join([kind, *bounds])


_BOUNDS = {"minimum": "from", "maximum": "to", "maxLength": "at most"}


def _either(kinds: Iterable[Any]) -> str:
    return " or ".join(dict.fromkeys(str(kind) for kind in kinds))
