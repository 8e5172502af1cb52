"""Teams change here and nowhere else. One that has tickets is dissolved by desk, which knows them."""

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from supportflow.accounts.models import Team, User
from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import change, count_change, lock, operation, record
from supportflow.core.errors import Invalid, Refused


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
def edit_team(team: Team, *, version: int | None = None, by: Actor, **values: Any) -> Team:
    """`name`, `is_private` and `members` in one act."""
    by.must("team.update")
    team = lock(team, version=version)
    members = values.pop("members", None)
    if values:
        team = update_team(team, by=by, **values)
    return team if members is None else set_team_members(team, members, by=by)


@operation
def delete_team(team: Team, *, by: Actor) -> None:
    """For ever; the trail keeps its name. Raises Refused while anything still names it."""
    by.must("team.update")
    team = lock(team)
    record("team.deleted", team, by=by, meta={"name": team.name, "is_private": team.is_private})
    team.members.clear()
    try:
        with transaction.atomic():
            team.delete()
    except ProtectedError:
        raise Refused("team_in_use", _("The team still has tickets, mailboxes or macros. Move them first.")) from None
