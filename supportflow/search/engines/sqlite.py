from django.core.exceptions import EmptyResultSet
from django.db.models import Q, QuerySet

from supportflow.search.models import Document, Kind, key_of
from supportflow.search.wanted import Phrase, Wanted


class Sqlite:
    """FTS5 over the table of documents, kept in step by triggers (migrations/0001_initial.py).

    FTS5 hands out what it finds in the order of the keys, so the newest of a kind are found without the others.
    """

    def expression(self, wanted: Wanted, *, titles: bool = False) -> str:
        every = " AND ".join(f"({' OR '.join(map(_told, group))})" for group in wanted.every)
        told = f"({every}) NOT ({' OR '.join(map(_told, wanted.no))})" if wanted.no else every
        return f"title : ({told})" if titles else told

    def matching(self, rows: QuerySet[Document], kind: Kind, expression: str) -> QuerySet[Document]:
        return rows.extra(
            tables=["search_index"],
            where=[
                "search_index.rowid = search_document.id",
                "search_index.rowid BETWEEN %s AND %s",
                "search_index MATCH %s",
            ],
            params=[key_of(kind, 0), key_of(kind, 2**60 - 1), expression],
            order_by=["-search_index.rowid"],
        )

    def matching_among(self, few: QuerySet[Document], kind: Kind, expression: str) -> QuerySet[Document]:
        try:
            sql, values = few.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            return few.none()
        # FTS5 goes through the keys of what holds a word faster than through their rows; the plus keeps SQLite from
        # asking it for each of the few.
        rows = self.matching(Document.objects.all(), kind, expression)
        return rows.extra(where=[f"+search_index.rowid IN ({sql})"], params=values)  # noqa: S610  no text of others

    def starts(self, column: str, text: str) -> Q:
        # Its LIKE is blind to case and so are our words; an index helps it with neither.
        return Q(**{f"{column}__gte": text, f"{column}__lt": f"{text}\U0010ffff"})


def _told(phrase: Phrase) -> str:
    # Words are letters and digits alone: nothing in the quotes can end them.
    return f'"{" ".join(phrase.words)}"{" *" if phrase.begins else ""}'
