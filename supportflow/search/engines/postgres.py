from django.db.models import Q, QuerySet

from supportflow.search.models import Document, Kind, key_of
from supportflow.search.wanted import Phrase, Wanted


class Postgres:
    """A generated column `words` of the table of documents, with a GIN index; no extension is needed."""

    def expression(self, wanted: Wanted) -> str:
        every = " & ".join(f"({' | '.join(map(_told, group))})" for group in wanted.every)
        return f"({every}) & !({' | '.join(map(_told, wanted.no))})" if wanted.no else every

    def matching(self, rows: QuerySet[Document], kind: Kind, expression: str) -> QuerySet[Document]:
        return rows.filter(pk__gte=key_of(kind, 0), pk__lt=key_of(kind, 2**60)).extra(
            where=["search_document.words @@ to_tsquery('pg_catalog.simple', %s)"],
            params=[expression],
            order_by=["-id"],
        )

    def starts(self, column: str, text: str) -> Q:
        return Q(**{f"{column}__startswith": text})


def _told(phrase: Phrase) -> str:
    # Words are letters and digits alone: nothing in the quotes can end them.
    parts = [f"'{word}'" for word in phrase.words]
    return f"({' <-> '.join(parts)}{':*' if phrase.begins else ''})"
