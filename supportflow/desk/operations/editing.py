"""Changes of a ticket's fields. `edit_ticket` is the door for forms and API that change several at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Manager, Model
from django.utils.translation import gettext as _

from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import user_or_invalid
from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import Changes, change, count_change, lock, operation, record
from supportflow.core.errors import Invalid, Refused
from supportflow.core.history import merge, restore_fields, undoable
from supportflow.core.models import Activity
from supportflow.crm.models import Contact
from supportflow.crm.operations.companies import company_or_invalid
from supportflow.crm.operations.contacts import contact_or_invalid
from supportflow.desk.models import Category, Priority, Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.status import set_status
from supportflow.fields.operations import clean_custom
from supportflow.tags.models import Tag
from supportflow.tags.operations import tags_by_name

PLAIN = frozenset({"subject", "priority", "category", "due_at", "company_id", "custom"})
FIELDS = PLAIN | {"status", "assignee_id", "team_id", "contact_id", "further_contact_ids", "tags"}


@operation
def edit_ticket(
    ticket: Ticket, *, version: int | None = None, seen: int | None = None, by: Actor, **values: Any
) -> Ticket:
    """Several of `FIELDS` in one transaction through the named operations; refused whole when one is refused.

    `version` (If-Match) refuses any newer row; `seen` (the version a form showed) only an overwritten field.
    """
    by.must("ticket.update", ticket)
    if unknown := sorted(set(values) - FIELDS):
        raise Invalid({name: _("There is no such field.") for name in unknown})
    ticket = lock(ticket, version=version)
    values = _without_what_was_left(ticket, seen, values)
    if ticket.is_closed and "status" in values:
        ticket = set_status(ticket, values["status"], by=by)  # first: a closed ticket cannot be assigned
    if "contact_id" in values and values["contact_id"] != ticket.contact_id:
        ticket = change_requester(ticket, contact_or_invalid(values["contact_id"]), by=by)
    # After the requester, whose company the ticket follows: the company that is given counts more.
    if plain := {name: values[name] for name in values if name in PLAIN}:
        ticket = update_ticket(ticket, by=by, **plain)
    if "further_contact_ids" in values:
        already = _ids(ticket.further_contacts)
        further = cleaning.further_contacts(values["further_contact_ids"], ticket.contact_id, already)
        ticket = set_further_contacts(ticket, further, by=by)
    if "team_id" in values:
        ticket = move_ticket(ticket, cleaning.team(values["team_id"], by), by=by)
    if "assignee_id" in values and values["assignee_id"] != ticket.assignee_id:
        ticket = assign_ticket(ticket, user_or_invalid(values["assignee_id"], "assignee_id"), by=by)
    if "tags" in values:
        ticket = tag_ticket(ticket, tags_by_name(values["tags"], by=by), by=by)
    if "status" in values:
        ticket = set_status(ticket, values["status"], by=by)
    return ticket


def _without_what_was_left(ticket: Ticket, seen: int | None, values: dict[str, Any]) -> dict[str, Any]:
    """`merge` by the names of the trail, where several things stand in order."""
    names = {name: name.removesuffix("_id").replace("_contact_ids", "_contacts") for name in values}
    in_order = {name: sorted(value) if isinstance(value, list) else value for name, value in values.items()}
    left = merge(ticket, seen, {names[name]: value for name, value in in_order.items()})
    return {name: value for name, value in values.items() if names[name] in left}


@operation
def update_ticket(ticket: Ticket, *, by: Actor, **values: Any) -> Ticket:
    """The plain fields of `PLAIN`: one `ticket.updated` for all of them."""
    by.must("ticket.update", ticket)
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        cleaned |= _clean(ticket, name, value)
    if changes := change(ticket, **cleaned):
        record("ticket.updated", ticket, by=by, **changes)
    return ticket


def _clean(ticket: Ticket, name: str, value: Any) -> dict[str, Any]:
    match name:
        case "subject":
            return {"subject": cleaning.subject(value)}
        case "priority":
            return {"priority": text.one_of("priority", value, Priority)}
        case "category":
            return {"category": text.one_of("category", value, Category)}
        case "due_at":
            assert value is None or isinstance(value, datetime)
            return {"due_at": cleaning.due_at(value)}
        case "custom":
            return {"custom": clean_custom("ticket", value, ticket.custom)}
        case "company_id":
            # The company that is there already may stay, though it lies in the trash by now.
            company = ticket.company if value is not None and value == ticket.company_id else company_or_invalid(value)
            return {"company": company, "company_is_set": ticket.company_is_set or value != ticket.company_id}
    raise TypeError(f"update_ticket has no field {name}")


@operation
def assign_ticket(ticket: Ticket, user: User | None, *, by: Actor) -> Ticket:
    """Make `user` responsible for the ticket, or nobody."""
    by.must("ticket.assign", ticket)
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    if ticket.is_closed:
        raise Refused("ticket_closed", _("Reopen the ticket before assigning it."))
    cleaning.refuse_assignee(ticket, user)
    old = ticket.assignee
    if changes := change(ticket, assignee=user):
        record("ticket.assigned", ticket, by=by, meta=_names(old, user), **changes)
    return ticket


@operation
def move_ticket(ticket: Ticket, team: Team | None, *, even_in_trash: bool = False, by: Actor) -> Ticket:
    """Put the ticket into a team's queue, or none. An assignee who would no longer see it is taken off."""
    by.must("ticket.move", ticket)
    ticket = lock(ticket)
    if not even_in_trash:
        cleaning.refuse_trashed(ticket)
    old, assignee = ticket.team, ticket.assignee
    blind = team is not None and assignee is not None and team.pk in assignee.hidden_team_ids
    if changes := change(ticket, team=team, assignee=None if blind else assignee):
        taken_off = {"taken_off": assignee.name} if assignee and blind else {}
        record("ticket.moved", ticket, by=by, meta=_names(old, team) | taken_off, **changes)
    return ticket


