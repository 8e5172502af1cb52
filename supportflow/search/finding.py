"""One search: as it was typed; where that finds little, the last word as a beginning; then words spelled alike.

Each kind is asked for its newest thousand that fit, so that a common word costs no more at a million tickets; those
are then put in order (ranking.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from supportflow.accounts.models import User
from supportflow.core.actors import Actor
from supportflow.core.paging import COUNTED_UP_TO
from supportflow.core.prepared import Question
from supportflow.desk.filters import ticket_number
from supportflow.desk.models import Ticket
from supportflow.search import vocabulary
from supportflow.search.engines import engine
from supportflow.search.filters import OF_TICKETS, Narrowed, narrow
from supportflow.search.language import Query, Term
from supportflow.search.models import Document, Kind, key_of
from supportflow.search.ranking import Ranking
from supportflow.search.seeing import documents_seen_by, few_of
from supportflow.search.wanted import Phrase, Wanted

MOST = COUNTED_UP_TO + 1  # of each kind
PLENTY = 100  # who finds so much finds no more by taking the last word as a beginning
LITTLE = 3  # who finds less may have misspelled something
RANKED_BY = 4_000  # characters of a text
SHORTEST_BEGINNING = 2
NOTHING, ANYTHING = Wanted(()), Narrowed()
NAME_MORE = {"in", "from"}  # filters that ask for more than tickets where there are no words
NAMED = 100.0  # the score of a ticket whose number was typed


class Hit(NamedTuple):
    kind: Kind
    pk: int
    score: float


@dataclass(frozen=True)
class Found:
    """`hits` are in order. `also` are words that were searched for because others are spelled like them."""

    hits: Sequence[Hit] = ()
    counts: dict[Kind, int] = field(default_factory=dict)  # MOST stands for more
    wanted: Wanted = NOTHING
    narrowed: Narrowed = ANYTHING
    also: tuple[str, ...] = ()

    def of(self, kind: Kind | None) -> Sequence[Hit]:
        return [hit for hit in self.hits if hit.kind == kind] if kind else self.hits


class _Row(NamedTuple):
    object_id: int
    title: str
    body: str


_Rows = dict[Kind, list[_Row]]


def find(query: Query, actor: Actor) -> Found:
    """What the actor may find; customers find nothing.

    Nothing is found while a part of the query means nothing; `narrowed.faults` tell of it.
    """
    if not isinstance(actor, User):
        return Found()
    narrowed = narrow(query, actor)
    narrowed = replace(narrowed, faults=(*query.faults, *narrowed.faults))
    if narrowed.faults or not (query.terms or query.filters):
        return Found(narrowed=narrowed)
    search = _Search(actor, narrowed)
    if not query.terms:
        return search.without_words(query)
    return search.with_words(query)


def _phrase(term: Term) -> Phrase:
    return Phrase(term.words, term.begins)


def _going_on(wanted: Wanted, last: Term) -> Wanted | None:
    """The last word as the beginning of longer ones."""
    word = last.words[-1]
    if last.begins or last.is_phrase or len(word) < SHORTEST_BEGINNING:
        return None
    longer = dict.fromkeys((*wanted.every[-1], *vocabulary.begun(last.words)))
    return replace(wanted, every=(*wanted.every[:-1], tuple(longer))) if len(longer) > 1 else None


def _spelled_alike(terms: Sequence[Term]) -> list[list[str]]:
    """Known words that are near each of the terms."""
    return [
        vocabulary.near(term.words[0])
        if not (term.is_phrase or term.begins) and len(term.words) == 1 and vocabulary.may_be_misspelled(term.words[0])
        else []
        for term in terms
    ]


def _widened(wanted: Wanted, near: Sequence[Sequence[str]]) -> Wanted:
    every = (
        (*group, *(Phrase((other,)) for other in others)) for group, others in zip(wanted.every, near, strict=True)
    )
    return replace(wanted, every=tuple(every))


def _there(near: Sequence[Sequence[str]], before: Wanted, rows: _Rows) -> tuple[str, ...]:
    """The words near to those that were typed which the searcher finds: others may stand in what is hidden."""
    there = {word for found in rows.values() for row in found for word in f"{row.title} {row.body}".split()}
    known = {word for group in before.every for phrase in group for word in phrase.words}
    return tuple(dict.fromkeys(word for others in near for word in others if word in there and word not in known))


def _count(rows: _Rows) -> int:
    return sum(map(len, rows.values()))


@dataclass(frozen=True)
class _Search:
    actor: User
    narrowed: Narrowed

    def with_words(self, query: Query) -> Found:
        wanted = Wanted(tuple((_phrase(term),) for term in query.terms), tuple(map(_phrase, query.without)))
        rows = self.matching(wanted)
        if _count(rows) < PLENTY and (longer := _going_on(wanted, query.terms[-1])):
            wanted, rows = longer, self.matching(longer)
        also: tuple[str, ...] = ()
        if _count(rows) < LITTLE and any(near := _spelled_alike(query.terms)):
            before, wanted = wanted, _widened(wanted, near)
            rows = self.matching(wanted)
            also = _there(near, before, rows)
        return replace(self.told(rows, wanted, self._named(query)), also=also)

    def matching(self, wanted: Wanted) -> _Rows:
        told = engine().expression(wanted)
        return {kind: self._newest(kind, told) for kind in Kind if kind in self.narrowed.kinds}

    def _newest(self, kind: Kind, told: str) -> list[_Row]:
        """The SQL without filters is asked by everybody, and kept."""
        if kind in OF_TICKETS and self._few is not None:
            return [_Row(*row) for row in _columns(self._among_few(kind, told)[:MOST])]
        usual = not self.narrowed.effects
        key = (kind, self.actor.may("ticket.update"), self.actor.hidden_team_ids) if usual else None
        question = Question(Document, key, lambda: self._rows(kind))

        def seen(rows: QuerySet[Document], expression: str) -> "QuerySet[Document, tuple[int, str, str]]":
            return _columns(engine().matching(rows, kind, expression)[:MOST])

        return [_Row(*row) for row in question.rows("search", seen=seen, given=[told])]

    @cached_property
    def _few(self) -> list[int] | None:
        """The tickets that fit the filters, where there are filters and they leave few."""
        wanted = self.narrowed.of_tickets()
        return few_of(self._tickets(wanted)) if wanted else None

    def _among_few(self, kind: Kind, told: str) -> QuerySet[Document]:
        few = Document.objects.filter(*self.narrowed.of_documents(kind), ticket_id__in=self._few or [])
        return engine().matching_among(few, kind, told)

    def _tickets(self, wanted: Sequence[Q]) -> QuerySet[Ticket]:
        return Ticket.objects.visible_to(self.actor).alive().filter(*wanted)

    def _rows(self, kind: Kind) -> QuerySet[Document]:
        rows = documents_seen_by(self.actor, kind, self.narrowed.of_tickets())
        return rows.filter(*self.narrowed.of_documents(kind))

    def without_words(self, query: Query) -> Found:
        """Filters alone: tickets in the order of their list, which has the indexes for it; others the newest first."""
        kinds = self.narrowed.kinds
        if not any(one.name in NAME_MORE for one in query.filters):
            kinds = kinds & {Kind.TICKET} or kinds
        hits = [Hit(kind, pk, 0.0) for kind in Kind if kind in kinds for pk in self._latest(kind)]
        return self._found(hits, NOTHING)

    def _latest(self, kind: Kind) -> Iterable[int]:
        if kind == Kind.TICKET:
            rows = self._tickets(self.narrowed.of_tickets())
            for condition in self.narrowed.of_documents(kind):
                document = Document.objects.filter(condition, pk=OuterRef("pk") + key_of(kind, 0))
                rows = rows.filter(Exists(document))
            return rows.order_by("-updated_at", "-pk").values_list("pk", flat=True)[:MOST]
        keys = {"pk__gt": key_of(kind, 0), "pk__lt": key_of(kind, 2**60)}
        return self._rows(kind).filter(**keys).order_by("-pk").values_list("object_id", flat=True)[:MOST]

    def _named(self, query: Query) -> int | None:
        """The ticket whose number was typed and nothing else."""
        if not query.number or Kind.TICKET not in self.narrowed.kinds or not (pk := ticket_number(query.number)):
            return None
        return pk if self._tickets(self.narrowed.of_tickets()).filter(pk=pk).exists() else None

    def told(self, rows: _Rows, wanted: Wanted, named: int | None) -> Found:
        ranking = Ranking(wanted)
        hits = [
            Hit(kind, row.object_id, ranking.score(row.title, row.body, place))
            for kind, found in rows.items()
            for place, row in enumerate(found)
            if (kind, row.object_id) != (Kind.TICKET, named)
        ]
        first = [Hit(Kind.TICKET, named, NAMED)] if named else []
        return self._found([*first, *sorted(hits, key=lambda hit: (-hit.score, hit.kind, -hit.pk))], wanted)

    def _found(self, hits: Sequence[Hit], wanted: Wanted) -> Found:
        counts = {kind: sum(hit.kind == kind for hit in hits) for kind in Kind}
        return Found(hits, counts, wanted, self.narrowed)


def _columns(rows: QuerySet[Document]) -> "QuerySet[Document, tuple[int, str, str]]":
    return rows.values_list("object_id", "title", Substr("body", 1, RANKED_BY))
