"""Users and teams. Users come by invitation (/api/invitations); how one leaves stands in desk/api/leaving.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from pydantic import Field

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import ROLES, create_team, edit_team, reactivate_user, update_user
from supportflow.accounts.operations.people import MAX_SIGNATURE
from supportflow.accounts.permissions import LOWEST_ROLE
from supportflow.core.api import parameters
from supportflow.core.api.answers import listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import UNSET, Flag, Id, In, Out, PageOut, Ref, RowId, Text, examples
from supportflow.core.errors import Invalid, NotFound
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
    "picture_url": None,
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
    picture_url: str | None
    teams: list[Ref]
    created_at: datetime
    updated_at: datetime


_OWN = {
    "language": "",
    "theme": "system",
    "density": "compact",
    "has_shortcuts": True,
    "signature": "Emma, **Support**",
}


class MeOut(UserOut):
    """The user of the token, with the own settings, and what the role allows."""

    model_config = examples({**_EMMA, **_OWN, "permissions": ["contact.create", "ticket.create"]})
    language: str = Field(description="Empty: as the browser asks.")
    theme: str
    density: str
    has_shortcuts: bool
    signature: str = Field(description="Markdown; stands under the mails of replies.")
    permissions: list[str]

    @classmethod
    def of(cls, user: User) -> "MeOut":
        allowed = sorted(name for name in LOWEST_ROLE if user.may(name))
        return cls(**_values(user), **{name: getattr(user, name) for name in _OWN}, permissions=allowed)


class MePatch(In):
    """The own settings to change."""

    model_config = examples({"time_zone": "Europe/Berlin"})
    name: Text = Field(default=UNSET, min_length=1, max_length=120)
    time_zone: Text = Field(default=UNSET, max_length=60)
    language: Text = Field(default=UNSET, max_length=10)
    theme: Literal["system", "light", "dark"] = UNSET
    density: Literal["compact", "comfortable"] = UNSET
    has_shortcuts: Flag = UNSET
    signature: Text = Field(default=UNSET, max_length=MAX_SIGNATURE)


class UserPatch(In):
    """What an administrator changes of a user. To deactivate: POST /users/{id}/deactivation."""

    model_config = examples({"role": "SUPERVISOR"})
    name: Text = Field(default=UNSET, min_length=1, max_length=120)
    email: Text = Field(default=UNSET, min_length=3, max_length=254)
    role: Literal["AGENT", "SUPERVISOR", "ADMIN"] = UNSET
    time_zone: Text = Field(default=UNSET, max_length=60)


class TeamIn(In):
    """The name is unique whatever its case."""

    model_config = examples({"name": "First line", "member_ids": [4]})
    name: Text = Field(min_length=1, max_length=80)
    is_private: Flag = False
    member_ids: list[Id] = Field(default=[], max_length=1000)


class TeamPatch(In):
    """The fields to change. `member_ids` are replaced as a whole."""

    model_config = examples({"name": "Second line"})
    name: Text = Field(default=UNSET, min_length=1, max_length=80)
    is_private: Flag = UNSET
    member_ids: list[Id] = Field(default=UNSET, max_length=1000)


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
    return {**{name: getattr(user, name) for name in plain}, "picture_url": _picture_url(user), "teams": refs}


def _picture_url(user: User) -> str | None:
    """For people who are signed in: a browser shows it with its session."""
    address = reverse("user_picture", args=[user.pk, user.picture]) if user.picture else None
    return address and settings.BASE_URL + address


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
    user = user_seen(request, id)
    return shown(request, _user(user), user.version)


@users.patch("/{id}", UserOut, op="user_change", summary="Change a user")
def patch_user(request: ApiRequest, id: RowId, data: UserPatch) -> HttpResponse:
    user = user_seen(request, id)
    update_user(user, version=wanted_version(request, user), by=request.actor, **data.given())
    return user_answer(request, id)


@users.post("/{id}/reactivation", UserOut, op="user_reactivate", summary="Reactivate a user", status=200)
def post_reactivation(request: ApiRequest, id: RowId) -> HttpResponse:
    reactivate_user(user_seen(request, id), by=request.actor)
    return user_answer(request, id)


def user_seen(request: ApiRequest, pk: int) -> User:
    """Raises NotFound."""
    user = _seen_users(request.actor).filter(pk=pk).first()
    if user is None:
        raise NotFound
    return user


def user_answer(request: ApiRequest, pk: int) -> HttpResponse:
    """As it is now."""
    user = user_seen(request, pk)
    return shown(request, _user(user), user.version)


@me.get("", MeOut, op="me_get", summary="Who am I?", versioned=True)
def get_me(request: ApiRequest) -> HttpResponse:
    return my_answer(request)


def my_answer(request: ApiRequest) -> HttpResponse:
    user = _seen_users(request.actor).get(pk=request.actor.pk)
    return shown(request, MeOut.of(user), user.version)


@me.patch("", MeOut, op="me_change", summary="Change the own settings")
def patch_me(request: ApiRequest, data: MePatch) -> HttpResponse:
    user = User.objects.get(pk=request.actor.pk)
    update_user(user, version=wanted_version(request, user), by=user, **data.given())
    return my_answer(request)


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
    team = team_seen(request, id)
    return shown(request, _team(team), team.version)


@teams.post("", TeamOut, op="team_create", summary="Create a team")
def post_team(request: ApiRequest, data: TeamIn) -> HttpResponse:
    request.actor.must("team.update")
    team = create_team(data.name, is_private=data.is_private, members=_members(None, data.member_ids), by=request.actor)
    return made(_team(_whole_teams(request.actor).get(pk=team.pk)), f"/api/teams/{team.pk}", team.version)


@teams.put("/{id}", TeamOut, op="team_replace", summary="Replace a team")
def put_team(request: ApiRequest, id: RowId, data: TeamIn) -> HttpResponse:
    return _edited(request, id, data.model_dump())


@teams.patch("/{id}", TeamOut, op="team_change", summary="Change a team")
def patch_team(request: ApiRequest, id: RowId, data: TeamPatch) -> HttpResponse:
    return _edited(request, id, data.given())


def _edited(request: ApiRequest, pk: int, values: dict[str, Any]) -> HttpResponse:
    request.actor.must("team.update")
    team = team_seen(request, pk)
    if "member_ids" in values:
        values["members"] = _members(team, values.pop("member_ids"))
    edit_team(team, version=wanted_version(request, team), by=request.actor, **values)
    team = team_seen(request, pk)
    return shown(request, _team(team), team.version)


def _members(team: Team | None, ids: list[int]) -> list[User]:
    found = {user.pk: user for user in User.objects.can_be_in(team).filter(pk__in=ids)}
    if missing := [pk for pk in ids if pk not in found]:
        raise Invalid({"member_ids": _("There is no active user %(id)s.") % {"id": missing[0]}})
    return list(found.values())


def team_seen(request: ApiRequest, pk: int) -> Team:
    """Raises NotFound."""
    team = _whole_teams(request.actor).filter(pk=pk).first()
    if team is None:
        raise NotFound
    return team
