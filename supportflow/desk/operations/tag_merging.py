"""Two tags become one: everything that wears the one wears the other. In pieces, as that may be very much."""

from typing import Any

from django.utils.translation import gettext as _

from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, lock_all, operation, record
from supportflow.core.errors import Invalid
from supportflow.crm.models import Contact
from supportflow.crm.operations import tag_contact
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Ticket
from supportflow.desk.operations.editing import tag_ticket
from supportflow.saved_views.models import View
from supportflow.tags.models import Tag
from supportflow.tags.operations import delete_tag

PIECE = 100  # rows of one transaction


@operation
def merge_tags(tag: Tag, into: Tag, *, by: Actor) -> None:
    """Owe it: all that wears `tag` wears `into` in a while, and `tag` is gone. There is no way back."""
    from supportflow.desk.tasks import move_tag_uses  # the task calls back into this module

    by.must("tag.update")
    by.must("tag.delete")
    if tag.pk == into.pk:
        raise Invalid({"into_id": _("Choose another tag.")})
    lock_all([tag, into])
    move_tag_uses.enqueue(tag.pk, into.pk, by.actor_id)


@operation
def merge_tags_piece(tag: Tag, into: Tag, *, by: Actor) -> bool:
    """The next wearers, in the trash or not; when there are none, macros, views and the end of `tag`. Returns whether
    that is now."""
    by.must("tag.update")
    if tickets := list(Ticket.objects.filter(tags=tag).order_by("pk")[:PIECE]):
        for ticket in tickets:
            tag_ticket(ticket, _instead(ticket, tag, into), even_in_trash=True, by=by)
    elif contacts := list(Contact.objects.filter(tags=tag).order_by("pk")[:PIECE]):
        for contact in contacts:
            tag_contact(contact, _instead(contact, tag, into), even_in_trash=True, by=by)
    else:
        _follow_in_macros(tag, into, by)
        _follow_in_views(tag, into, by)
        record("tag.merged", lock(into), by=by, meta={"name": tag.name, "tag": tag.pk})
        delete_tag(tag, by=by)
        return True
    return False


def _instead(row: Ticket | Contact, tag: Tag, into: Tag) -> list[Tag]:
    return [*row.tags.exclude(pk=tag.pk), into]


def _follow_in_macros(tag: Tag, into: Tag, by: Actor) -> None:
    def followed(macro: Macro) -> dict[str, Any]:
        return {
            name: sorted({into.pk if pk == tag.pk else pk for pk in value})
            if name in {"add_tags", "remove_tags"}
            else value
            for name, value in macro.changes.items()
        }

    for macro in lock_all(macro for macro in Macro.objects.all() if followed(macro) != macro.changes):
        if changes := change(macro, changes=followed(macro)):
            record("macro.updated", macro, by=by, **changes)


def _follow_in_views(tag: Tag, into: Tag, by: Actor) -> None:
    def followed(view: View) -> dict[str, Any]:
        return {
            name: _renamed(values, tag, into) if name in {"tag", "not_tag"} else values
            for name, values in view.params.items()
        }

    for view in lock_all(view for view in View.objects.all() if followed(view) != view.params):
        if changes := change(view, params=followed(view)):
            record("view.updated", view, by=by, **changes)


def _renamed(names: list[str], tag: Tag, into: Tag) -> list[str]:
    return list(dict.fromkeys(into.name if name.casefold() == tag.key else name for name in names))
