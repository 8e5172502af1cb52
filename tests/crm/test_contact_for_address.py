"""Who is it that writes? Known in any spelling, back from the trash, or somebody new with a name and a company."""

import pytest

from supportflow.core.errors import Forbidden, Invalid
from supportflow.crm.models import Contact
from supportflow.crm.operations import contact_for_address, create_company, trash_company, trash_contact, update_contact
from tests.conftest import BY, World
from tests.together import together


@pytest.mark.parametrize("address", ["sarah@acme.example", "SARAH@Acme.Example", " sarah@acme.example "])
def test_a_known_address_is_the_same_person_and_writes_nothing(world: World, address: str) -> None:
    assert contact_for_address(address, "Somebody Else", by=BY) == world.sarah
    assert world.trail() == []


def test_further_addresses_count_as_much(world: World) -> None:
    update_contact(world.sarah, emails=["s@acme.example", "sarah@home.example"], by=world.john)
    assert contact_for_address("Sarah@HOME.example", by=BY) == world.sarah


def test_who_writes_comes_back_from_the_trash(world: World) -> None:
    trash_contact(world.sarah, by=world.john)
    assert contact_for_address("sarah@acme.example", by=BY).deleted_at is None
    assert world.actions() == ["contact.trashed", "contact.restored"]
    assert world.trail()[1].actor_name == "SupportFlow (test)"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("  Ada   King  Lovelace ", "Ada", "King Lovelace"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Ada", "Ada", ""),
        (",", ",", ""),
        (", Ada", ",", "Ada"),
        ("", "ada", ""),
        ("ada@new.example", "ada", ""),
        ("\x00\u202e\n", "ada", ""),
        ("محمد الفاتح", "محمد", "الفاتح"),
        ("x" * 500, "x" * 100, ""),
        ("a " + "b" * 500, "a", "b" * 100),
    ],
)
def test_a_new_address_gets_the_name_of_the_mail(world: World, name: str, first: str, last: str) -> None:
    contact = contact_for_address("ada@new.example", name, by=BY)
    assert (contact.first_name, contact.last_name, contact.email) == (first, last, "ada@new.example")
    assert world.actions() == ["contact.created"]
    assert contact_for_address("ADA@new.example", by=BY) == contact


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("acme.example", "Acme Corporation"),
        ("mail.eu.ACME.example", "Acme Corporation"),
        ("labs.acme.example", "Acme Labs"),
        ("x.labs.acme.example", "Acme Labs"),
        ("a.b.c.d.e.f.g.h.i.j.k.l.acme.example", "Acme Corporation"),
        ("notacme.example", None),
        ("example", None),
        ("gone.example", None),
        ("bücher.example", "Bücher"),
        ("xn--bcher-kva.example", "Bücher"),
    ],
)
def test_the_domain_tells_the_company(world: World, domain: str, found: str | None) -> None:
    create_company(name="Acme Labs", domains=["labs.acme.example"], by=world.john)
    create_company(name="Bücher", domains=["Bücher.example"], by=world.john)
    trash_company(create_company(name="Gone", domains=["gone.example"], by=world.john), by=world.john)
    if "." not in domain:
        with pytest.raises(Invalid):
            contact_for_address(f"ada@{domain}", by=BY)
        return
    contact = contact_for_address(f"ada@{domain}", by=BY)
    assert (contact.company.name if contact.company else None) == found


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a@b@c.example", "a@\x00.example", "x" * 300 + "@a.example"])
def test_what_is_no_address_is_nobody(world: World, address: str) -> None:
    with pytest.raises(Invalid):
        contact_for_address(address, by=BY)
    assert world.trail() == []


def test_customers_introduce_nobody(world: World) -> None:
    with pytest.raises(Forbidden):
        contact_for_address("ada@new.example", by=world.sarah)


@pytest.mark.django_db(transaction=True)
def test_two_mails_of_a_stranger_at_once_make_one_contact(world: World) -> None:
    outcomes = together(*[lambda: contact_for_address("ada@new.example", "Ada", by=BY)] * 4)
    assert [outcome for outcome in outcomes if isinstance(outcome, Contact)]
    assert {getattr(o, "code", "") for o in outcomes if not isinstance(o, Contact)} <= {"collision", "invalid"}
    assert world.actions() == ["contact.created"]
    assert Contact.objects.filter(emails__key="ada@new.example").count() == 1


def test_customers_see_themselves_and_nobody_else(world: World) -> None:
    assert list(Contact.objects.visible_to(world.sarah)) == [world.sarah]
    for contact in (world.sarah, world.lisa):
        for actor in (world.sarah, world.lisa, world.john, BY):
            assert contact.is_visible_to(actor) == Contact.objects.visible_to(actor).filter(pk=contact.pk).exists()
    world.john.is_active = False
    assert not Contact.objects.visible_to(world.john).exists()
    assert not world.acme.is_visible_to(world.sarah)
