"""Answers of the API: one item with its ETag, something made, nothing left, a page of a list."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, SerializeAsAny

from supportflow.core.api.problems import malformed
from supportflow.core.api.schemas import Out, PageOut
from supportflow.core.errors import Stale
from supportflow.core.filtering import Reader
from supportflow.core.models import Versioned
from supportflow.core.paging import page
from supportflow.core.prepared import Question

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
LIST_NAMES = frozenset({"limit", "cursor", "sort", "include"})
_TAGS = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]{0,100})"\s*')

M = TypeVar("M", bound=Model)
Shape = TypeVar("Shape", bound=Out)


def json_answer(body: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    content = body.__pydantic_serializer__.to_json(body)
    return HttpResponse(content, status=status, content_type="application/json", headers=dict(headers or {}))


def shown(request: HttpRequest, body: BaseModel, version: int | None = None) -> HttpResponse:
    """One item; 304 when the client has this version already (If-None-Match)."""
    if version is None:
        return json_answer(body)
    headers = {"ETag": f'"v{version}"'}
    known = request.headers.get("If-None-Match") if request.method == "GET" else None
    # Weak comparison here (RFC 9110, 13.1.2); what cannot be read matches nothing.
    if known and (known.strip() == "*" or f"v{version}" in {tag for _weak, tag in _entity_tags(known)}):
        return HttpResponse(status=304, headers=headers)
    return json_answer(body, headers=headers)


def made(body: BaseModel, location: str, version: int | None = None) -> HttpResponse:
    """201 with the address of what was made."""
    etag = {} if version is None else {"ETag": f'"v{version}"'}
    return json_answer(body, 201, {"Location": location, **etag})


def gone() -> HttpResponse:
    return HttpResponse(status=204)


def wanted_version(request: HttpRequest, row: Versioned) -> int | None:
    """The version that the change must find, from If-Match; None when the client does not say.

    Raises Stale (412) when the header names other versions, Problem (400) when it cannot be read. The operation asks
    again under its lock.
    """
    header = request.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return None
    tags = _entity_tags(header)
    if not tags:
        raise malformed(_('If-Match cannot be read. Send the ETag of the item, like "v7" with its quotes.'))
    # Strong comparison (RFC 9110, 13.1.1): a weak tag never matches.
    if f"v{row.version}" not in {tag for weak, tag in tags if not weak}:
        raise Stale(row.version)
    return row.version


def _entity_tags(header: str) -> list[tuple[bool, str]]:
    """(weak, tag) pairs of a list of entity tags; empty when it is none."""
    parts = [_TAGS.fullmatch(part) for part in header[:2000].split(",")]
    found = [(part[1] is not None, part[2]) for part in parts if part is not None]
    return found if len(found) == len(parts) else []


def params_of(request: HttpRequest) -> dict[str, list[str]]:
    return {name: request.GET.getlist(name) for name in request.GET}


def listed(
    request: HttpRequest,
    rows: QuerySet[Any] | Question[Any],
    *,
    sorts: Mapping[str, str],
    default: str,
    shape: Callable[[Sequence[M]], Sequence[Shape]],
    shown: Callable[[QuerySet[Any]], QuerySet[M]] | None = None,
) -> HttpResponse:
    """A page of `rows` by ?limit, ?cursor, ?sort and ?include; `shape` turns its rows into what is answered.

    `shown` is `paging.page`'s.
    """
    read = Reader(params_of(request))
    limit = _limit(read)
    cursor, sort, include = read.one("cursor"), read.one("sort"), read.many("include")
    if set(include) - {"total"}:
        read.errors["include"] = _("Use total.")
    read.done()
    found = page(rows, sort=default if sort is None else sort, allowed=sorts, limit=limit, cursor=cursor, shown=shown)
    all_rows = rows.build() if isinstance(rows, Question) else rows
    total = all_rows.order_by().count() if include else None
    items = shape(found.items)
    return json_answer(_Page.model_construct(items=items, next=found.next, previous=found.previous, total=total))


class _Page(PageOut[SerializeAsAny[Out]]):
    """A page that writes each item by the item's own schema."""


def _limit(read: Reader) -> int:
    value = read.one("limit")
    if value is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= MAX_LIMIT:
        read.errors["limit"] = _("Use a whole number from 1 to %(most)s.") % {"most": MAX_LIMIT}
        return DEFAULT_LIMIT
    return int(value)
