"""Masks what looks like a secret in a text, for logs and for the pages that show operators what went wrong."""

import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MASK = "•••"

_IN_TEXT = [
    (re.compile(r"\bsf_[\w-]{8,}"), f"sf_{MASK}"),
    (re.compile(r"(?<=/password/reset/key/)[\w-]+"), MASK),
    (re.compile(r"(?<=/invitation/)[\w:.-]+"), MASK),
    (re.compile(r"(://[^/\s:@]{0,200}:)[^/\s@]{1,200}(?=@)"), rf"\1{MASK}"),
    (re.compile(r"(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1{MASK}"),
    (
        re.compile(
            r"""(["']?\b\w{0,40}(?:password|passwd|secret|api_?key|access_?key|token|authorization|cookie)["']?\s{0,3}[:=]\s{0,3}["']?)"""
            r"""[^\s"',;&)}\]]{3,}""",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
]  # fmt: skip


def without_secrets(text: str) -> str:
    """`text`, which is bounded by its caller, with everything in it masked that looks like a secret."""
    for pattern, mask in _IN_TEXT:
        text = pattern.sub(mask, text)
    for secret in _known():
        text = text.replace(secret, MASK)
    return text


def _known() -> tuple[str, ...]:
    """The secrets of this installation, which may stand in a traceback without a word before them."""
    urls = tuple(_setting(name) for name in ("EMAIL_URL", "IMAP_URL", "STORAGE_URL", "VALKEY_URL"))
    passwords = [str(database.get("PASSWORD") or "") for database in settings.DATABASES.values()]
    return _spelled((_setting("SECRET_KEY"), _setting("METRICS_TOKEN"), *passwords), urls)


def _setting(name: str) -> str:
    """Empty where it is not set: a line of the log must not fail for it."""
    try:
        return str(getattr(settings, name, ""))
    except ImproperlyConfigured:  # said of an empty SECRET_KEY
        return ""


@lru_cache(4)
def _spelled(secrets: tuple[str, ...], urls: tuple[str, ...]) -> tuple[str, ...]:
    """Each as it is and as it stands in a URL."""
    # Four letters or fewer may be part of any word.
    known = {secret for secret in (*secrets, *(_password_of(url) for url in urls)) if len(secret) > 4}
    return tuple(sorted(known | {quote(secret, safe="") for secret in known}, key=len, reverse=True))


def _password_of(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""
