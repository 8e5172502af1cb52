import pytest

from supportflow.core.errors import Forbidden, Refused, Stale
from supportflow.crm.models import Company, Contact, ContactEmail
from supportflow.crm.operations import (
    create_company,
    create_contact,
    purge_company,
    purge_contact,
    restore_company,
    restore_contact,
    trash_company,
    trash_contact,
    update_contact,
)
from supportflow.desk.content import Content
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import answer_ticket, create_ticket, set_further_contacts
from tests.conftest import World
from tests.together import together


def test_a_trashed_contact_leaves_its_tickets_untouched_and_comes_back(world: World) -> None:
    before = list(Ticket.objects.order_by("pk").values())
    for _again in range(2):
        trash_contact(world.sarah, by=world.john)
    assert world.sarah not in Contact.objects.alive()
    assert world.sarah in Contact.objects.trashed()
    for _again in range(2):
        restore_contact(world.sarah, by=world.john)
    assert world.actions() == ["contact.trashed", "contact.restored"]
    assert list(Ticket.objects.order_by("pk").values()) == before
    with pytest.raises(Stale):
        trash_contact(world.sarah, version=1, by=world.john)


def test_only_administrators_purge_and_only_from_the_trash(world: World) -> None:
    lonely = create_contact(first_name="Ada", email="ada@x.example", tags=["vip"], by=world.john)
    with pytest.raises(Refused) as refusal:
        purge_contact(lonely, by=world.olivia)
    assert refusal.value.code == "not_in_trash"
    trash_contact(lonely, by=world.john)
    for who in (world.john, world.omar):
        with pytest.raises(Forbidden):
            purge_contact(lonely, by=who)
    pk = lonely.pk
    assert purge_contact(lonely, by=world.olivia) is None
    assert not Contact.objects.filter(pk=pk).exists()
    assert not ContactEmail.objects.filter(key="ada@x.example").exists()
    last = world.trail()[-1]
    assert (last.action, last.subject_id, last.contact_id) == ("contact.purged", pk, pk)


def test_purging_a_contact_with_tickets_leaves_them_to_nobody(world: World) -> None:
    update_contact(
        world.sarah, phone="1", address={"city": "B"}, notes="n", tags=["vip"], custom={"custom_1": "x"}, by=world.john
    )
    answer_ticket(world.ticket, Content.from_markdown("Still broken."), by=world.sarah)
    trash_contact(world.sarah, by=world.john)
    before = len(world.trail())
    anonymous = purge_contact(world.sarah, by=world.olivia)
    assert anonymous
    assert purge_contact(world.sarah, by=world.olivia) == anonymous
    assert world.actions()[before:] == ["contact.anonymised"]
    row = Contact.objects.values().get(pk=world.sarah.pk)
    told = {name: value for name, value in row.items() if value not in ("", None, {}, 0)}
    assert set(told) == {
        "id",
        "first_name",
        "lead_status",
        "version",
        "created_at",
        "updated_at",
        "deleted_at",
        "anonymised_at",
    }
    assert (told["first_name"], told["lead_status"]) == ("Anonymous", "NEW")
    assert (anonymous.emails.count(), anonymous.tags.count()) == (0, 0)
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert ticket.contact.name == "Anonymous"
    assert {comment.author_name for comment in ticket.comments.all()} == {"Anonymous"}
    # The address is free again.
    create_contact(first_name="Sarah", email="sarah@acme.example", by=world.john)


def test_purging_whoever_was_only_copied_in_takes_them_out(world: World) -> None:
    ada = create_contact(first_name="Ada", by=world.john)
    set_further_contacts(world.ticket, [ada], by=world.john)
    trash_contact(ada, by=world.john)
    assert purge_contact(ada, by=world.olivia) is None
    assert world.ticket.further_contacts.count() == 0
    assert Comment.objects.filter(ticket=world.ticket).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_ticket_that_comes_while_its_contact_is_purged_is_whole_or_refused(world: World) -> None:
    ada = trash_contact(create_contact(first_name="Ada", by=world.john), by=world.john)
    made, purged = together(
        lambda: create_ticket("a", ada, Content.from_markdown("Hello"), by=world.john),
        lambda: purge_contact(ada, by=world.olivia),
    )
    if isinstance(made, Ticket):
        assert Ticket.objects.get(pk=made.pk).contact.pk == ada.pk
        assert purged.anonymised_at if isinstance(purged, Contact) else purged.code == "collision"
    else:
        assert (made.code, purged) == ("collision", None)


def test_a_trashed_company_stays_with_its_contacts_and_tickets(world: World) -> None:
    for _again in range(2):
        trash_company(world.acme, by=world.john)
    assert Contact.objects.get(pk=world.sarah.pk).company == world.acme
    for _again in range(2):
        restore_company(world.acme, by=world.john)
    assert world.actions() == ["company.trashed", "company.restored"]


def test_a_company_with_tickets_is_never_purged(world: World) -> None:
    with pytest.raises(Refused) as refusal:
        purge_company(world.acme, by=world.olivia)
    assert refusal.value.code == "not_in_trash"
    trash_company(world.acme, by=world.john)
    with pytest.raises(Forbidden):
        purge_company(world.acme, by=world.omar)
    with pytest.raises(Refused) as refusal:
        purge_company(world.acme, by=world.olivia)
    assert refusal.value.code == "company_has_tickets"


def test_a_purged_company_frees_its_domains_and_its_contacts(world: World) -> None:
    globex = create_company(name="Globex", domains=["globex.example"], by=world.john)
    update_contact(world.lisa, company_id=globex.pk, by=world.john)
    trash_company(globex, by=world.john)
    purge_company(globex, by=world.olivia)
    assert Contact.objects.get(pk=world.lisa.pk).company is None
    assert not Company.objects.filter(name="Globex").exists()
    create_company(name="Globex", domains=["globex.example"], by=world.john)
    assert world.trail()[-2].action == "company.purged"
