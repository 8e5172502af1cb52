"""Who is there."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from supportflow.core import clock
from supportflow.desk.draft_models import Draft
from supportflow.desk.models import Ticket
from supportflow.live.models import Presence

CHANNEL = "supportflow_activity"  # what the hub listens to
GONE_AFTER = timedelta(seconds=20)  # static/js/presence.js says so again well before

Places = dict[int, dict[int, bool]]  # ticket → user → whether a reply is being written


@dataclass(frozen=True)
class Colleague:
    pk: int
    name: str
    is_writing: bool

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


def everybody() -> Places:
    """All who are somewhere: one short question, whatever the number of those who ask themselves."""
    found: Places = defaultdict(dict)
    there = Presence.objects.filter(heard_at__gt=clock.now() - GONE_AFTER).order_by("pk")
    for ticket, user, is_writing in there.values_list("ticket_id", "user_id", "is_writing"):
        found[ticket][user] = found[ticket].get(user, False) or is_writing
    return found


def colleagues_at(ticket: Ticket, me: int) -> list[Colleague]:
    """Who else has the ticket open, those who write first."""
    there = Presence.objects.filter(ticket=ticket.pk, heard_at__gt=clock.now() - GONE_AFTER, user__is_active=True)
    rows = (
        there.exclude(user=me).order_by("is_writing", "user__name").values_list("user_id", "user__name", "is_writing")
    )
    # A reply that may still be taken back is on its way: whoever answers now would answer twice.
    held = set(Draft.objects.held().filter(ticket=ticket.pk).values_list("user_id", flat=True))
    found = {pk: Colleague(pk, name, is_writing or pk in held) for pk, name, is_writing in rows}
    return sorted(found.values(), key=lambda one: (not one.is_writing, one.name))
