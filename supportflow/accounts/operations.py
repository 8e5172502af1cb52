"""Users, teams and tokens change here and nowhere else."""

import secrets
import zoneinfo
from datetime import datetime, timedelta
from functools import cache

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from supportflow.accounts.models import ApiToken, Team, User
from supportflow.accounts.permissions import Role
from supportflow.core import clock, text
from supportflow.core.actors import Actor
from supportflow.core.door import change, count_change, lock, operation, record
from supportflow.core.errors import Forbidden, Invalid, Refused

ROLES = (Role.AGENT, Role.SUPERVISOR, Role.ADMIN)
THEMES = ("system", "light", "dark")
TOKEN_PREFIX = "sf_"  # noqa: S105  the public prefix, so that leaked tokens can be searched for
LAST_USED_EVERY = timedelta(minutes=1)
_zones = cache(zoneinfo.available_timezones)  # it walks a folder of 600 files


@operation
def create_user(
    email: str, name: str, role: str = Role.AGENT, *, password: str | None = None, time_zone: str = "UTC", by: Actor
) -> User:
    """A person who may sign in; without a password only after a reset by mail."""
    by.must("user.create")
    user = User(
        email=_free_address(email),
        name=text.line("name", name, most=120),
        role=_known("role", role, tuple(ROLES)),
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
def update_user(user: User, *, by: Actor, **values: str) -> User:
    """Change `name`, `role`, `email`; a person may change the own `name`, `time_zone`, `theme`, `language`."""
    own = {"name", "time_zone", "theme", "language"}
    if not (by.actor_type == "user" and by.actor_id == user.pk and set(values) <= own):
        by.must("user.update")
    admins = _lock_admins() if "role" in values else []
    user = lock(user)
    _refuse_system(user)
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
    _refuse_system(user)
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
    _refuse_system(user)
    if changes := change(user, is_active=True):
        record("user.reactivated", user, by=by, **changes)
    return user


@operation
def set_password(user: User, password: str, *, by: Actor) -> User:
    """The new password ends every session of the user (Django's session hash changes with it)."""
    if not (by.actor_type == "user" and by.actor_id == user.pk):
        by.must("user.update")
    user = lock(user)
    _refuse_system(user)
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


@operation
def create_team(name: str, *, is_private: bool = False, members: list[User] | None = None, by: Actor) -> Team:
    by.must("team.update")
    name = text.line("name", name, most=80)
    if Team.objects.filter(name__iexact=name).exists():
        raise Invalid({"name": _("There is a team with this name already.")})
    team = Team(name=name, is_private=is_private)
    team.save(force_insert=True)
    team.members.set(members or [])
    record("team.created", team, by=by, meta={"members": sorted(user.pk for user in members or [])})
    return team


@operation
def set_team_members(team: Team, members: list[User], *, by: Actor) -> Team:
    by.must("team.update")
    team = lock(team)
    old = sorted(team.members.values_list("pk", flat=True))
    new = sorted({user.pk for user in members})
    if old != new:
        team.members.set(members)
        count_change(team)
        record("team.members_changed", team, by=by, members=[old, new])
    return team


@operation
def update_team(team: Team, *, name: str | None = None, is_private: bool | None = None, by: Actor) -> Team:
    by.must("team.update")
    team = lock(team)
    values: dict[str, object] = {}
    if name is not None:
        values["name"] = text.line("name", name, most=80)
        if Team.objects.filter(name__iexact=values["name"]).exclude(pk=team.pk).exists():
            raise Invalid({"name": _("There is a team with this name already.")})
    if is_private is not None:
        values["is_private"] = is_private
    if changes := change(team, **values):
        record("team.updated", team, by=by, **changes)
    return team


@operation
def create_token(user: User, name: str, *, expires_at: datetime | None = None, by: Actor) -> tuple[ApiToken, str]:
    """The token's row and its text, which is never shown again."""
    by.must("token.create")
    _refuse_system(user)
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
    if not (by.actor_type == "user" and by.actor_id == token.user_id):
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


def _clean(user: User, name: str, value: str) -> str:
    if name == "name":
        return text.line("name", value, most=120)
    if name == "email":
        return _free_address(value, user)
    if name == "role":
        return _known("role", value, tuple(ROLES))
    if name == "time_zone":
        return _zone(value)
    if name == "theme":
        return _known("theme", value, THEMES)
    if name == "language":
        return text.line("language", value, most=10, required=False)
    raise TypeError(f"update_user has no field {name}")


def _known(field: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Invalid({field: _("Use one of: %(known)s.") % {"known": ", ".join(allowed)}})
    return value


def _zone(value: str) -> str:
    if value not in _zones():
        raise Invalid({"time_zone": _("This time zone is not known. Use a name such as Europe/Berlin.")})
    return value


def _free_address(email: str, user: User | None = None) -> str:
    email = text.email("email", email)
    if User.objects.filter(email__iexact=email).exclude(pk=user.pk if user else 0).exists():
        raise Invalid({"email": _("There is a user with this address already.")})
    return email


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid({"password": " ".join(error.messages)}) from None


def _refuse_system(user: User) -> None:
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
