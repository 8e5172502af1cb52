"""Tickets by the words of their messages. Only an index can tell: the app that keeps one sets `index`."""

from collections.abc import Callable
from dataclasses import dataclass

from supportflow.core.actors import Actor
from supportflow.desk.models import TicketQuerySet


@dataclass(frozen=True)
class Said:
    """Tickets with a message that has the words.

    is_cut -- more messages have them than were looked at, the newest first
    is_whole -- the index has all messages; false while it is being made
    """

    tickets: frozenset[int] = frozenset()
    is_cut: bool = False
    is_whole: bool = True


Index = Callable[[str, TicketQuerySet, bool], Said]

index: Index | None = None  # (words, the tickets that come into question, whether notes count)


def saying(text: str, rows: TicketQuerySet, actor: Actor) -> Said:
    """Those of `rows`, visible to `actor` already, with such a message that the actor may read."""
    return index(text, rows, actor.actor_type != "contact") if index else Said(is_whole=False)
