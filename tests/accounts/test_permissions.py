"""Who may do what: the table of the product, written out a second time."""

import ast
from collections.abc import Iterator

import pytest

from supportflow.accounts.models import User
from supportflow.accounts.permissions import LOWEST_ROLE, Role, role_may
from supportflow.crm.models import CONTACT_MAY
from tests.architecture.source import modules
from tests.conftest import BY, World

# An agent works tickets, contacts and companies, purges nothing, changes no settings.
AGENTS_MAY = {
    "ticket.create ticket.update ticket.assign ticket.move ticket.comment ticket.tag ticket.trash ticket.merge",
    "contact.create contact.update contact.tag contact.trash",
    "company.create company.update company.trash",
    "attachment.upload tag.create macro.update view.create",
}
# A supervisor all but settings and users; purging is for administrators alone.
SUPERVISORS_MAY = AGENTS_MAY | {"tag.update tag.delete macro.share view.share time.remove"}
ADMINS_MAY = SUPERVISORS_MAY | {
    "ticket.purge contact.purge company.purge",
    "field.update mailbox.update team.update settings.update",
    "outbox.view outbox.retry",  # it shows the links that reset passwords
    "upkeep.view job.retry job.discard mail.retry mail.discard data.view",
    "user.create user.update token.create",
}
# Customers' and the program's own acts are no user's.
NOBODYS = {"ticket.answer", "ticket.deliver", "mail.quarantine"}
TABLE = {
    "AGENT": {name for line in AGENTS_MAY for name in line.split()},
    "SUPERVISOR": {name for line in SUPERVISORS_MAY for name in line.split()},
    "ADMIN": {name for line in ADMINS_MAY for name in line.split()},
    "SYSTEM": set(),
}


@pytest.mark.parametrize("role", TABLE)
def test_every_permission_for_every_role(role: str) -> None:
    assert {name for name in LOWEST_ROLE if role_may(role, name)} == TABLE[role]


def test_the_table_above_names_every_permission() -> None:
    assert set(LOWEST_ROLE) == TABLE["ADMIN"] | NOBODYS


def test_a_misspelt_permission_opens_no_door() -> None:
    for role in Role:
        with pytest.raises(KeyError):
            role_may(role, "ticket.updaet")


def asked(tree: ast.Module) -> Iterator[str]:
    """Permissions by name in a module: `.must("…")`, `.may("…")`, `undoable(action, Model, "…")`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        place = {"must": 0, "may": 0, "undoable": 2}.get(getattr(node.func, "attr", getattr(node.func, "id", "")), 99)
        if len(node.args) > place and isinstance(node.args[place], ast.Constant):
            yield node.args[place].value  # type: ignore[attr-defined]


def test_whatever_the_code_asks_for_is_in_the_table() -> None:
    assert {name for tree in modules().values() for name in asked(tree)} <= set(LOWEST_ROLE)


def test_customers_may_ask_answer_and_send_files_and_nothing_else(world: World) -> None:
    assert {name for name in LOWEST_ROLE if world.sarah.may(name)} == set(CONTACT_MAY)
    assert set(CONTACT_MAY) == {"ticket.create", "ticket.answer", "attachment.upload"}


def test_who_is_deactivated_may_nothing(world: World) -> None:
    world.olivia.is_active = False
    assert not [name for name in LOWEST_ROLE if world.olivia.may(name)]


def test_the_built_in_user_may_nothing_and_the_program_everything(world: World) -> None:
    system = User.objects.system()
    assert not [name for name in LOWEST_ROLE if system.may(name)]
    system.is_active = True
    assert not [name for name in LOWEST_ROLE if system.may(name)]
    assert all(BY.may(name) for name in LOWEST_ROLE)
