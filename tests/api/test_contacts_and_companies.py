from typing import Any

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportflow.crm.models import Company, Contact
from supportflow.crm.operations import create_company, create_contact
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import BY, World

CONTACT_KEYS = {
    "id", "first_name", "last_name", "name", "email", "emails", "phone", "address", "title", "department", "linkedin",
    "twitter", "company", "lead_status", "lead_score", "notes", "custom", "tags", "created_at", "updated_at",
    "deleted_at", "url",
}  # fmt: skip
COMPANY_KEYS = {
    "id", "name", "website", "domains", "industry", "size", "revenue", "customer_since", "health_score", "owner",
    "logo_url", "custom", "created_at", "updated_at", "deleted_at", "url",
}  # fmt: skip
ADDRESS = {"street": "1 Quay", "city": "Bath", "region": None, "postal_code": "B1", "country": "UK"}


def test_a_contact_is_made_read_changed_replaced_and_trashed(api: Caller, world: World) -> None:
    sent: dict[str, Any] = {
        "first_name": "Ana", "last_name": "Ķ", "email": "Ana@New.example", "emails": ["ana2@new.example"],
        "address": ADDRESS, "company_id": world.acme.pk, "lead_status": "QUALIFIED", "lead_score": 40,
        "custom": {"custom_1": "gold"}, "tags": ["vip"], "linkedin": "linkedin.example/in/ana", "notes": "Likes tea.",
    }  # fmt: skip
    answer = api.post("contacts", sent)
    contact = answer.json()
    path = f"contacts/{contact['id']}"
    assert (answer.status_code, answer["Location"], answer["ETag"]) == (201, f"/api/{path}", '"v1"')
    assert set(contact) == CONTACT_KEYS
    assert (contact["email"], contact["emails"]) == ("Ana@new.example", ["Ana@new.example", "ana2@new.example"])
    assert contact["address"] == ADDRESS
    assert contact["company"] == {"id": world.acme.pk, "name": "Acme Corporation"}
    assert contact["custom"] == {"custom_1": "gold", "custom_2": None, "custom_3": None}
    assert (contact["phone"], contact["notes"], contact["linkedin"]) == (
        None,
        "Likes tea.",
        "https://linkedin.example/in/ana",
    )

    changed = api.patch(path, {"address": {"city": "Bristol"}, "custom": {"custom_2": "x"}, "lead_score": 41}).json()
    assert changed["address"] == {**ADDRESS, "city": "Bristol"}
    assert changed["custom"] == {"custom_1": "gold", "custom_2": "x", "custom_3": None}
    assert changed["lead_status"] == "QUALIFIED"

    replaced = api.put(path, {"first_name": "Ana"}).json()
    assert (replaced["last_name"], replaced["email"], replaced["emails"], replaced["tags"]) == (None, None, [], [])
    assert (replaced["lead_status"], replaced["lead_score"], replaced["company"]) == ("NEW", 0, None)
    assert set(replaced["address"].values()) == set(replaced["custom"].values()) == {None}

    for _again in range(2):
        assert api.delete(path).status_code == 204
    assert api.get(path).json()["deleted_at"]
    assert contact["id"] not in [row["id"] for row in api.items("contacts")]
    assert [row["id"] for row in api.items("contacts?trash=true")] == [contact["id"]]
    assert api.patch(path, {"title": "x"}).json()["code"] == "in_trash"
    assert api.post(f"{path}/restoration").json()["deleted_at"] is None
    assert world.actions() == [
        "tag.created", "contact.created", "contact.updated", "contact.updated", "contact.tagged", "contact.trashed",
        "contact.restored",
    ]  # fmt: skip


def test_a_company_is_made_read_changed_replaced_and_trashed(api: Caller, world: World) -> None:
    sent: dict[str, Any] = {
        "name": "Retail Co", "website": "retail.example", "domains": ["Retail.example", "shop.example"],
        "size": "1000+", "revenue": {"amount": "72000.5", "currency": "EUR"}, "customer_since": "2021-03-01",
        "health_score": 78, "owner_id": world.john.pk, "industry": "Retail",
    }  # fmt: skip
    answer = api.post("companies", sent)
    company = answer.json()
    path = f"companies/{company['id']}"
    assert (answer.status_code, answer["Location"]) == (201, f"/api/{path}")
    assert set(company) == COMPANY_KEYS
    assert company["revenue"] == {"amount": "72000.50", "currency": "EUR"}
    assert (company["domains"], company["customer_since"]) == (["retail.example", "shop.example"], "2021-03-01")
    assert (company["owner"], company["logo_url"]) == ({"id": world.john.pk, "name": "John Reyes"}, None)
    assert api.patch(path, {"health_score": 80, "revenue": None}).json()["revenue"] is None
    replaced = api.put(path, {"name": "Retail"}).json()
    assert (replaced["domains"], replaced["owner"], replaced["size"], replaced["health_score"]) == (
        [],
        None,
        None,
        None,
    )
    assert api.delete(path).status_code == 204
    assert api.items("companies?trash=true")[0]["id"] == company["id"]
    assert api.post(f"{path}/restoration").status_code == 200
    assert world.actions() == [
        "company.created", "company.updated", "company.updated", "company.trashed", "company.restored",
    ]  # fmt: skip


