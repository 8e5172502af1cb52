"""What the index knows of subjects, for the ticket list's own box (desk/subjects.py)."""

from collections.abc import Sequence

from supportflow.core.filtering import MAX_WORDS
from supportflow.search.engines import engine
from supportflow.search.folding import sought
from supportflow.search.models import Document, Kind
from supportflow.search.operations import unfinished
from supportflow.search.wanted import Phrase, Wanted


def tickets_with(q: str, most: int) -> Sequence[int] | None:
    """The tickets whose subject has all words of `q` or longer ones that begin so, the trash among them.

    None where more than `most` have them, where one of the words has no letter and no digit, and while the index is
    still being made.
    """
    words = [sought(word) for word in q.split()[:MAX_WORDS]]
    if not all(words) or Kind.TICKET in unfinished():
        return None
    told = engine().expression(Wanted(tuple((Phrase(word, begins=True),) for word in words)), titles=True)
    rows = engine().matching(Document.objects.all(), Kind.TICKET, told).values_list("object_id", flat=True)
    found = list(rows[: most + 1])
    return found if len(found) <= most else None
