"""What the index knows of messages, for the ticket list's filter (desk/conversations.py)."""

from django.db.models import Exists, OuterRef, Value

from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk.conversations import Said
from supportflow.desk.models import TicketQuerySet
from supportflow.search.engines import engine
from supportflow.search.language import terms
from supportflow.search.models import Document, Kind, Progress
from supportflow.search.wanted import Phrase, Wanted

_DONE = 0  # no ticket's number: says that the index is made


def tickets_saying(text: str, rows: TicketQuerySet, with_notes: bool) -> Said:
    """Those of `rows` with a message that has every word and "phrase" of `text`; a word with * may go on.

    One query. Messages are held against `rows` until a thousand fit, so that a common word costs no more at a million.
    """
    phrases = tuple((Phrase(term.words, term.begins),) for term in terms(text))
    if not phrases:
        return Said()
    in_question = Exists(rows.order_by().filter(pk=OuterRef("ticket_id")))
    documents = Document.objects.filter(in_question, **{} if with_notes else {"is_internal": False})
    told = engine().expression(Wanted(phrases))
    newest = engine().matching(documents, Kind.COMMENT, told)[: COUNTED_UP_TO + 1]
    is_done = Progress.objects.filter(kind=Kind.COMMENT, is_done=True).values_list(Value(_DONE))
    messages = Document.objects.filter(pk__in=newest.values("pk")).values_list("ticket_id")
    found = [ticket for (ticket,) in messages.union(is_done, all=True)]
    is_whole = _DONE in found
    is_cut = len(found) - is_whole > COUNTED_UP_TO
    return Said(frozenset(found) - {_DONE}, is_cut, is_whole)
