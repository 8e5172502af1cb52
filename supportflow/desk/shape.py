"""How a list of tickets looks: its columns, its layout, the saved view it began as. All of it stands in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid
from supportflow.core.filtering import Params, Reader, refuse_unknown
from supportflow.desk.columns import USUAL, columns_of
from supportflow.desk.filters import DEFAULT_TICKET_SORT, TICKET_SORTS, TicketFilter
from supportflow.saved_views.models import View
from supportflow.saved_views.operations import LAYOUTS

LONGEST = 8_000  # characters of an address that browsers and proxies carry


@dataclass(frozen=True)
class Shape:
    """`opened` is the ticket beside the list in the split layout, like "T-0042"."""

    columns: tuple[str, ...]
    layout: str
    view: View | None
    opened: str

    NAMES: ClassVar[tuple[str, ...]] = ("columns", "layout", "view", "open")

    @classmethod
    def of(cls, params: Params, views: Sequence[View]) -> "Shape":
        """Raises Invalid by name; a view that is gone is left out, for its link may be an old one."""
        read = Reader(params)
        layout = read.members("layout", LAYOUTS)
        wanted, opened = read.one_id("view"), read.one("open")
        read.done()
        view = next((view for view in views if view.pk == wanted), None)
        return cls(columns_of(params.get("columns", ())), layout[0] if layout else "list", view, (opened or "")[:20])

    def says(self, filters: Params, sort: str) -> bool:
        """Whether the list is still as its view was saved."""
        assert self.view is not None
        saved = self.view
        return (
            dict(saved.params) == dict(filters)
            and (saved.sort or DEFAULT_TICKET_SORT) == sort
            and (tuple(saved.columns) or USUAL) == self.columns
            and saved.layout == self.layout
        )


def kept_as(query: str) -> dict[str, Any]:
    """What a view keeps of the query in a list's address; raises Invalid for what means nothing."""
    if len(query) > LONGEST:
        raise Invalid({"query": _("This list has too many filters to keep.")})
    params = {name: values for name, values in QueryDict(query).lists() if any(values)}
    refuse_unknown(params, {*TicketFilter.names(params), *Shape.NAMES, "sort", "cursor"})
    shape, sort = Shape.of(params, []), (Reader(params).one("sort") or DEFAULT_TICKET_SORT)
    if sort.removeprefix("-") not in TICKET_SORTS:
        raise Invalid({"sort": _("The list has no such order.")})
    return {
        "params": TicketFilter.from_params(params).to_params(),
        "sort": "" if sort == DEFAULT_TICKET_SORT else sort,
        "columns": [] if shape.columns == USUAL else list(shape.columns),
        "layout": shape.layout,
    }
