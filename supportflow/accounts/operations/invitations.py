"""Who is asked to join. The link that the mail carries is made of the row's nonce when the mail is written."""

import secrets
from datetime import timedelta
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from supportflow.accounts.models import Invitation, User
from supportflow.accounts.operations.people import ROLES, create_user, free_address
from supportflow.accounts.permissions import Role
from supportflow.core import clock, text
from supportflow.core.actors import Actor, System
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import NotFound, Refused

VALID_FOR = timedelta(days=7)
_SIGNER = signing.Signer(salt="supportflow.accounts.invitation")


@operation
def invite_user(email: str, name: str = "", role: str = Role.AGENT, *, by: Actor) -> Invitation:
    """Mail a link by which this person joins; asked again for the same address, it is the same as to send it again."""
    by.must("user.create")
    email = free_address(email)
    values = {"name": text.line("name", name, most=120, required=False), "role": text.one_of("role", role, ROLES)}
    waiting = Invitation.objects.open().filter(email__iexact=email).first()
    if waiting:
        return _send(lock(waiting), by, **values)
    invitation = Invitation(email=email, invited_by_name=by.actor_name[:250], **values, **_fresh_link())
    invitation.save(force_insert=True)
    record("invitation.created", invitation, by=by, meta={"email": email, "role": role})
    _owe_mail(invitation)
    return invitation


@operation
def resend_invitation(invitation: Invitation, *, by: Actor) -> Invitation:
    """A new link with a new time; the one before does not work any more."""
    by.must("user.create")
    invitation = lock(invitation)
    _refuse_settled(invitation)
    return _send(invitation, by)


@operation
def withdraw_invitation(invitation: Invitation, *, version: int | None = None, by: Actor) -> Invitation:
    """Its link does not work any more. Quiet for one that is withdrawn already."""
    by.must("user.create")
    invitation = lock(invitation, version=version)
    if invitation.withdrawn_at is None:
        _refuse_settled(invitation)
        changes = change(invitation, withdrawn_at=clock.now())
        record("invitation.withdrawn", invitation, by=by, **changes)
    return invitation


@operation
def accept_invitation(invitation: Invitation, name: str, password: str, *, time_zone: str = "UTC", by: Actor) -> User:
    """Whoever holds the link becomes a user. Raises Refused for a link that works no more."""
    by.must("user.create")
    fresh = lock(invitation)
    if not fresh.is_open or fresh.is_expired or fresh.nonce != invitation.nonce:
        raise Refused("invitation_over", _("This invitation works no more. Ask an administrator for a new one."))
    user = create_user(fresh.email, name, fresh.role, password=password, time_zone=time_zone, by=by)
    record("invitation.accepted", fresh, by=user, meta={"user": user.pk}, **change(fresh, accepted_at=clock.now()))
    return user


def token_of(invitation: Invitation) -> str:
    """What stands in the link: nobody can make one without our key."""
    return _SIGNER.sign_object([invitation.pk, invitation.nonce])


def invitation_of(token: str) -> Invitation:
    """The open invitation of a link. Raises NotFound for any other text, and for a link that is over."""
    try:
        pk, nonce = _SIGNER.unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound from None
    found = Invitation.objects.open().filter(pk=pk, nonce=nonce).first()
    if found is None or found.is_expired:
        raise NotFound
    return found


BY_LINK = System("invitation")


def _send(invitation: Invitation, by: Actor, **values: Any) -> Invitation:
    changes = change(invitation, **values, **_fresh_link())
    changes.pop("nonce")  # the trail is read by many
    record("invitation.sent", invitation, by=by, **changes)
    _owe_mail(invitation)
    return invitation


def _fresh_link() -> dict[str, Any]:
    now = clock.now()
    return {"nonce": secrets.token_urlsafe(32), "sent_at": now, "expires_at": now + VALID_FOR}


def _owe_mail(invitation: Invitation) -> None:
    from supportflow.accounts.tasks import mail_invitation  # the task reads the link from this module

    mail_invitation.enqueue(invitation.pk)


def _refuse_settled(invitation: Invitation) -> None:
    if not invitation.is_open:
        raise Refused("invitation_over", _("This invitation was accepted or withdrawn. Invite the person anew."))
