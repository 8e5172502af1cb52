"""Tickets by the words of their subject.

Words that many have are met soon in whatever order a list has. For words that few have every subject would be read,
so an index is asked first: the app that keeps one sets `index`.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db.models import Q

from supportflow.core import clock
from supportflow.core.filtering import holds_words
from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk.models import Ticket

Index = Callable[[str, int], Sequence[int] | None]
LATELY = timedelta(hours=1)  # an index follows within seconds; what is as new as this is read itself

index: Index | None = None  # (words, most) → ids of the tickets whose subject has them, None where it cannot tell


def with_words(q: str, *, trash: bool) -> Q:
    """Every word stands in the subject; where few have them, as a whole word or its beginning.

    trash -- of tickets in the trash, else of the others: there is no index of both by when they changed
    """
    read = holds_words(q, "subject")
    few = index(q, COUNTED_UP_TO) if index else None
    if few is None:
        return read
    rows = Ticket.objects.trashed() if trash else Ticket.objects.alive()
    lately = rows.filter(read, updated_at__gt=clock.now() - LATELY).order_by("-updated_at")
    return Q(pk__in={*few, *lately.values_list("pk", flat=True)[:COUNTED_UP_TO]})