@operation
def change_requester(ticket: Ticket, contact: Contact, *, by: Actor) -> Ticket:
    """Another contact asks; the company follows unless somebody chose it."""
    by.must("ticket.update", ticket, contact)
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    old = ticket.contact
    values: dict[str, Any] = {"contact": contact}
    if not ticket.company_is_set:
        values["company"] = contact.company
    if old.pk != contact.pk:
        changes = change(ticket, **values)
        further = _ids(ticket.further_contacts)
        if contact.pk in further:
            ticket.further_contacts.remove(contact)
            changes["further_contacts"] = [further, [pk for pk in further if pk != contact.pk]]
        record("ticket.requester_changed", ticket, by=by, meta=_names(old, contact), **changes)
    return ticket


@operation
def set_further_contacts(ticket: Ticket, contacts: Iterable[Contact], *, by: Actor) -> Ticket:
    """Exactly these contacts are copied in: they get the public comments and may answer."""
    by.must("ticket.update", ticket)
    ticket = lock(ticket)
    cleaning.refuse_trashed(ticket)
    wanted = [contact for contact in dict.fromkeys(contacts) if contact.pk != ticket.contact_id]
    old, new = _ids(ticket.further_contacts), sorted(contact.pk for contact in wanted)
    if old != new:
        ticket.further_contacts.set(wanted)
        count_change(ticket)
        names = {"names": sorted(contact.name for contact in wanted)}
        record("ticket.contacts_changed", ticket, by=by, meta=names, further_contacts=[old, new])
    return ticket


@operation
def tag_ticket(ticket: Ticket, tags: Iterable[Tag], *, even_in_trash: bool = False, by: Actor) -> Ticket:
    """Exactly these tags."""
    by.must("ticket.tag", ticket)
    ticket = lock(ticket)
    if not even_in_trash:
        cleaning.refuse_trashed(ticket)
    wanted = list(dict.fromkeys(tags))
    old = sorted(tag.name for tag in ticket.tags.all())
    new = sorted(tag.name for tag in wanted)
    if old != new:
        ticket.tags.set(wanted)
        count_change(ticket)
        record("ticket.tagged", ticket, by=by, tags=[old, new])
    return ticket


def _names(old: Any, new: Any) -> dict[str, Any]:
    return {"names": [old.name if old else None, new.name if new else None]}


def _ids(contacts: Manager[Contact]) -> list[int]:
    return sorted(contacts.values_list("pk", flat=True))


def _restore_tags(row: Model, activity: Activity) -> Changes:
    assert isinstance(row, Ticket)
    old, new = activity.changes["tags"]
    tags = list(Tag.objects.filter(name__in=old))  # those that are still there
    row.tags.set(tags)
    count_change(row)
    return {"tags": [new, sorted(tag.name for tag in tags)]}


def _restore_contacts(row: Model, activity: Activity) -> Changes:
    assert isinstance(row, Ticket)
    plain = {name: pair for name, pair in activity.changes.items() if name != "further_contacts"}
    restored = restore_fields(row, plain)
    if pair := activity.changes.get("further_contacts"):
        row.further_contacts.set(Contact.objects.filter(pk__in=pair[0]))
        restored["further_contacts"] = [pair[1], _ids(row.further_contacts)]
    if not plain:
        count_change(row)
    return restored


undoable("ticket.updated", Ticket, "ticket.update")
undoable("ticket.requester_changed", Ticket, "ticket.update", _restore_contacts)
undoable("ticket.contacts_changed", Ticket, "ticket.update", _restore_contacts)
undoable("ticket.assigned", Ticket, "ticket.assign")
undoable("ticket.moved", Ticket, "ticket.move")
undoable("ticket.tagged", Ticket, "ticket.tag", _restore_tags)
