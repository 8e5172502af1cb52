"""What each database does in its own way; everything else of a search is the same on both."""

from typing import Protocol, TypeVar

from django.db import connection
from django.db.models import Model, Q, QuerySet

from supportflow.search.engines.postgres import Postgres
from supportflow.search.engines.sqlite import Sqlite
from supportflow.search.models import Document, Kind
from supportflow.search.wanted import Wanted

Row = TypeVar("Row", bound=Model)


class Engine(Protocol):
    def expression(self, wanted: Wanted, *, titles: bool = False) -> str:
        """`wanted` in the database's own language of searching; `titles`: of titles alone."""
        ...

    def matching(self, rows: QuerySet[Document], kind: Kind, expression: str) -> QuerySet[Document]:
        """Of the rows of one kind those that hold what the expression says, the newest first."""
        ...

    def matching_among(self, few: QuerySet[Document], kind: Kind, expression: str) -> QuerySet[Document]:
        """The same, where hardly any of what holds it is among the rows."""
        ...

    def starts(self, column: str, text: str) -> Q:
        """The column's text begins so; an index serves it."""
        ...


def engine() -> Engine:
    return Postgres() if connection.vendor == "postgresql" else Sqlite()
