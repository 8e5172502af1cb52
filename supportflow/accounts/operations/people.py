"""Users change here and nowhere else."""

import zoneinfo
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.accounts.permissions import Role
from supportflow.core import clock, text
from supportflow.core.actors import Actor, is_self
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Forbidden, Invalid, Refused

ROLES = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)
THEMES = ("system", "light", "dark")
DENSITIES = ("compact", "comfortable")
MAX_SIGNATURE = 2_000
# What a person may change of the own row.
OWN = frozenset({"name", "time_zone", "language", "theme", "density", "signature", "has_shortcuts"})
_zones = cache(zoneinfo.available_timezones)  # it walks a folder of 600 files


@operation
def create_user(
    email: str, name: str, role: str = Role.AGENT, *, password: str | None = None, time_zone: str = "UTC", by: Actor
) -> User:
    """A person who may sign in; without a password only after a reset by mail."""
    by.must("user.create")
    user = User(
        email=free_address(email),
        name=text.line("name", name, most=120),
        role=text.one_of("role", role, ROLES),
        time_zone=_zone(time_zone),
        created_at=clock.now(),
    )
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
        user.set_password(password)
    user.save(force_insert=True)
    record("user.created", user, by=by, meta={"email": user.email, "role": user.role})
    return user


@operation
def update_user(user: User, *, version: int | None = None, by: Actor, **values: Any) -> User:
    """Change `name`, `role`, `email`; a person may change the own fields of `OWN`."""
    if not (is_self(by, user.pk) and set(values) <= OWN):
        by.must("user.update")
    admins = _lock_admins() if "role" in values else []
    user = lock(user, version=version)
    refuse_system(user)
    cleaned = {name: _clean(user, name, value) for name, value in values.items()}
    if cleaned.get("role", Role.ADMIN) != Role.ADMIN:
        _refuse_last(user, admins)
    if changes := change(user, **cleaned):
        record("user.updated", user, by=by, **changes)
    return user


@operation
def deactivate_user(user: User, *, by: Actor) -> User:
    """Nobody signs in as this user any more; open sessions and tokens end at once."""
    by.must("user.update")
    admins = _lock_admins()
    user = lock(user)
    refuse_system(user)
    _refuse_last(user, admins)
    if changes := change(user, is_active=False):
        end_sessions(user, by=by)
        user.tokens.filter(revoked_at=None).update(revoked_at=clock.now())
        record("user.deactivated", user, by=by, **changes)
    return user


@operation
def reactivate_user(user: User, *, by: Actor) -> User:
    by.must("user.update")
    user = lock(user)
    refuse_system(user)
    if changes := change(user, is_active=True):
        record("user.reactivated", user, by=by, **changes)
    return user


@operation
def set_password(user: User, password: str, *, by: Actor) -> User:
    """The new password ends every session of the user (Django's session hash changes with it)."""
    if not is_self(by, user.pk):
        by.must("user.update")
    user = lock(user)
    refuse_system(user)
    _check_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record("user.password_changed", user, by=by)
    return user


def end_sessions(user: User, *, by: Actor) -> int:
    """Forget the user's sessions; those that remain elsewhere fail as `is_active` is asked on each request."""
    by.must("user.update")
    mine = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=clock.now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    return Session.objects.filter(pk__in=mine).delete()[0]


def _clean(user: User, name: str, value: Any) -> Any:
    match name:
        case "name":
            return text.line("name", value, most=120)
        case "email":
            return free_address(value, user)
        case "role":
            return text.one_of("role", value, ROLES)
        case "time_zone":
            return _zone(value)
        case "theme":
            return text.one_of("theme", value, THEMES)
        case "density":
            return text.one_of("density", value, DENSITIES)
        case "language":
            return value and text.one_of("language", value, dict(settings.LANGUAGES))
        case "signature":
            return text.prose("signature", value, most=MAX_SIGNATURE, required=False)
        case "has_shortcuts":
            return bool(value)
    raise TypeError(f"update_user has no field {name}")


def _zone(value: str) -> str:
    if value not in _zones():
        raise Invalid({"time_zone": _("This time zone is not known. Use a name such as Europe/Berlin.")})
    return value


def free_address(email: str, user: User | None = None) -> str:
    email = text.email("email", email)
    if User.objects.filter(email__iexact=email).exclude(pk=user.pk if user else 0).exists():
        raise Invalid({"email": _("There is a user with this address already.")})
    return email


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid({"password": " ".join(error.messages)}) from None


def refuse_system(user: User) -> None:
    """The built-in user is nobody's to change."""
    if user.role == Role.SYSTEM:
        raise Forbidden("user.update")


def _lock_admins() -> list[User]:
    """Together and before any other user: two admins neither take each other's rights at once nor wait in a ring."""
    return list(User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk"))


def _refuse_last(user: User, admins: list[User]) -> None:
    if admins == [user]:
        raise Refused("last_admin", _("This is the last administrator. Make somebody else one first."))


def user_or_invalid(pk: int | None, field: str) -> User | None:
    """The active person with this id, None for None; raises Invalid naming `field`."""
    if pk is None:
        return None
    user: User | None = User.objects.at_work().filter(pk=pk).first() if 0 < pk < 2**63 else None
    if user is None:
        raise Invalid({field: _("There is no active user with this id.")})
    return user
