"""Tickets whose words are like another one's, among the newest that have any of them."""

import math
from collections import Counter

from supportflow.accounts.models import User
from supportflow.desk.models import Ticket
from supportflow.search.engines import engine
from supportflow.search.folding import is_dense, words
from supportflow.search.models import Document, Kind
from supportflow.search.seeing import documents_seen_by
from supportflow.search.wanted import Phrase, Wanted

MOST = 300  # documents that are looked at, whatever the number of tickets
ASKED = 8  # words
SHOWN = 5
SHORTEST = 3  # letters of a word that says something
ELSEWHERE = 0.3  # worth of a word beside the subject


def similar_to(ticket: Ticket, actor: User) -> list[Ticket]:
    """The best few that the actor may see: two queries. What shares less than half of the words is not like it."""
    asked = _words_of(ticket.subject)
    if not asked:
        return []
    told = engine().expression(Wanted((tuple(Phrase((word,)) for word in asked),)))
    rows = engine().matching(documents_seen_by(actor, Kind.TICKET), Kind.TICKET, told)
    scores = _scores(asked, list(rows.exclude(object_id=ticket.pk)[:MOST]))
    best = sorted(scores, key=lambda pk: (-scores[pk], -pk))[: SHOWN * 2]
    found = Ticket.objects.visible_to(actor).alive().filter(pk__in=best, merged_into=None).in_bulk()
    return [found[pk] for pk in best if pk in found][:SHOWN]


def _words_of(subject: str) -> list[str]:
    """The longest: they are the rarest, by and large."""
    known = {word for word in words(subject) if len(word) >= SHORTEST or is_dense(word)}
    return sorted(known, key=lambda word: (-len(word), word))[:ASKED]


def _scores(asked: list[str], documents: list[Document]) -> dict[int, float]:
    titles = {row.object_id: set(row.title.split()) for row in documents}
    often = Counter(word for title in titles.values() for word in title)
    worth = {word: math.log(1 + len(documents) / (1 + often[word])) for word in asked}
    scores = {}
    for row in documents:
        body = set(row.body.split())
        shared = [word for word in asked if word in titles[row.object_id] or word in body]
        if len(shared) * 2 >= len(asked):
            scores[row.object_id] = sum(
                worth[word] * (1.0 if word in titles[row.object_id] else ELSEWHERE) for word in shared
            )
    return scores
