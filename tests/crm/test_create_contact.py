from typing import Any

import pytest

from supportflow.core.errors import Forbidden, Invalid
from supportflow.crm.models import Contact
from supportflow.crm.operations import create_contact, trash_contact, update_contact
from tests.conftest import World
from tests.together import together

EVERYTHING: dict[str, Any] = {
    "first_name": " Ada ",
    "last_name": "Lovelace",
    "email": "ada@engines.example",
    "emails": ["Ada@Home.example"],
    "phone": "+44 20 7946 0000",
    "address": {
        "street": "12 St James's Square",
        "city": "London",
        "region": "",
        "postal_code": "SW1Y 4LB",
        "country": "GB",
    },
    "title": "Countess",
    "department": "Analysis",
    "linkedin": "www.linkedin.example/in/ada",
    "twitter": "https://social.example/ada",
    "lead_status": "QUALIFIED",
    "lead_score": 100,
    "notes": "Writes\r\nprograms.",
    "tags": ["vip", "VIP", "new"],
    "custom": {"custom_1": "A-1", "custom_2": ""},
}


def test_every_field_is_kept(world: World) -> None:
    made = create_contact(company_id=world.acme.pk, by=world.john, **EVERYTHING)
    contact = Contact.objects.get(pk=made.pk)
    assert (contact.name, contact.company, contact.city) == ("Ada Lovelace", world.acme, "London")
    assert (contact.linkedin, contact.notes) == ("https://www.linkedin.example/in/ada", "Writes\nprograms.")
    assert (contact.lead_status, contact.lead_score, contact.custom) == ("QUALIFIED", 100, {"custom_1": "A-1"})
    assert [(e.address, e.is_primary) for e in contact.emails.all()] == [
        ("ada@engines.example", True),
        ("Ada@home.example", False),
    ]
    assert sorted(tag.name for tag in contact.tags.all()) == ["VIP", "new"]
    assert contact.email == "ada@engines.example"
    created = world.trail()[-1]
    assert (created.action, created.contact_id, created.company_id, created.metadata) == (
        "contact.created",
        contact.pk,
        world.acme.pk,
        {"name": "Ada Lovelace"},
    )
    assert len({activity.batch_id for activity in world.trail()}) == 1


def test_a_first_name_is_all_it_takes(world: World) -> None:
    contact = create_contact(first_name="محمد", by=world.john)
    assert (contact.name, contact.email, contact.lead_status) == ("محمد", None, "NEW")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"first_name": ""}, "first_name"),
    ({"first_name": "x" * 101}, "first_name"),
    ({"first_name": "a\x00"}, "first_name"),
    ({"email": "nobody"}, "email"),
    ({"emails": ["a@b.example", "c@"]}, "emails"),
    ({"emails": [f"{n}@b.example" for n in range(21)]}, "emails"),
    ({"lead_status": "LOST"}, "lead_status"),
    ({"lead_score": 101}, "lead_score"),
    ({"lead_score": -1}, "lead_score"),
    ({"lead_score": True}, "lead_score"),
    ({"lead_score": "9"}, "lead_score"),
    ({"linkedin": "javascript:alert(1)"}, "linkedin"),
    ({"twitter": "JaVa\tScRiPt:alert(1)"}, "twitter"),
    ({"twitter": "data:text/html,x"}, "twitter"),
    ({"linkedin": "ftp://files.example"}, "linkedin"),
    ({"linkedin": "http://[::1"}, "linkedin"),
    ({"linkedin": "https://a b.example"}, "linkedin"),
    ({"company_id": 999_999}, "company_id"),
    ({"company_id": 10**30}, "company_id"),
    ({"custom": {"custom_9": "x"}}, "custom.custom_9"),
    ({"tags": ["a,b"]}, "tags"),
    ({"salary": 1}, "salary"),
    ({"address": {"city": "x" * 101}}, "city"),
]


def test_what_cannot_be_stored_is_refused_by_name_and_leaves_nothing(world: World) -> None:
    for values, field in REFUSED:
        with pytest.raises(Invalid) as refusal:
            create_contact(by=world.john, **{"first_name": "Ada", **values})
        assert list(refusal.value.fields) == [field]
        assert (world.trail(), Contact.objects.count()) == ([], 2)


@pytest.mark.parametrize("taken", ["sarah@acme.example", "SARAH@ACME.EXAMPLE", " Sarah@acme.example"])
def test_a_taken_address_tells_whose_it_is(world: World, taken: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_contact(first_name="Sam", email=taken, by=world.john)
    assert refusal.value.fields == {
        "email": f"sarah@acme.example belongs to Sarah Johnson (contact {world.sarah.pk}) already."
    }
    trash_contact(world.sarah, by=world.john)
    with pytest.raises(Invalid):
        create_contact(first_name="Sam", email=taken, by=world.john)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_address_at_once_one_wins_and_the_other_is_told(world: World) -> None:
    outcomes = together(
        *[
            lambda address=address: create_contact(first_name="Ada", email=address, by=world.john)
            for address in ("ada@engines.example", "ADA@engines.example", "Ada@Engines.example")
        ]
    )
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(refusals) == 2
    assert {getattr(refusal, "code", refusal) for refusal in refusals} <= {"collision", "invalid"}
    assert world.actions() == ["contact.created"]
    assert Contact.objects.count() == 3


def test_the_first_of_several_spellings_is_the_primary_address(world: World) -> None:
    contact = create_contact(first_name="Ada", emails=["A@x.example", "b@x.example", "a@X.example"], by=world.john)
    assert [email.address for email in contact.emails.all()] == ["a@x.example", "b@x.example"]
    contact = update_contact(contact, email="B@x.example", by=world.john)
    assert [email.address for email in contact.emails.all()] == ["B@x.example", "a@x.example"]


def test_customers_make_no_contacts(world: World) -> None:
    with pytest.raises(Forbidden):
        create_contact(first_name="Ada", by=world.sarah)
