"""Saying that one is there. That is no change of a ticket: the trail tells nothing of it."""

from datetime import timedelta

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.door import operation
from supportflow.core.errors import Invalid
from supportflow.desk.models import Ticket
from supportflow.jobs.wakeup import announce
from supportflow.live.models import Presence
from supportflow.live.queries import CHANNEL, GONE_AFTER

TABS = 20  # of one user
CHANGES = 5  # by one user within a moment: more come from no hand
MOMENT = timedelta(seconds=1)


@operation
def look_at(ticket: Ticket, tab: str, *, is_writing: bool, by: User) -> bool | None:
    """Whether that is news to others; None when it comes too fast, and nothing was kept."""
    by.must("ticket.update", ticket)
    if not (0 < len(tab) <= 24 and tab.isascii() and tab.replace("-", "").isalnum()):
        raise Invalid({"tab": "up to 24 letters and digits"})
    now = clock.now()
    same = Presence.objects.filter(user=by.pk, tab=tab, ticket=ticket.pk, is_writing=is_writing)
    if same.filter(heard_at__gt=now - GONE_AFTER).update(heard_at=now):
        return False
    if Presence.objects.filter(user=by.pk, changed_at__gt=now - MOMENT).count() >= CHANGES:
        return None
    _make_room(by, tab)
    told = {"ticket_id": ticket.pk, "is_writing": is_writing, "heard_at": now, "changed_at": now}
    Presence.objects.update_or_create(user_id=by.pk, tab=tab, defaults=told)
    announce(CHANNEL)
    return True


@operation
def look_away(ticket: Ticket, tab: str, *, by: User) -> None:
    """The row stays for a while: who comes and goes without end is seen by it."""
    now = clock.now()
    there = Presence.objects.filter(user=by.pk, tab=tab, ticket=ticket.pk, heard_at__gt=now - GONE_AFTER)
    if there.update(heard_at=now - GONE_AFTER, changed_at=now):
        announce(CHANNEL)


def _make_room(user: User, tab: str) -> None:
    """What is long gone goes, of all; of this user also the oldest."""
    Presence.objects.filter(heard_at__lt=clock.now() - 3 * GONE_AFTER).delete()
    others = Presence.objects.filter(user=user.pk).exclude(tab=tab).order_by("-heard_at", "-pk")
    if too_many := list(others.values_list("pk", flat=True)[TABS - 1 :]):
        Presence.objects.filter(pk__in=too_many).delete()
