"""What is to do on a ticket, one thing after the other."""

from typing import Any

from django.utils.translation import gettext as _

from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Invalid, NotFound, Refused
from supportflow.desk.models import Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.relation_models import ChecklistItem

MOST = 100  # items of one ticket
LONGEST = 250


@operation
def add_to_checklist(ticket: Ticket, what: str, *, by: Actor) -> ChecklistItem:
    """Another thing to do, at the end."""
    by.must("ticket.update", ticket)
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    what = text.line("text", what, most=LONGEST)
    there = ticket.checklist.count()
    if there >= MOST:
        raise Refused("checklist_full", _("A checklist has at most %(most)s items.") % {"most": MOST})
    item = ChecklistItem(ticket=ticket, text=what, position=there + 1)
    item.save(force_insert=True)
    record("ticket.checklist_added", ticket, by=by, meta={"item": item.pk, "text": item.text})
    return item


@operation
def change_checklist_item(
    item: ChecklistItem, *, version: int | None = None, by: Actor, **values: Any
) -> ChecklistItem:
    """`text`, `is_done` or `position` (1 is the first; what is too high means the last)."""
    by.must("ticket.update", item.ticket)
    ticket = lock(item.ticket)
    cleaning.refuse_trashed(ticket)
    item = lock(item, version=version)
    if "text" in values:
        values["text"] = text.line("text", values["text"], most=LONGEST)
    if (position := values.pop("position", None)) is not None:
        values["position"] = _move(item, position)
    if changes := change(item, **values):
        facts = {"item": item.pk, "text": item.text, "changes": changes}
        action = "ticket.checklist_ticked" if "is_done" in changes else "ticket.checklist_changed"
        record(action, ticket, by=by, meta=facts)
    return item


def _move(item: ChecklistItem, position: int) -> int:
    """Make room there; returns the place that it has in the end."""
    if position < 1:
        raise Invalid({"position": _("Use a whole number from 1.")})
    others = list(ChecklistItem.objects.filter(ticket=item.ticket).exclude(pk=item.pk).order_by("position", "pk"))
    place = min(position, len(others) + 1)
    others.insert(place - 1, item)
    _number(others, but=item.pk)
    return place


def _number(items: list[ChecklistItem], but: int = 0) -> None:
    """1, 2 … in this order; their versions tell of their texts and ticks alone."""
    for place, one in enumerate(items, 1):
        if one.position != place and one.pk != but:
            ChecklistItem.objects.filter(pk=one.pk).update(position=place)


@operation
def remove_from_checklist(item: ChecklistItem, *, version: int | None = None, by: Actor) -> None:
    by.must("ticket.update", item.ticket)
    ticket = lock(item.ticket)
    cleaning.refuse_trashed(ticket)
    item = lock(item, version=version)
    facts = {"item": item.pk, "text": item.text}
    item.delete()
    _number(list(ticket.checklist.order_by("position", "pk")))
    record("ticket.checklist_removed", ticket, by=by, meta=facts)


def checklist_item(ticket: Ticket, pk: int) -> ChecklistItem:
    """Raises NotFound for an item of another ticket."""
    found = ChecklistItem.objects.filter(ticket=ticket, pk=pk).first()
    if found is None:
        raise NotFound
    return found