def test_wrong_values_are_named(api: Caller, world: World) -> None:
    contact: list[tuple[dict[str, Any], list[str]]] = [
        ({"first_name": ""}, ["first_name"]),
        ({"last_name": "x" * 101}, ["last_name"]),
        ({"email": "SARAH@ACME.example"}, ["email"]),
        ({"email": "nobody"}, ["email"]),
        ({"emails": ["a@b.example", "no"]}, ["emails"]),
        ({"emails": None}, ["emails"]),
        ({"lead_status": "new"}, ["lead_status"]),
        ({"lead_score": 101}, ["lead_score"]),
        ({"lead_score": 1.5}, ["lead_score"]),
        ({"company_id": 999_999}, ["company_id"]),
        ({"linkedin": "javascript:alert(1)"}, ["linkedin"]),
        ({"custom": {"custom_9": "x"}}, ["custom.custom_9"]),
        ({"custom": {"custom_1": {"a": 1}}}, ["custom.custom_1"]),
        ({"address": {"planet": "Mars"}}, ["address.planet"]),
        ({"address": "Bath"}, ["address"]),
        ({"phone": "1\x002"}, ["phone"]),
        ({"name": "Ana"}, ["name"]),
    ]
    for values, fields in contact:
        assert wrong_fields(api.post("contacts", {"first_name": "Ana", **values})) == fields, values
    company: list[tuple[dict[str, Any], list[str]]] = [
        ({"name": None}, ["name"]),
        ({"size": "12"}, ["size"]),
        ({"domains": ["acme.example"]}, ["domains"]),
        ({"domains": ["no domain"]}, ["domains"]),
        ({"revenue": {"amount": "-1", "currency": "EUR"}}, ["revenue.amount"]),
        ({"revenue": {"amount": "1"}}, ["revenue.currency"]),
        ({"revenue": {"amount": 1, "currency": "euro"}}, ["revenue.amount", "revenue.currency"]),
        ({"customer_since": "01.03.2021"}, ["customer_since"]),
        ({"customer_since": "2021-02-30"}, ["customer_since"]),
        ({"health_score": -1}, ["health_score"]),
        ({"owner_id": 999_999}, ["owner_id"]),
        ({"logo_url": "x"}, ["logo_url"]),
    ]
    for values, fields in company:
        assert wrong_fields(api.post("companies", {"name": "New", **values})) == fields, values
    assert world.actions() == []


def test_lists_filter_and_sort(api: Caller, world: World) -> None:
    ana = create_contact(first_name="Ana", lead_status="CUSTOMER", lead_score=90, tags=["vip"], by=BY).pk
    retail = create_company(name="Retail_Co", industry="Retail", size="1000+", owner_id=world.john.pk, by=BY).pk
    sarah, lisa, acme = world.sarah.pk, world.lisa.pk, world.acme.pk
    expected: dict[str, list[int]] = {
        "contacts": [ana, lisa, sarah],
        "contacts?sort=-lead_score": [ana, lisa, sarah],
        "contacts?lead_status=CUSTOMER&lead_status=CHURNED": [ana],
        "contacts?tag=VIP": [ana],
        f"contacts?company={acme}": [sarah],
        "contacts?company=none": [ana, lisa],
        "contacts?q=john sar": [sarah],
        "contacts?q=LISA@elsewhere.example": [lisa],
        "contacts?q=lisa@elsewhere": [],
        "contacts?created_before=2020-01-01": [],
        "companies": [acme, retail],
        "companies?owner=me": [retail],
        "companies?owner=none": [acme],
        "companies?industry=Retail&size=1000%2B": [retail],
        "companies?q=l_c": [retail],
        "companies?q=acme.example": [acme],
        "companies?q=me.exam": [],
    }
    for path, found in expected.items():
        rows = [row["id"] for row in api.items(path)]
        assert (sorted(rows) if "sort" in path else rows) == (sorted(found) if "sort" in path else found), path
    assert wrong_fields(api.get("contacts?sort=password&lead_status=x")) == ["lead_status"]
    assert wrong_fields(api.get("contacts?sort=password")) == ["sort"]
    assert wrong_fields(api.get("companies?company__name=x")) == ["company__name"]
    assert api.get("contacts?limit=1&include=total").json()["total"] == 3


def test_ids_that_name_nothing_are_404(api: Caller) -> None:
    for kind in ("contacts", "companies"):
        for name in ("999999", "0", "-1", "x", "1.0", str(2**63), "9" * 300, "%00"):
            assert api.get(f"{kind}/{name}").status_code == 404, name
            assert api.delete(f"{kind}/{name}").status_code == 404, name
        assert api.post(f"{kind}/999999/restoration").status_code == 404


def test_a_page_costs_the_same_queries_however_long_it_is(api: Caller, world: World) -> None:
    for number in range(10):
        create_contact(
            first_name=f"c{number}", email=f"c{number}@x.example", company_id=world.acme.pk, tags=["a"], by=BY
        )
        create_company(name=f"n{number}", domains=[f"n{number}.example"], owner_id=world.john.pk, by=BY)
    with time_machine.travel(timezone.now(), tick=False):  # a new minute would count the calls anew
        api.get("me")
        for path, queries in (("contacts", 6), ("companies", 5)):
            for limit in (1, 50):
                with CaptureQueriesContext(connection) as asked:
                    api.items(f"{path}?limit={limit}")
                # the token, the rows, their emails and tags (or domains), custom fields
                assert len(asked) == queries - 1, [query["sql"][:120] for query in asked.captured_queries]
    assert (Contact.objects.count(), Company.objects.count()) == (12, 11)
