"""A POST with an Idempotency-Key happens once; a repeat gets the answer of the first."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from supportflow.core.errors import Refused
from supportflow.core.models import KeptAnswer


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str]


def once(token_id: int, key: str, request: bytes, act: Callable[[], Answer]) -> Answer:
    """Run `act` and keep its answer in the same transaction, or give the kept one.

    `request` is what must be the same for the key to be the same request (method, path, body). Raises Refused
    (idempotency_key_reused). An answer that is an error is not kept: raise it out of `act`.
    """
    fingerprint = hashlib.sha256(request).hexdigest()
    if (kept := KeptAnswer.objects.filter(token_id=token_id, key=key).first()) is None:
        with transaction.atomic():
            try:
                with transaction.atomic():
                    # A second request at the same moment waits here for the first to commit, then is refused.
                    kept = KeptAnswer(token_id=token_id, key=key, fingerprint=fingerprint)
                    kept.save(force_insert=True)
            except IntegrityError:
                kept = KeptAnswer.objects.get(token_id=token_id, key=key)
            else:
                answer = act()
                kept.status, kept.body, kept.headers = answer.status, answer.body, answer.headers
                kept.save(update_fields=["status", "body", "headers"])
                return answer
    if kept.fingerprint != fingerprint:
        raise Refused(
            "idempotency_key_reused",
            _("This Idempotency-Key was used for another request. Send a new key with a new request."),
        )
    return Answer(kept.status, kept.body, kept.headers)
