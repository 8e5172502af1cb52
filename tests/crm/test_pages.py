import pytest
from django.test import Client

from supportflow.accounts.operations import deactivate_user
from supportflow.crm.models import Company, Contact
from supportflow.crm.operations import update_company, update_contact
from tests.conftest import World


def test_lists_and_pages_show(browser: Client, world: World) -> None:
    for path in (
        "/contacts",
        f"/contacts/{world.sarah.pk}",
        "/companies",
        f"/companies/{world.acme.pk}",
        "/contacts/new",
        "/companies/new",
    ):
        assert browser.get(path).status_code == 200, path
    assert b"Sarah Johnson" in browser.get("/contacts?q=johns").content
    assert b"Sarah Johnson" not in browser.get("/contacts?lead_status=CHURNED").content
    assert browser.get("/contacts?sort=phone").status_code == 422
    assert browser.get("/contacts/999").status_code == 404


def test_a_contact_is_created_and_changed(browser: Client, world: World) -> None:
    values = {
        "first_name": "Ada",
        "email": "ada@new.example",
        "further": "ada@old.example",
        "company": "Acme",
        "lead_status": "QUALIFIED",
        "lead_score": "70",
        "tags": "vip, early",
        "city": "Łódź",
        "custom.custom_1": "Premium",
    }
    assert browser.post("/contacts/new", values).status_code == 302
    ada = Contact.objects.get(first_name="Ada")
    assert [row.address for row in ada.emails.all()] == ["ada@new.example", "ada@old.example"]
    assert (ada.company, ada.lead_score, ada.city, ada.custom) == (world.acme, 70, "Łódź", {"custom_1": "Premium"})
    assert ada.tags.count() == 2
    form = browser.get(f"/contacts/{ada.pk}/edit").content.decode()
    assert f"Acme Corporation #{world.acme.pk}" in form
    assert (
        browser.post(
            f"/contacts/{ada.pk}/edit", {**values, "company": "", "last_name": "K", "seen": ada.version}
        ).status_code
        == 302
    )
    ada.refresh_from_db()
    assert (ada.name, ada.company) == ("Ada K", None)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"first_name": ""}, "required"),
        ({"email": "sarah@acme.example"}, "belongs to Sarah Johnson"),
        ({"email": "nonsense"}, "e-mail address"),
        ({"lead_score": "101"}, "100"),
        ({"company": "Unknown Ltd"}, "no company with this name"),
        ({"linkedin": "javascript:alert(1)"}, "web address"),
        ({"city": "x" * 101}, "at most 100"),
    ],
)
def test_a_contact_that_does_not_fit_comes_back(
    browser: Client, world: World, changed: dict[str, str], told: str
) -> None:
    answer = browser.post("/contacts/new", {"first_name": "Ada", "lead_status": "NEW", "lead_score": "1", **changed})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert world.actions() == []


def test_editors_of_one_contact_are_told_of_each_other(browser: Client, world: World) -> None:
    seen = world.sarah.version
    update_contact(world.sarah, phone="+1 2", by=world.emma)
    values = {
        "first_name": "Sarah",
        "last_name": "Johnson",
        "email": "sarah@acme.example",
        "company": "Acme",
        "lead_status": "NEW",
        "lead_score": "0",
    }
    answer = browser.post(f"/contacts/{world.sarah.pk}/edit", {**values, "phone": "+1 3", "seen": seen})
    assert answer.status_code == 422
    assert "+1 2" in answer.content.decode()
    again = answer.content.decode().split('name="seen" value="')[1].split('"')[0]
    assert (
        browser.post(f"/contacts/{world.sarah.pk}/edit", {**values, "phone": "+1 3", "seen": again}).status_code == 302
    )


def test_a_company_is_created_changed_and_trashed(browser: Client, world: World) -> None:
    values = {
        "name": "Northwind",
        "domains": "northwind.example",
        "size": "11-50",
        "revenue_amount": "72000",
        "revenue_currency": "EUR",
    }
    assert browser.post("/companies/new", values).status_code == 302
    company = Company.objects.get(name="Northwind")
    assert b"72,000 EUR" in browser.get(f"/companies/{company.pk}").content
    assert (
        browser.post(
            f"/companies/{company.pk}/edit", {**values, "health_score": "80", "seen": company.version}
        ).status_code
        == 302
    )
    assert browser.post("/companies/new", {**values, "name": "Other"}).status_code == 422  # the domain is taken
    assert browser.post(f"/companies/{company.pk}/trash").status_code == 302
    browser.get("/companies")  # shows the message, which names it
    assert b"Northwind" not in browser.get("/companies").content
    assert b"Northwind" in browser.get("/companies?trash=true").content
    assert browser.post(f"/companies/{company.pk}/trash", {"restore": "1"}).status_code == 302


def test_an_owner_who_left_stays_on_the_form_until_another_is_chosen(browser: Client, world: World) -> None:
    update_company(world.acme, owner_id=world.emma.pk, by=world.john)
    deactivate_user(world.emma, by=world.olivia)
    form = browser.get(f"/companies/{world.acme.pk}/edit").content.decode()
    assert f'<option value="{world.emma.pk}" selected>Emma Clarke</option>' in form
    assert "Emma Clarke" not in browser.get("/companies/new").content.decode()
    sent = {"name": "Acme Corporation", "domains": "acme.example", "industry": "Anvils", "owner": world.emma.pk}
    assert browser.post(f"/companies/{world.acme.pk}/edit", sent).status_code == 302
    world.acme.refresh_from_db()
    assert (world.acme.owner, world.acme.industry) == (world.emma, "Anvils")


def test_a_contact_goes_to_the_trash_and_comes_back(browser: Client, world: World) -> None:
    assert browser.post(f"/contacts/{world.lisa.pk}/trash").status_code == 302
    assert b"This contact is in the trash" in browser.get(f"/contacts/{world.lisa.pk}").content
    assert browser.post(f"/contacts/{world.lisa.pk}/trash", {"restore": "1"}).status_code == 302
    assert world.actions() == ["contact.trashed", "contact.restored"]


@pytest.mark.parametrize("path", ["/contacts/options", "/companies/options"])
@pytest.mark.parametrize("typed", ["%00", "%00ac", "%ff", "%25", "%27%22%5C", "%ED%A0%80", "x" * 5000, ""])
def test_a_list_under_an_input_takes_whatever_is_typed(browser: Client, path: str, typed: str) -> None:
    assert browser.get(f"{path}?typed={typed}").status_code == 200
