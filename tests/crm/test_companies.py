from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from supportflow.accounts.operations import deactivate_user
from supportflow.core.errors import Forbidden, Invalid, Refused, Stale
from supportflow.crm.models import Company
from supportflow.crm.operations import create_company, trash_company, update_company
from tests.conftest import World
from tests.together import together


def test_every_field_is_kept(world: World) -> None:
    made = create_company(
        name=" Globex  Inc ",
        website="globex.example",
        domains=["@Globex.Example.", "mail.globex.example", "globex.example"],
        industry="Energy",
        size="1000+",
        revenue={"amount": "72000.005", "currency": "eur"},
        customer_since="2021-03-01",
        health_score=0,
        owner_id=world.omar.pk,
        by=world.john,
    )
    company = Company.objects.get(pk=made.pk)
    assert (company.name, company.website, company.size) == ("Globex Inc", "https://globex.example", "1000+")
    assert (company.revenue_amount, company.revenue_currency) == (Decimal("72000.00"), "EUR")
    assert (company.customer_since, company.health_score, company.owner) == (date(2021, 3, 1), 0, world.omar)
    assert sorted(row.domain for row in company.domains.all()) == ["globex.example", "mail.globex.example"]
    [activity] = world.trail()
    assert (activity.action, activity.company_id, activity.metadata) == (
        "company.created",
        company.pk,
        {"name": "Globex Inc"},
    )


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"website": "javascript:alert(1)"}, "website"),
    ({"website": "vbscript:x"}, "website"),
    ({"website": "https://"}, "website"),
    ({"website": "x" * 301}, "website"),
    ({"size": "7"}, "size"),
    ({"health_score": 101}, "health_score"),
    ({"customer_since": "March"}, "customer_since"),
    ({"customer_since": "2021-02-30"}, "customer_since"),
    ({"customer_since": datetime(2021, 1, 1, tzinfo=UTC)}, "customer_since"),
    ({"owner_id": 999_999}, "owner_id"),
    ({"domains": ["localhost"]}, "domains"),
    ({"domains": ["a b.example"]}, "domains"),
    ({"domains": ["a..example"]}, "domains"),
    ({"domains": [None]}, "domains"),
    ({"domains": ["x" * 64 + ".example"]}, "domains"),
    ({"domains": [f"d{n}.example" for n in range(101)]}, "domains"),
    *[
        ({"revenue": {"amount": amount, "currency": "EUR"}}, "revenue")
        for amount in ("", "-1", "much", "NaN", "sNaN", "Infinity", "1e400", "10000000000000000", None)
    ],
    *[
        ({"revenue": {"amount": "1", "currency": currency}}, "revenue")
        for currency in ("", None, "E", "EURO", "€€€", "12A")
    ],
]


def test_what_cannot_be_stored_is_refused_by_name(world: World) -> None:
    for values, field in REFUSED:
        with pytest.raises(Invalid) as refusal:
            create_company(by=world.john, **{"name": "Globex", **values})
        assert list(refusal.value.fields) == [field]
        assert (world.trail(), Company.objects.count()) == ([], 1)


def test_no_revenue_is_neither_amount_nor_currency(world: World) -> None:
    company = create_company(name="Globex", revenue={"amount": 5, "currency": "EUR"}, by=world.john)
    company = update_company(company, revenue=None, by=world.john)
    assert (company.revenue_amount, company.revenue_currency) == (None, "")
    assert world.trail()[-1].changes == {"revenue_amount": ["5.00", None], "revenue_currency": ["EUR", ""]}


def test_domains_belong_to_one_company_and_say_to_which(world: World) -> None:
    with pytest.raises(Invalid, match=r"acme\.example belongs to Acme Corporation"):
        create_company(name="Globex", domains=["ACME.example"], by=world.john)
    update_company(world.acme, name="Acme Inc", domains=["acme.example", "a.example"], by=world.john)
    company = update_company(world.acme, name="Acme Inc", domains=["a.example", "acme.example"], by=world.john)
    assert (world.actions(), company.version) == (["company.updated"], 2)
    assert world.trail()[0].changes == {
        "name": ["Acme Corporation", "Acme Inc"],
        "domains": [["acme.example"], ["a.example", "acme.example"]],
    }
    assert update_company(world.acme, domains=[], by=world.john).version == 3


@pytest.mark.django_db(transaction=True)
def test_two_companies_cannot_take_one_domain_at_once(world: World) -> None:
    outcomes = together(*[lambda: create_company(name="Globex", domains=["globex.example"], by=world.john)] * 3)
    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 2
    assert {getattr(o, "code", "") for o in outcomes if isinstance(o, Exception)} <= {"collision", "invalid"}
    assert world.actions() == ["company.created"]


def test_an_owner_who_left_may_stay_but_not_be_chosen(world: World) -> None:
    update_company(world.acme, owner_id=world.john.pk, by=world.emma)
    deactivate_user(world.john, by=world.olivia)
    assert update_company(world.acme, owner_id=world.john.pk, industry="Anvils", by=world.emma).owner == world.john
    update_company(world.acme, owner_id=None, by=world.emma)
    with pytest.raises(Invalid):
        update_company(world.acme, owner_id=world.john.pk, by=world.emma)


def test_old_versions_trash_and_customers_are_refused(world: World) -> None:
    update_company(world.acme, industry="Anvils", by=world.john)
    with pytest.raises(Stale):
        update_company(world.acme, industry="Rockets", version=1, by=world.john)
    with pytest.raises(Forbidden):
        create_company(name="Globex", by=world.sarah)
    trash_company(world.acme, by=world.john)
    with pytest.raises(Refused) as refusal:
        update_company(world.acme, industry="Rockets", by=world.john)
    assert refusal.value.code == "in_trash"
