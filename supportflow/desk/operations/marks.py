"""A user's own marks on tickets. Seeing and starring are nobody else's business: the trail tells of following alone."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.door import operation, record
from supportflow.desk.models import Reading, Ticket


@operation
def see_ticket(ticket: Ticket, *, by: User) -> None:
    """What is there now is no news to this user any more."""
    by.must("ticket.update", ticket)
    now = clock.now()
    mine = mark_of(ticket, by)
    # Two tabs may come in any order: never back in time.
    Reading.objects.filter(Q(seen_at=None) | Q(seen_at__lt=now), pk=mine.pk).update(seen_at=now)


@operation
def forget_ticket(ticket: Ticket, *, by: User) -> None:
    """Unread again."""
    by.must("ticket.update", ticket)
    Reading.objects.filter(pk=mark_of(ticket, by).pk).update(seen_at=ticket.created_at - timedelta(seconds=1))


@operation
def star_ticket(ticket: Ticket, on: bool, *, by: User) -> None:
    by.must("ticket.update", ticket)
    Reading.objects.filter(pk=mark_of(ticket, by).pk).update(is_starred=on)


@operation
def follow_ticket(ticket: Ticket, on: bool = True, *, user: User | None = None, by: User) -> None:
    """Tell `user` (the actor, if not given) of what happens here."""
    user = user or by
    by.must("ticket.update", ticket)
    user.must("ticket.update", ticket)
    if Reading.objects.filter(pk=mark_of(ticket, user).pk, is_following=not on).update(is_following=on):
        facts = {"user": user.pk, "name": user.name}
        record("ticket.followed" if on else "ticket.unfollowed", ticket, by=by, meta=facts)


def let_follow(ticket: Ticket, users: Iterable[User]) -> None:
    """Inside the operation whose activity names them: whoever is called follows from now on."""
    rows = [Reading(ticket=ticket, user=user, is_following=True) for user in users]
    Reading.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["ticket", "user"], update_fields=["is_following"]
    )


def mark_of(ticket: Ticket, user: User) -> Reading:
    """The user's row of marks on the ticket."""
    with transaction.atomic():
        return Reading.objects.get_or_create(ticket=ticket, user=user)[0]


def stay_read(tickets: Iterable[Ticket], by: User) -> None:
    """What a user does to tickets (as they were before) is no news to that user: what was read stays so."""
    before = {ticket.pk: ticket.updated_at for ticket in tickets}
    mine = (
        Reading.objects.filter(user=by, ticket__in=before).exclude(seen_at=None).values_list("pk", "ticket", "seen_at")
    )
    read = [pk for pk, ticket, seen_at in mine if seen_at and seen_at >= before[ticket]]
    Reading.objects.filter(pk__in=read).update(seen_at=clock.now())
