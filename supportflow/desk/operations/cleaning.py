"""What comes from outside into a ticket, made storable or refused by the field's name."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from supportflow.accounts.models import Team, User
from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.errors import Invalid, Refused
from supportflow.crm.models import Contact
from supportflow.crm.operations import cleaning
from supportflow.desk.models import Ticket

MAX_SUBJECT = 250
MAX_FURTHER_CONTACTS = 100
MAX_CC = 50


def subject(value: str) -> str:
    return text.line("subject", value, most=MAX_SUBJECT)


def due_at(value: datetime | None) -> datetime | None:
    if value is not None and timezone.is_naive(value):
        raise Invalid({"due_at": _("Write the time with its zone, like 2026-05-01T12:00:00Z.")})
    if value is not None and not 1990 <= value.year <= 2200:
        raise Invalid({"due_at": _("Use a year from 1990 to 2200.")})
    return value


def team(pk: int | None, by: Actor, field: str = "team_id") -> Team | None:
    """The team with this id; to a user a private one of others does not exist."""
    if pk is None:
        return None
    found = Team.objects.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if found is None or (isinstance(by, User) and found.pk in by.hidden_team_ids):
        raise Invalid({field: _("There is no team with this id.")})
    return found


def further_contacts(ids: Iterable[int], requester_id: int, already: Collection[int] = ()) -> list[Contact]:
    """The contacts with these ids, without the requester; one who is copied in already may lie in the trash by now."""
    wanted = [pk for pk in dict.fromkeys(ids) if pk != requester_id]
    refuse_too_many(len(wanted))
    known = Contact.objects.filter(Q(deleted_at=None) | Q(pk__in=already))
    found = {row.pk: row for row in known.filter(pk__in=[pk for pk in wanted if 0 < pk < 2**63])} if wanted else {}
    if missing := [pk for pk in wanted if pk not in found]:
        raise Invalid({"further_contact_ids": _("There is no contact %(id)s.") % {"id": missing[0]}})
    return [found[pk] for pk in wanted]


def refuse_too_many(contacts: int) -> None:
    if contacts > MAX_FURTHER_CONTACTS:
        raise Invalid({"further_contact_ids": _("At most %(most)s contacts fit.") % {"most": MAX_FURTHER_CONTACTS}})


def addresses(field: str, values: Iterable[str]) -> list[str]:
    cleaned = {address.casefold(): address for address in (cleaning.email(field, value) for value in values)}
    if len(cleaned) > MAX_CC:
        raise Invalid({field: _("At most %(most)s addresses fit.") % {"most": MAX_CC}})
    return list(cleaned.values())


def refuse_trashed(ticket: Ticket) -> None:
    """What lies in the trash, or is a part of another ticket by now, stays as it is."""
    if ticket.is_trashed:
        raise Refused("in_trash", _("This ticket is in the trash. Restore it first."))
    if ticket.merged_into_id is not None:
        raise Refused("merged", _("This ticket is merged into another one. Go on there, or undo the merge."))


def refuse_assignee(ticket: Ticket, user: User | None) -> None:
    """Whoever is responsible for a ticket must be at work and see it."""
    if user is None or ticket.is_visible_to(user):
        return
    who = {"name": user.name}
    if not user.may("ticket.update"):
        raise Refused("assignee_not_at_work", _("%(name)s is not at work here. Choose somebody else.") % who)
    raise Refused("assignee_outside_team", _("%(name)s is not in this ticket's private team.") % who)
