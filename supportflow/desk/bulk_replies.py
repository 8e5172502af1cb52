"""Who would get one reply that is written to many tickets, asked before it goes out: a handful of questions for all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core.errors import DomainError, NotFound, Refused
from supportflow.crm.models import ContactEmail
from supportflow.desk.models import Mailbox, Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.status import refuse_move


@dataclass(frozen=True)
class Letter:
    """What decides about who gets it: whether it is mailed, and the status that it sets with it ("": none)."""

    is_mailed: bool
    status: str = ""


@dataclass(frozen=True)
class Check:
    tickets: list[Ticket]
    addresses: int  # each counted once, however many of the tickets it is on
    left_out: list[tuple[int, str]]  # the ticket's id, why


def check(ids: Sequence[int], letter: Letter, by: User) -> Check:
    """Sorts the tickets into those that get it and those that do not."""
    seen = Ticket.objects.visible_to(by).select_related("contact", "company", "team").in_bulk(ids)
    reached = _addresses_of(list(seen.values())) if letter.is_mailed else {}
    tickets, left_out = [], []
    for pk in sorted(dict.fromkeys(ids)):
        try:
            tickets.append(_refuse(seen.get(pk), letter, reached))
        except DomainError as error:
            left_out.append((pk, str(error)))
    to = {address for ticket in tickets for line in reached.get(ticket.pk, ()) for address in line}
    return Check(tickets, len(to), left_out)


def _refuse(ticket: Ticket | None, letter: Letter, reached: dict[int, tuple[set[str], set[str]]]) -> Ticket:
    if ticket is None:
        raise NotFound
    cleaning.refuse_trashed(ticket)
    if letter.status:
        refuse_move(ticket, letter.status)
    if letter.is_mailed and not reached[ticket.pk][0]:
        raise Refused("no_address", _("The customer has no e-mail address. Add one, or write a note."))
    return ticket


def _addresses_of(tickets: Sequence[Ticket]) -> dict[int, tuple[set[str], set[str]]]:
    """Of each ticket those of the requester and of the contacts copied in, without ours: as the mail will have them."""
    pairs = Ticket.further_contacts.through.objects.filter(ticket__in=tickets, contact__deleted_at=None)
    copied = list(pairs.values_list("ticket", "contact"))
    people = {ticket.contact_id for ticket in tickets} | {contact for _ticket, contact in copied}
    primary = ContactEmail.objects.filter(contact__in=people, is_primary=True).values_list("contact", "key")
    ours = set(Mailbox.objects.values_list("address", flat=True))
    of_person: dict[int, set[str]] = defaultdict(set)
    for contact, key in primary:
        if key not in ours:
            of_person[contact].add(key)
    further: dict[int, set[str]] = defaultdict(set)
    for ticket, contact in copied:
        further[ticket] |= of_person[contact]
    return {ticket.pk: (of_person[ticket.contact_id], further[ticket.pk]) for ticket in tickets}
