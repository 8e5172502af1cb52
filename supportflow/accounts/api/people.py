"""Users and teams as the API shows them; they are made and changed in the settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import ROLES
from supportflow.accounts.permissions import LOWEST_ROLE
from supportflow.core.api import parameters
from supportflow.core.api.answers import listed, params_of, shown
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import Out, PageOut, Ref, RowId, examples
from supportflow.core.errors import NotFound
from supportflow.core.filtering import Reader, holds_words

users, teams, me = Routes("Users and teams"), Routes("Users and teams"), Routes("Users and teams")
SORTS = {"name": "name", "created_at": "created_at"}
_EMMA = {
    "id": 4,
    "name": "Emma Clarke",
    "email": "emma@supportflow.example",
    "role": "AGENT",
    "is_active": True,
    "time_zone": "Europe/London",
    "teams": [{"id": 1, "name": "First line"}],
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-01-05T09:00:00Z",
}
_TEAM = {
    "id": 1,
    "name": "First line",
    "is_private": False,
    "members": [{"id": 4, "name": "Emma Clarke"}],
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-01-05T09:00:00Z",
}


class UserOut(Out):
    """A person who logs in to work."""

    model_config = examples(_EMMA)
    id: int
    name: str
    email: str
    role: str
    is_active: bool
    time_zone: str
    teams: list[Ref]
    created_at: datetime
    updated_at: datetime


class MeOut(UserOut):
    """The user of the token, and what the role allows."""

    model_config = examples({**_EMMA, "permissions": ["contact.create", "ticket.create"]})
    permissions: list[str]


class TeamOut(Out):
    """Users who share a queue. A private one is seen by its members, supervisors and admins alone."""

    model_config = examples(_TEAM)
    id: int
    name: str
    is_private: bool
    members: list[Ref]
    created_at: datetime
    updated_at: datetime


class UserPage(PageOut[UserOut]):
    model_config = examples({"items": [_EMMA], "next": None, "previous": None, "total": None})


class TeamPage(PageOut[TeamOut]):
    model_config = examples({"items": [_TEAM], "next": None, "previous": None, "total": None})


def _user(user: User) -> UserOut:
    return UserOut(**_values(user))


def _values(user: User) -> dict[str, Any]:
    plain = ("id", "name", "email", "role", "is_active", "time_zone", "created_at", "updated_at")
    refs = [Ref(id=team.pk, name=team.name) for team in user.teams.all()]
    return {**{name: getattr(user, name) for name in plain}, "teams": refs}


def _team(team: Team) -> TeamOut:
    plain = ("id", "name", "is_private", "created_at", "updated_at")
    members = [Ref(id=user.pk, name=user.name) for user in team.members.all()]
    return TeamOut(**{name: getattr(team, name) for name in plain}, members=members)


def _seen_teams(actor: User) -> QuerySet[Team]:
    return Team.objects.known_to(actor)


def _seen_users(actor: User) -> QuerySet[User]:
    rows: QuerySet[User] = User.objects.people()
    return rows.prefetch_related(Prefetch("teams", _seen_teams(actor)))


@users.list(
    "",
    UserPage,
    op="users_list",
    summary="List users",
    params=[
        *parameters.listing(SORTS, "name"),
        parameters.q("Words of the name, or the exact address."),
        parameters.one_of("role", ROLES, "Role."),
        parameters.flag("is_active", "Deactivated users cannot sign in and are assigned nothing."),
    ],
)
def list_users(request: ApiRequest) -> HttpResponse:
    read = Reader(params_of(request))
    roles, active, q = read.members("role", ROLES), read.flag("is_active"), read.q()
    read.done()
    rows = _seen_users(request.actor)
    if roles:
        rows = rows.filter(role__in=roles)
    if active is not None:
        rows = rows.filter(is_active=active)
    if q:
        rows = rows.filter(holds_words(q, "name")) | rows.filter(email__iexact=q)
    return listed(request, rows, sorts=SORTS, default="name", shape=_all_users)


def _all_users(rows: Sequence[User]) -> list[UserOut]:
    return [_user(user) for user in rows]


@users.get("/{id}", UserOut, op="user_get", summary="Get a user", versioned=True)
def get_user(request: ApiRequest, id: RowId) -> HttpResponse:
    user = _seen_users(request.actor).filter(pk=id).first()
    if user is None:
        raise NotFound
    return shown(request, _user(user), user.version)


@me.get("", MeOut, op="me_get", summary="Who am I?", versioned=True)
def get_me(request: ApiRequest) -> HttpResponse:
    user = _seen_users(request.actor).get(pk=request.actor.pk)
    allowed = sorted(name for name in LOWEST_ROLE if user.may(name))
    return shown(request, MeOut(**_values(user), permissions=allowed), user.version)


@teams.list(
    "",
    TeamPage,
    op="teams_list",
    summary="List teams",
    params=[*parameters.listing(SORTS, "name"), parameters.q("Words of the name.")],
)
def list_teams(request: ApiRequest) -> HttpResponse:
    read = Reader(params_of(request))
    q = read.q()
    read.done()
    rows = _whole_teams(request.actor)
    if q:
        rows = rows.filter(holds_words(q, "name"))
    return listed(request, rows, sorts=SORTS, default="name", shape=_all_teams)


def _all_teams(rows: Sequence[Team]) -> list[TeamOut]:
    return [_team(team) for team in rows]


def _whole_teams(actor: User) -> QuerySet[Team]:
    return _seen_teams(actor).prefetch_related(Prefetch("members", User.objects.people().order_by("name", "pk")))


@teams.get("/{id}", TeamOut, op="team_get", summary="Get a team", versioned=True)
def get_team(request: ApiRequest, id: RowId) -> HttpResponse:
    team = _whole_teams(request.actor).filter(pk=id).first()
    if team is None:
        raise NotFound
    return shown(request, _team(team), team.version)
