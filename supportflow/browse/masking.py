"""What nobody is shown, whoever asks: keys, hashes, and answers that may hold a token."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import models

# Tables that do not stand here at all, and why.
ABSENT = {
    "sessions.Session": "its keys are open sessions",
    "account.EmailConfirmation": "its keys prove an address; we send none",
    "auth.Group": "Django's own rights, which we do not use: the role decides",
    "auth.Group_permissions": "as auth.Group",
    "auth.Permission": "as auth.Group",
    "contenttypes.ContentType": "Django's own list of its models",
}
# Columns that are never read from the database for these pages.
MASKED = {
    "accounts.User": {"password"},
    "accounts.ApiToken": {"digest"},
    # What a form or an API request was answered; an answer may have shown a secret once.
    "core.KeptAnswer": {"body", "headers", "fingerprint"},
}
# Columns whose name sounds like a secret and which hold none.
HARMLESS = {
    "core.KeptAnswer.key": "the client's own name for a request, or a digest of a form",
    "core.KeptAnswer.token_id": "a number",
    "crm.ContactEmail.key": "the address, casefolded",
    "jobs.Job.live_key": "the task and what it works on",
    "tags.Tag.key": "the name, casefolded",
}
SOUNDS_SECRET = re.compile(r"pass|secret|token|digest|hash|key|salt|credential|cookie|session", re.IGNORECASE)
MASK = "•••"

_IN_TEXT = [
    (re.compile(r"\bsf_[\w-]{8,}"), f"sf_{MASK}"),
    (re.compile(r"(?<=/password/reset/key/)[\w-]+"), MASK),
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


def is_masked(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.BinaryField) or field.name in MASKED.get(field.model._meta.label, ())


def without_secrets(text: str) -> str:
    """`text`, which is bounded by its caller, with everything in it masked that looks like a secret."""
    for pattern, mask in _IN_TEXT:
        text = pattern.sub(mask, text)
    for secret in _known():
        text = text.replace(secret, MASK)
    return text


def _known() -> list[str]:
    """The secrets of this installation, which may stand in a traceback without a word before them."""
    given = [settings.SECRET_KEY, str(settings.DATABASES["default"].get("PASSWORD", ""))]
    given += [unquote(urlsplit(url).password or "") for url in (settings.EMAIL_URL, settings.VALKEY_URL)]
    return [secret for secret in given if len(secret) > 3]
