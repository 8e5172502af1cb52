"""What nobody is shown, whoever asks: keys, hashes, and answers that may hold a token."""

import re
from typing import Any

from django.db import models

from supportflow.core.masking import MASK, without_secrets

__all__ = ["ABSENT", "HARMLESS", "MASK", "MASKED", "SOUNDS_SECRET", "is_masked", "without_secrets"]

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
    "accounts.Invitation": {"nonce"},
    # What a form or an API request was answered; an answer may have shown a secret once.
    "core.KeptAnswer": {"body", "headers", "fingerprint"},
}
# Columns whose name sounds like a secret and which hold none.
HARMLESS = {
    "core.KeptAnswer.key": "the client's own name for a request, or a digest of a form",
    "core.KeptAnswer.token_id": "a number",
    "crm.ContactEmail.key": "the address, casefolded",
    "jobs.Job.live_key": "the task and what it works on",
    "notifications.Notification.key": "what it tells of: an activity's number, or a date",
    "tags.Tag.key": "the name, casefolded",
}
SOUNDS_SECRET = re.compile(r"pass|secret|token|digest|hash|key|salt|credential|cookie|session", re.IGNORECASE)


def is_masked(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.BinaryField) or field.name in MASKED.get(field.model._meta.label, ())
