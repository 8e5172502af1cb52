"""Dates and ids of a mail, out of headers that often hold something else."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from .headers import Headers, unfold

MAX_REFERENCES = 200
_ID = re.compile(r"<([^<>]{1,990})>")
_BARE_ID = re.compile(r"[^\s<>\"(),;:]{1,500}@[^\s<>\"(),;:]{1,490}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?")


def date_of(headers: Headers) -> datetime | None:
    """The Date header in UTC; None for what is no date or beyond the years 1970 to 2200."""
    text = re.sub(r"\([^()]*\)?", " ", unfold(headers.raw("date"))[:200]).strip()
    try:
        found = _rfc5322(text) or _rfc3339(text)
        return found.astimezone(UTC) if found and 1970 <= found.year <= 2200 else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def message_id_of(headers: Headers) -> str | None:
    return next(iter(ids_in(headers.raw("message-id"))), None)


def in_reply_to_of(headers: Headers) -> str | None:
    return next(iter(ids_in(headers.raw("in-reply-to"))), None)


def references_of(headers: Headers) -> tuple[str, ...]:
    ids = [found for value in headers.all("references")[:10] for found in ids_in(value)]
    if len(ids) > MAX_REFERENCES:
        ids = [ids[0], *ids[1 - MAX_REFERENCES :]]
    return tuple(ids)


def ids_in(value: bytes) -> list[str]:
    """Message ids with their brackets, repeats left out; ids without brackets are taken if there are no others."""
    text = unfold(value)
    found = [re.sub(r"\s+", "", match.group(1)) for match in _ID.finditer(text)]
    found = found or [match.group() for match in _BARE_ID.finditer(text)]
    if not found and text and " " not in text:
        found = [text.strip("<>")[:990]]
    return list(dict.fromkeys(f"<{clean}>" for item in found if (clean := _printable(item))))


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable() and not "\ud800" <= character <= "\udfff")


def _rfc5322(text: str) -> datetime | None:
    parts = parsedate_tz(text)
    if parts is None:
        return None
    year, month, day, hour, minute, second, *_, offset = parts
    zone = timezone(timedelta(seconds=offset or 0))
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)


def _rfc3339(text: str) -> datetime | None:
    match = _RFC3339.match(text)
    found = datetime.fromisoformat(match.group()) if match else None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
