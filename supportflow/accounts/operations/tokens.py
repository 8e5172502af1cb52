"""API tokens are made and revoked here."""

import secrets
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from supportflow.accounts.models import ApiToken, User
from supportflow.accounts.operations.people import refuse_system
from supportflow.core import clock, text
from supportflow.core.actors import Actor, is_self
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Refused

TOKEN_PREFIX = "sf_"  # noqa: S105  the public prefix, so that leaked tokens can be searched for
LAST_USED_EVERY = timedelta(minutes=1)


@operation
def create_token(user: User, name: str, *, expires_at: datetime | None = None, by: Actor) -> tuple[ApiToken, str]:
    """The token's row and its text, which is never shown again."""
    by.must("token.create")
    refuse_system(user)
    if not user.is_active:
        raise Refused("user_inactive", _("This user is deactivated and cannot have tokens."))
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        name=text.line("name", name, most=80),
        digest=ApiToken.digest_of(secret),
        hint=secret[:8],
        expires_at=expires_at,
    )
    token.save(force_insert=True)
    record("token.created", token, by=by, meta={"user": user.pk, "name": token.name, "hint": token.hint})
    return token, secret


@operation
def revoke_token(token: ApiToken, *, by: Actor) -> ApiToken:
    if not is_self(by, token.user_id):
        by.must("user.update")
    token = lock(token)
    if token.revoked_at is None:
        change(token, revoked_at=clock.now())
        record("token.revoked", token, by=by, meta={"user": token.user_id, "name": token.name})
    return token


def note_token_use(token: ApiToken) -> None:
    """At most once a minute, so that reading through the API does not become writing."""
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at >= LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
