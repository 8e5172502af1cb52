"""How a list of tickets looks: its columns, its layout, the saved view it began as. All of it stands in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from supportflow.core.filtering import Params, Reader
from supportflow.desk.columns import USUAL, columns_of
from supportflow.desk.filters import DEFAULT_TICKET_SORT
from supportflow.saved_views.models import View
from supportflow.saved_views.operations import LAYOUTS


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
