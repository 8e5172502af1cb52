"""The three companies and five contacts."""

from datetime import date
from decimal import Decimal
from typing import Any

from supportflow.accounts.models import User
from supportflow.core.actors import System
from supportflow.crm.models import Company, Contact
from supportflow.crm.operations import create_company, create_contact

BY = System("demo")


def companies_of(users: dict[str, User]) -> dict[str, Company]:
    rows: list[dict[str, Any]] = [
        {
            "name": "Acme Corporation",
            "website": "https://www.acme.example",
            "domains": ["acme.example"],
            "industry": "Technology",
            "size": "500-1000",
            "revenue": {"amount": Decimal(84000000), "currency": "USD"},
            "customer_since": date(2021, 3, 15),
            "health_score": 85,
            "owner_id": users["Omar"].pk,
        },
        {
            "name": "TechStartup Inc",
            "website": "https://techstartup.example",
            "domains": ["techstartup.example"],
            "industry": "SaaS",
            "size": "50-100",
            "revenue": {"amount": Decimal(7200000), "currency": "USD"},
            "customer_since": date(2023, 9, 1),
            "health_score": 92,
            "owner_id": users["Emma"].pk,
        },
        {
            "name": "Retail Solutions Co",
            "website": "https://www.retailsolutions.example",
            "domains": ["retailsolutions.example"],
            "industry": "Retail",
            "size": "1000+",
            "revenue": {"amount": Decimal(310000000), "currency": "EUR"},
            "customer_since": date(2019, 6, 20),
            "health_score": 78,
            "owner_id": users["Omar"].pk,
        },
    ]
    return {row["name"].split()[0]: create_company(by=BY, **row) for row in rows}


def _person(
    name: str, email: str, phone: str, title: str, department: str, score: int, status: str, **more: Any
) -> dict[str, Any]:
    first, last = name.split()
    slug = f"{first}-{last}".lower()
    return {
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": phone,
        "title": title,
        "department": department,
        "lead_score": score,
        "lead_status": status,
        "linkedin": f"https://www.linkedin.example/in/{slug}",
        "twitter": f"https://social.example/{slug}",
        **more,
    }


def _place(street: str, city: str, region: str, postal_code: str, country: str) -> dict[str, str]:
    return {"street": street, "city": city, "region": region, "postal_code": postal_code, "country": country}


def contacts_of(companies: dict[str, Company]) -> dict[str, Contact]:
    acme, startup, retail = (companies[name].pk for name in ("Acme", "TechStartup", "Retail"))
    boston = _place("200 Harbor Street", "Boston", "MA", "02110", "US")
    people = [
        _person(
            "Sarah Johnson", "sarah.johnson@acme.example", "+1 617 555 0142", "CTO", "Engineering", 95, "CUSTOMER",
            company_id=acme, address=boston, tags=["vip"],
        ),
        _person(
            "Michael Chen", "michael.chen@techstartup.example", "+1 415 555 0178", "CEO", "Management", 88, "CUSTOMER",
            company_id=startup, address=_place("48 Market Street", "San Francisco", "CA", "94105", "US"),
        ),
        _person(
            "Emily Davis", "emily.davis@retailsolutions.example", "+44 20 7946 0321", "Operations Manager",
            "Operations", 72, "CUSTOMER", company_id=retail,
            address=_place("15 Mercer Road", "London", "", "EC1V 2NX", "GB"),
        ),
        _person(
            "David Wilson", "david.wilson@acme.example", "+34 91 555 0199", "Product Manager", "Product",
            68, "QUALIFIED", company_id=acme, address=_place("Calle de Alcalá 112", "Madrid", "", "28009", "ES"),
        ),
        _person(
            "Lisa Martinez", "lisa.martinez@brightmail.example", "+1 512 555 0116", "Marketing Director", "Marketing",
            65, "CONTACTED", address=_place("9 Congress Avenue", "Austin", "TX", "78701", "US"),
        ),
    ]  # fmt: skip
    return {person["first_name"]: create_contact(by=BY, **person) for person in people}
