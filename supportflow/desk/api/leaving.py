"""How users, teams and tags end: what was theirs goes to another."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from pydantic import Field

from supportflow.accounts.api.people import UserOut, team_seen, teams, user_answer, user_seen, users
from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.operations import user_or_invalid
from supportflow.core.api.answers import json_answer
from supportflow.core.api.schemas import Id, In, Out, RowId, examples
from supportflow.core.errors import Invalid
from supportflow.core.paging import COUNTED_UP_TO, bounded_count
from supportflow.crm.models import Contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import dismiss_user, dissolve_team, merge_tags
from supportflow.desk.operations.cleaning import team as team_or_invalid
from supportflow.tags.api import TagOut, tag_or_404, tags
from supportflow.tags.models import Tag

__all__ = ["tags", "teams", "users"]  # with these routes


class DepartureIn(In):
    """Who gets the open tickets; null for nobody."""

    model_config = examples({"successor_id": 4})
    successor_id: Id | None = Field(default=None, description="Tickets that this user may not see go to nobody.")


@users.post("/{id}/deactivation", UserOut, op="user_deactivate", summary="Deactivate a user", status=200)
def post_deactivation(request: ApiRequest, id: RowId, data: DepartureIn) -> HttpResponse:
    """Sessions and tokens end at once. The open tickets move in the background, with an activity for each."""
    user = user_seen(request, id)
    request.actor.must("user.update")
    dismiss_user(user, user_or_invalid(data.successor_id, "successor_id"), by=request.actor)
    return user_answer(request, id)


class TeamEndIn(In):
    """Which team gets tickets, mailboxes and macros; null for none."""

    model_config = examples({"successor_id": 2})
    successor_id: Id | None = None


class TeamEndOut(Out):
    """`done`: the team is gone. Otherwise it goes when its tickets have moved."""

    model_config = examples({"done": False, "tickets": 120})
    done: bool
    tickets: int = Field(description=f"How many there are to move; {COUNTED_UP_TO + 1} means more.")


@teams.post("/{id}/dissolution", TeamEndOut, op="team_dissolve", summary="Delete a team", status=202)
def post_dissolution(request: ApiRequest, id: RowId, data: TeamEndIn) -> HttpResponse:
    """What the team has goes to another one, tickets in the background with an activity for each."""
    request.actor.must("team.update")
    team = team_seen(request, id)
    tickets = bounded_count(Ticket.objects.filter(team=team))
    done = dissolve_team(team, team_or_invalid(data.successor_id, request.actor, "successor_id"), by=request.actor)
    return json_answer(TeamEndOut(done=done, tickets=tickets), 202)


class MergingIn(In):
    """The tag that stays."""

    model_config = examples({"into_id": 4})
    into_id: Id


class MergingOut(Out):
    """How much gets the other tag. It happens in the background, with an activity for each."""

    model_config = examples({"into": {"id": 4, "name": "vip", "color": "#b8860b"}, "tickets": 12, "contacts": 1})
    into: TagOut
    tickets: int = Field(description=f"{COUNTED_UP_TO + 1} means more.")
    contacts: int = Field(description=f"{COUNTED_UP_TO + 1} means more.")


@tags.post("/{id}/merging", MergingOut, op="tag_merge", summary="Merge a tag into another", status=202)
def post_merging(request: ApiRequest, id: RowId, data: MergingIn) -> HttpResponse:
    """All that wears the tag wears the other one, macros and views follow, and the tag is deleted for ever."""
    tag, into = tag_or_404(id), Tag.objects.filter(pk=data.into_id).first()
    request.actor.must("tag.delete")
    if into is None:
        raise Invalid({"into_id": _("There is no tag with this id.")})
    tickets, contacts = Ticket.objects.filter(tags=tag), Contact.objects.filter(tags=tag)
    found = MergingOut(into=TagOut.of(into), tickets=bounded_count(tickets), contacts=bounded_count(contacts))
    merge_tags(tag, into, by=request.actor)
    return json_answer(found, 202)
