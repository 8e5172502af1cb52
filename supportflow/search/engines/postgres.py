from django.db.models import Q, QuerySet

from supportflow.search.models import Document, Kind, key_of
from supportflow.search.wanted import Phrase, Wanted


class Postgres:
    """A generated column `words` of the table of documents, with a GIN index; no extension is needed."""

    def expression(self, wanted: Wanted, *, titles: bool = False) -> str:
        def any_of(phrases: tuple[Phrase, ...]) -> str:
            return f"({' | '.join(_told(phrase, 'A' if titles else '') for phrase in phrases)})"

        every = " & ".join(map(any_of, wanted.every))
        return f"({every}) & !{any_of(wanted.no)}" if wanted.no else every

    def matching(self, rows: QuerySet[Document], kind: Kind, expression: str) -> QuerySet[Document]:
        return rows.filter(pk__gte=key_of(kind, 0), pk__lt=key_of(kind, 2**60)).extra(
            where=["search_document.words @@ to_tsquery('pg_catalog.simple', %s)"],
            params=[expression],
            order_by=["-id"],
        )

    def matching_among(self, few: QuerySet[Document], kind: Kind, expression: str) -> QuerySet[Document]:
        return self.matching(few, kind, expression)

    def starts(self, column: str, text: str) -> Q:
        return Q(**{f"{column}__startswith": text})


def _told(phrase: Phrase, weight: str) -> str:
    # Words are letters and digits alone: nothing in the quotes can end them.
    *parts, last = [f"'{word}':{weight}" if weight else f"'{word}'" for word in phrase.words]
    begins = ("*" if weight else ":*") if phrase.begins else ""
    return f"({' <-> '.join([*parts, last + begins])})"
