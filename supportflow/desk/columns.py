"""The columns of the ticket list, in their order; the subject is always there."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from supportflow.core.errors import Invalid

# Name in ?columns= → its head.
COLUMNS = {
    "number": _("ID"),
    "status": _("Status"),
    "priority": _("Priority"),
    "category": _("Category"),
    "channel": _("Came by"),
    "customer": _("Customer"),
    "assignee": _("Assignee"),
    "team": _("Team"),
    "due_at": _("Due"),
    "created_at": _("Created"),
    "updated_at": _("Updated"),
}
HEADS = tuple(COLUMNS.items())
USUAL = ("number", "status", "priority", "customer", "assignee", "due_at", "updated_at")


def columns_of(given: Sequence[str]) -> tuple[str, ...]:
    """What `?columns=number,status` or a saved view asks for, in our order; the usual ones for nothing."""
    names = [name for text in given for name in text.split(",") if name]
    if unknown := [name for name in names if name not in COLUMNS]:
        raise Invalid(
            {
                "columns": _("There is no column %(name)s. Known ones: %(known)s.")
                % {"name": unknown[0][:40], "known": ", ".join(COLUMNS)}
            }
        )
    return tuple(name for name in COLUMNS if name in names) or USUAL
