"""A form that comes twice (a second click, a reload, a browser that tries again) does its work once.

Each rendering of a form carries a random `once`. The first sending keeps what came of it, in the transaction of the
change itself; the same form with the same content gets that again. Other content is another sending: somebody went
back, wrote on and meant it.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from markupsafe import Markup

from supportflow.core import idempotency
from supportflow.core.models import KeptAnswer

FORMS = 0  # in place of a token's id, which no token has
_VALUE = re.compile(r"[\w-]{16,64}", re.ASCII)


@dataclass(frozen=True)
class Done:
    """What came of a form: the page that shows it, and the toast that says so."""

    address: str
    text: str
    tags: str = ""


def once_field() -> Markup:
    """The hidden field of a form that must not work twice."""
    return Markup('<input type="hidden" name="once" value="{}">').format(secrets.token_urlsafe(16))


def done_before(request: HttpRequest) -> Done | None:
    """What came of this same form earlier. Asked first: its files, for one, are attached and no longer to be had."""
    key = _key(request)
    kept = KeptAnswer.objects.filter(token_id=FORMS, key=key).first() if key else None
    return None if kept is None else _done(idempotency.Answer(kept.status, kept.body, kept.headers))


def once(request: HttpRequest, act: Callable[[], Done]) -> Done:
    """Run `act` in one transaction, or tell what came of the same form, be it sent in this same moment."""
    key = _key(request)
    if key is None:
        with transaction.atomic():
            return act()
    return _done(idempotency.once(FORMS, key, b"", lambda: _kept(act())))


def tell(request: HttpRequest, done: Done) -> HttpResponse:
    messages.success(request, done.text, extra_tags=done.tags)
    return redirect(done.address)


def _kept(done: Done) -> idempotency.Answer:
    return idempotency.Answer(302, done.text, {"address": done.address, "tags": done.tags})


def _done(kept: idempotency.Answer) -> Done:
    return Done(text=kept.body, **kept.headers)


def _key(request: HttpRequest) -> str | None:
    """Who sent what where, as one hash; None for a form without the field."""
    if not _VALUE.fullmatch(request.POST.get("once", "")):
        return None
    # The CSRF token is masked anew in each rendering and says nothing of the content.
    told = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
    digest = hashlib.sha256(repr((request.user.pk, request.path, told)).encode())
    for name, files in request.FILES.lists():
        for file in files:
            digest.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                digest.update(chunk)
    return f"form {digest.hexdigest()}"
