"""What SQLite's planner is told, and what not.

It is told no statistics: its choice of index is then the same at a hundred tickets and at a million, and tests/load
holds the plans of all lists to it. With statistics of a part of each index (ANALYZE with analysis_limit), which do not
fit each other, it read and sorted a million tickets for a page of fifty; whole ones would stop writers for seconds.
What it cannot know without, that some values are common, stands in the query. PostgreSQL knows by itself.
"""

from typing import Any

from django.db.models import BooleanField, Func
from django.db.models.sql.compiler import SQLCompiler


class Common(Func):
    """A condition that one row in four may fit: `rows.filter(Common(In(F("rank"), [2])))`."""

    output_field = BooleanField()
    conditional = True
    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **more: Any) -> Any:
        """`likelihood` is SQLite's own, and nothing but a hint (https://sqlite.org/lang_corefunc.html#likelihood)."""
        return self.as_sql(compiler, connection, template="likelihood(%(expressions)s, 0.25)", **more)
