"""A user or a team goes, and what was theirs goes on. Tickets follow in pieces: there may be very many.

The first piece is owed in the transaction of the leave itself, each next one by the piece before (desk/tasks.py).
"""

from django.utils.translation import gettext as _

from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import deactivate_user, delete_team
from supportflow.core.actors import Actor
from supportflow.core.bulk import Outcome
from supportflow.core.door import change, lock, lock_all, operation, record
from supportflow.core.errors import Invalid
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Mailbox, Ticket, TicketQuerySet
from supportflow.desk.operations.bulk import edit_tickets
from supportflow.desk.operations.editing import move_ticket
from supportflow.desk.operations.mailboxes import route_mailbox

PIECE = 100  # tickets of one transaction


@operation
def dismiss_user(user: User, successor: User | None, *, by: Actor) -> User:
    """Deactivate `user` at once. Their open tickets go to `successor`, or to nobody; so do those that the successor
    may not see."""
    from supportflow.desk.tasks import hand_over_tickets  # the task calls back into this module

    by.must("user.update")
    if successor is not None and (successor.pk == user.pk or not successor.may("ticket.update")):
        raise Invalid({"successor_id": _("Choose a colleague who is at work.")})
    user = deactivate_user(user, by=by)
    if _open_tickets(user.pk).exists():
        hand_over_tickets.enqueue(user.pk, successor.pk if successor else None, by.actor_id, 0)
    return user


@operation
def hand_over_piece(user_id: int, successor: User | None, after: int, *, by: Actor) -> int | None:
    """The next open tickets with a higher number than `after`; returns the last one's, None when it was the last."""
    by.must("user.update")
    if User.objects.at_work().filter(pk=user_id).exists():
        return None  # back again before the last piece
    tickets = list(_open_tickets(user_id).filter(pk__gt=after).order_by("pk")[:PIECE])
    outcome: Outcome[Ticket] = edit_tickets(tickets, assignee_id=successor.pk if successor else None, by=by)
    if successor and outcome.refused:
        edit_tickets([ticket for ticket, _error in outcome.refused], assignee_id=None, by=by)
    return tickets[-1].pk if len(tickets) == PIECE else None


def _open_tickets(user_id: int) -> TicketQuerySet:
    return Ticket.objects.alive().unsettled().filter(assignee=user_id)


@operation
def dissolve_team(team: Team, successor: Team | None, *, by: Actor) -> bool:
    """Give mailboxes and macros of the team to `successor`, or to no team, and owe the same of its tickets; the team
    is deleted when it has none any more. Returns whether that is now."""
    from supportflow.desk.tasks import empty_team  # the task calls back into this module

    by.must("team.update")
    team = lock(team)
    if successor is not None and successor.pk == team.pk:
        raise Invalid({"successor_id": _("Choose another team.")})
    for mailbox in lock_all(Mailbox.objects.filter(team=team)):
        route_mailbox(mailbox, successor, by=by)
    for macro in lock_all(Macro.objects.filter(team=team)):
        record("macro.updated", macro, by=by, **change(macro, team=successor))
    if Ticket.objects.filter(team=team).exists():
        empty_team.enqueue(team.pk, successor.pk if successor else None, by.actor_id)
        return False
    delete_team(team, by=by)
    return True


@operation
def empty_team_piece(team: Team, successor: Team | None, *, by: Actor) -> bool:
    """Move the next tickets of the team, those in the trash too; with none left, delete it. Returns whether that is
    now."""
    by.must("team.update")
    of_team = Ticket.objects.filter(team=team)
    tickets = list(of_team.alive()[:PIECE]) or list(of_team.trashed()[:PIECE])
    if not tickets:
        delete_team(team, by=by)
        return True
    for ticket in sorted(tickets, key=lambda row: row.pk):
        move_ticket(ticket, successor, even_in_trash=True, by=by)
    return False
