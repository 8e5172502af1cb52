"""Support addresses."""

from django.utils.translation import gettext as _

from supportflow.accounts.models import Team
from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Invalid
from supportflow.crm.operations import cleaning
from supportflow.desk.models import Mailbox


@operation
def create_mailbox(address: str, name: str, *, team: Team | None = None, by: Actor) -> Mailbox:
    by.must("mailbox.update")
    address = _address(address)
    if Mailbox.objects.filter(address=address).exists():
        raise Invalid({"address": _("There is a mailbox with this address already.")})
    mailbox = Mailbox(address=address, name=text.line("name", name, most=120), team=team)
    mailbox.save(force_insert=True)
    record("mailbox.created", mailbox, by=by, meta={"address": address})
    return mailbox


@operation
def update_mailbox(mailbox: Mailbox, *, name: str | None = None, is_active: bool | None = None, by: Actor) -> Mailbox:
    by.must("mailbox.update")
    mailbox = lock(mailbox)
    values: dict[str, object] = {}
    if name is not None:
        values["name"] = text.line("name", name, most=120)
    if is_active is not None:
        values["is_active"] = is_active
    if changes := change(mailbox, **values):
        record("mailbox.updated", mailbox, by=by, **changes)
    return mailbox


@operation
def route_mailbox(mailbox: Mailbox, team: Team | None, *, by: Actor) -> Mailbox:
    """New tickets by mail go into this team's queue."""
    by.must("mailbox.update")
    mailbox = lock(mailbox)
    if changes := change(mailbox, team=team):
        record("mailbox.updated", mailbox, by=by, **changes)
    return mailbox


@operation
def ensure_first_mailbox(address: str, *, by: Actor) -> Mailbox:
    """The mailbox that SUPPORTFLOW_MAIL_ADDRESS names, made on the first start."""
    existing = Mailbox.objects.filter(address=_address(address)).first()
    return existing or create_mailbox(address, "Support", by=by)


def _address(given: str) -> str:
    return cleaning.email("address", given).lower()
