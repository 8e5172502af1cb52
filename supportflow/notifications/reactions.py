"""Who is told of what happened."""

from typing import Any

from supportflow.core.models import Activity
from supportflow.core.reactions import reaction
from supportflow.desk.models import Reading, Ticket
from supportflow.notifications.models import Kind
from supportflow.notifications.operations import tell

MOST_MENTIONED = 100


@reaction("ticket.assigned")
def tell_the_assignee(activity: Activity) -> None:
    assignee = activity.changes.get("assignee", [None, None])[1]
    if assignee is not None:
        _tell(activity, _ticket(activity), {assignee: Kind.ASSIGNED})


@reaction("ticket.created")
def tell_the_first_assignee(activity: Activity) -> None:
    """A ticket that somebody gave to a colleague from the start; who it was, the activity says by name alone."""
    ticket = _ticket(activity)
    if ticket and ticket.assignee and ticket.assignee.name == activity.metadata.get("assignee"):
        _tell(activity, ticket, {ticket.assignee.pk: Kind.ASSIGNED})


@reaction("ticket.replied", "ticket.noted", "ticket.answered")
def tell_of_a_comment(activity: Activity) -> None:
    """Followers, the assignee and who is mentioned. What a machine answered is no news."""
    ticket = _ticket(activity)
    if ticket is None or activity.metadata.get("automatic"):
        return
    following = Reading.objects.filter(ticket=ticket, is_following=True).values_list("user", flat=True)
    kinds = dict.fromkeys(following, Kind.ANSWERED)
    if ticket.assignee_id:
        kinds[ticket.assignee_id] = Kind.ANSWERED
    _tell(activity, ticket, kinds | dict.fromkeys(_mentioned(activity), Kind.MENTIONED))


def _mentioned(activity: Activity) -> list[int]:
    named: Any = activity.metadata.get("mentions")
    if activity.actor_type != "user" or not isinstance(named, list):
        return []
    return [pk for pk in named[:MOST_MENTIONED] if isinstance(pk, int) and not isinstance(pk, bool) and 0 < pk < 2**63]


def _ticket(activity: Activity) -> Ticket | None:
    """None when it is purged by now."""
    return Ticket.objects.select_related("team", "assignee").filter(pk=activity.ticket_id or 0).first()


def _tell(activity: Activity, ticket: Ticket | None, kinds: dict[int, Kind]) -> None:
    """Nobody of what they did themselves."""
    if activity.actor_type == "user":
        kinds.pop(activity.actor_id or 0, None)
    if ticket:
        tell(ticket, f"activity:{activity.pk}", kinds, activity.actor_name)
