import pytest

from supportflow.core.errors import Forbidden, Invalid
from supportflow.desk.models import Mailbox
from supportflow.desk.operations import create_mailbox, ensure_first_mailbox, update_mailbox
from tests.conftest import BY, World


def test_the_first_mailbox_is_made_once_whatever_the_spelling(world: World) -> None:
    spellings = ("desk@bücher.example", "DESK@Bücher.example", "desk@xn--bcher-kva.example")
    mailboxes = {ensure_first_mailbox(address, by=BY) for address in spellings}
    assert mailboxes == {Mailbox.objects.get(address="desk@xn--bcher-kva.example")}
    assert world.actions() == ["mailbox.created"]


def test_administrators_set_up_mailboxes(world: World) -> None:
    mailbox = create_mailbox("Sales@Supportflow.example", " Sales ", by=world.olivia)
    assert (mailbox.address, mailbox.name) == ("sales@supportflow.example", "Sales")
    for _again in range(2):
        mailbox = update_mailbox(mailbox, name="Sales desk", is_active=False, by=world.olivia)
    assert world.actions() == ["mailbox.created", "mailbox.updated"]
    with pytest.raises(Invalid):
        create_mailbox("SALES@supportflow.example", "Again", by=world.olivia)
    for address in ("", "nobody", "a\x00@b.example"):
        with pytest.raises(Invalid):
            create_mailbox(address, "x", by=world.olivia)
    with pytest.raises(Forbidden):
        create_mailbox("x@supportflow.example", "x", by=world.omar)
    with pytest.raises(Forbidden):
        update_mailbox(mailbox, name="x", by=world.john)
