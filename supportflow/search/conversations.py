"""What the index knows of messages, for the ticket list's filter (desk/conversations.py)."""

from django.db.models import Exists, OuterRef

from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk.conversations import Said
from supportflow.desk.models import TicketQuerySet
from supportflow.search.engines import engine
from supportflow.search.language import terms
from supportflow.search.models import Document, Kind, Progress
from supportflow.search.operations import unfinished
from supportflow.search.wanted import Phrase, Wanted


def tickets_saying(text: str, rows: TicketQuerySet, with_notes: bool) -> Said:
    """Those of `rows` with a message that has every word and "phrase" of `text`; a word with * may go on.

    Messages are held against `rows` until a thousand fit, so that a common word costs no more at a million. One query;
    where nothing is found, one more for whether the index is whole.
    """
    phrases = tuple((Phrase(term.words, term.begins),) for term in terms(text))
    if not phrases:
        return Said()
    in_question = Exists(rows.order_by().filter(pk=OuterRef("ticket_id")))
    documents = Document.objects.filter(in_question, **{} if with_notes else {"is_internal": False})
    told = engine().expression(Wanted(phrases))
    is_done = Exists(Progress.objects.filter(kind=Kind.COMMENT, is_done=True))
    newest = engine().matching(documents, Kind.COMMENT, told).values_list("ticket_id", is_done)
    found = list(newest[: COUNTED_UP_TO + 1])
    is_whole = found[0][1] if found else Kind.COMMENT not in unfinished()
    return Said(frozenset(ticket for ticket, _is_whole in found), len(found) > COUNTED_UP_TO, is_whole)
