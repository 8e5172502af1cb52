"""What the index knows of messages, for the ticket list's filter (desk/conversations.py)."""

from django.db.models import Exists, OuterRef

from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk.conversations import Said
from supportflow.desk.models import TicketQuerySet
from supportflow.search.engines import engine
from supportflow.search.language import terms
from supportflow.search.models import Document, Kind, Progress
from supportflow.search.operations import unfinished
from supportflow.search.seeing import few_of
from supportflow.search.wanted import Phrase, Wanted


def tickets_saying(text: str, rows: TicketQuerySet, with_notes: bool) -> Said:
    """Those of `rows` with a message that has every word and "phrase" of `text`; a word with * may go on.

    Where `rows` are many, messages are held against them until a thousand fit, so that a common word costs no more at
    a million. Two queries; where nothing is found, one more for whether the index is whole.
    """
    phrases = tuple((Phrase(term.words, term.begins),) for term in terms(text))
    if not phrases:
        return Said()
    readable = Document.objects.filter(**{} if with_notes else {"is_internal": False})
    told = engine().expression(Wanted(phrases))
    if (few := few_of(rows)) is not None:
        matching = engine().matching_among(readable.filter(ticket_id__in=few), Kind.COMMENT, told)
    else:
        documents = readable.filter(Exists(rows.order_by().filter(pk=OuterRef("ticket_id"))))
        matching = engine().matching(documents, Kind.COMMENT, told)
    is_done = Exists(Progress.objects.filter(kind=Kind.COMMENT, is_done=True))
    newest = matching.values_list("ticket_id", is_done)
    found = list(newest[: COUNTED_UP_TO + 1])
    is_whole = found[0][1] if found else Kind.COMMENT not in unfinished()
    return Said(frozenset(ticket for ticket, _is_whole in found), len(found) > COUNTED_UP_TO, is_whole)
