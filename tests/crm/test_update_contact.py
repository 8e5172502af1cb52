from collections.abc import Callable
from typing import Any

import pytest

from supportflow.core.errors import Invalid, NotFound, Refused, Stale
from supportflow.crm.models import Contact
from supportflow.crm.operations import tag_contact, trash_company, trash_contact, update_contact
from supportflow.tags.operations import create_tag, tags_by_name
from tests.conftest import World
from tests.together import together


def addresses(contact: Contact) -> list[str]:
    return [email.address for email in Contact.objects.get(pk=contact.pk).emails.all()]


def test_several_fields_are_one_change_with_old_and_new(world: World) -> None:
    values: dict[str, Any] = {
        "last_name": "Miller",
        "address": {"city": "Boston"},
        "company_id": None,
        "emails": ["s@acme.example", "sarah@acme.example"],
    }
    update_contact(world.sarah, by=world.john, **values)
    contact = update_contact(world.sarah, by=world.emma, **values)
    [activity] = world.trail()
    assert activity.changes == {
        "last_name": ["Johnson", "Miller"],
        "city": ["", "Boston"],
        "company": [world.acme.pk, None],
        "emails": [["sarah@acme.example"], ["s@acme.example", "sarah@acme.example"]],
    }
    assert (activity.action, activity.subject_version, contact.version) == ("contact.updated", 2, 2)


def test_the_same_again_writes_nothing(world: World) -> None:
    update_contact(world.sarah, first_name="Sarah", email="sarah@acme.example", tags=[], custom={}, by=world.john)
    assert world.trail() == []
    assert Contact.objects.get(pk=world.sarah.pk).version == 1


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"email": "new@acme.example"}, ["new@acme.example", "a@acme.example", "b@acme.example"]),
        ({"email": "B@acme.example"}, ["B@acme.example", "a@acme.example"]),
        ({"email": None}, ["b@acme.example"]),
        ({"emails": ["c@acme.example"]}, ["c@acme.example"]),
        ({"emails": []}, []),
        ({"email": "c@acme.example", "emails": ["b@acme.example"]}, ["c@acme.example", "b@acme.example"]),
        ({"email": None, "emails": ["b@acme.example"]}, ["b@acme.example"]),
    ],
)
def test_the_primary_address_and_the_others(world: World, change: dict[str, Any], after: list[str]) -> None:
    update_contact(world.sarah, emails=["a@acme.example", "b@acme.example"], by=world.john)
    contact = update_contact(world.sarah, by=world.john, **change)
    assert addresses(contact) == after
    assert contact.emails.filter(is_primary=True).count() == min(1, len(after))
    assert world.trail()[-1].changes == {"emails": [["a@acme.example", "b@acme.example"], after]}
    assert contact.version == 3


def test_an_address_of_somebody_else_is_refused_and_nothing_changes(world: World) -> None:
    with pytest.raises(Invalid, match="belongs to Lisa Martinez"):
        update_contact(
            world.sarah, first_name="S", emails=["sarah@acme.example", "LISA@elsewhere.example"], by=world.john
        )
    assert (addresses(world.sarah), world.trail()) == (["sarah@acme.example"], [])
    assert Contact.objects.get(pk=world.sarah.pk).first_name == "Sarah"


@pytest.mark.django_db(transaction=True)
def test_two_contacts_cannot_get_one_address_at_once(world: World) -> None:
    outcomes = together(
        lambda: update_contact(world.sarah, email="x@acme.example", by=world.john),
        lambda: update_contact(world.lisa, email="X@acme.example", by=world.emma),
    )
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 1
    assert world.actions() == ["contact.updated"]


def test_tags_are_a_change_of_their_own_in_the_same_batch(world: World) -> None:
    contact = update_contact(world.sarah, title="CTO", tags=["vip"], by=world.john)
    assert world.actions() == ["contact.updated", "tag.created", "contact.tagged"]
    assert len({activity.batch_id for activity in world.trail()}) == 1
    assert world.trail()[-1].changes == {"tags": [[], ["vip"]]}
    assert (contact.version, [tag.name for tag in contact.tags.all()]) == (3, ["vip"])
    tag_contact(contact, tags_by_name(["VIP"], by=world.john), by=world.john)
    assert len(world.trail()) == 3


def test_what_stays_may_lie_in_the_trash_by_now(world: World) -> None:
    trash_company(world.acme, by=world.john)
    contact = update_contact(world.sarah, title="CTO", company_id=world.acme.pk, by=world.john)
    assert (contact.title, contact.company) == ("CTO", world.acme)
    with pytest.raises(Invalid):
        update_contact(world.lisa, company_id=world.acme.pk, by=world.john)


def test_custom_values_are_replaced_whole(world: World) -> None:
    update_contact(world.sarah, custom={"custom_1": "a", "custom_2": "b"}, by=world.john)
    contact = update_contact(world.sarah, custom={"custom_1": "c"}, by=world.john)
    assert contact.custom == {"custom_1": "c"}


def test_old_versions_trash_and_customers_are_refused(world: World) -> None:
    update_contact(world.sarah, title="CTO", by=world.john)
    with pytest.raises(Stale):
        update_contact(world.sarah, title="CEO", version=1, by=world.john)
    with pytest.raises(NotFound):
        update_contact(world.sarah, title="CEO", by=world.lisa)
    trash_contact(world.sarah, by=world.john)
    vip = create_tag("vip", by=world.john)
    acts: list[Callable[[], object]] = [
        lambda: update_contact(world.sarah, title="CEO", by=world.john),
        lambda: tag_contact(world.sarah, [vip], by=world.john),
    ]
    for act in acts:
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "in_trash"
