"""Who will get a reply, told before it is sent: addresses that nobody here knows, and those outside the company."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Lower

from supportflow.accounts.models import User
from supportflow.core.errors import Invalid
from supportflow.crm.models import CompanyDomain, Contact, ContactEmail
from supportflow.crm.operations.cleaning import email
from supportflow.desk.models import Mailbox, Ticket

MOST = 100  # of those typed; a reply takes fewer


@dataclass
class Recipient:
    line: str  # to, copied (a further contact), cc, bcc
    name: str
    address: str  # empty where a contact has none
    is_wrong: bool = False  # no address at all
    is_ours: bool = False  # a mailbox of ours: it is left out
    is_new: bool = False
    is_outside: bool = False


def recipients_of_reply(ticket: Ticket, cc: Iterable[str], bcc: Iterable[str]) -> list[Recipient]:
    """Each address once, in the order of the mail's lines."""
    copied = ticket.further_contacts.filter(deleted_at=None).prefetch_related("emails").order_by("pk")
    people = [_person("to", ticket.contact), *(_person("copied", contact) for contact in copied)]
    typed = [*(("cc", one) for one in cc), *(("bcc", one) for one in bcc)][:MOST]
    once: dict[str, Recipient] = {}
    for at, row in enumerate([*people, *(_typed(line, one) for line, one in typed)]):
        once.setdefault(row.address.casefold() or f"#{at}", row)
    return _marked(list(once.values()), ticket)


def _person(line: str, contact: Contact) -> Recipient:
    return Recipient(line, contact.name, contact.email or "")


def _typed(line: str, value: str) -> Recipient:
    try:
        return Recipient(line, "", email(line, value))
    except Invalid:
        return Recipient(line, "", value[:254], is_wrong=True)


def _marked(rows: list[Recipient], ticket: Ticket) -> list[Recipient]:
    keys = [row.address.casefold() for row in rows]
    known = set(ContactEmail.objects.filter(key__in=keys).values_list("key", flat=True))
    known |= set(User.objects.annotate(key=Lower("email")).filter(key__in=keys).values_list("key", flat=True))
    ours = set(Mailbox.objects.values_list("address", flat=True))
    theirs = set(CompanyDomain.objects.filter(company=ticket.company_id).values_list("domain", flat=True))
    # Without a company nothing says what is outside of it.
    inside = theirs and theirs | {address.rpartition("@")[2] for address in ours}
    for row in rows:
        key = row.address.casefold()
        if row.is_wrong or not key:
            continue
        row.is_ours, row.is_new = key in ours, key not in known | ours
        row.is_outside = bool(inside) and key.rpartition("@")[2] not in inside
    return rows
