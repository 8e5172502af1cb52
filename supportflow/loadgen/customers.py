"""Companies and contacts: two thousand people for a hundred thousand tickets, a few of whom write most."""

import unicodedata
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from supportflow.crm.models import SIZES, Company, CompanyDomain, Contact, ContactEmail
from supportflow.loadgen.cast import BY, DOMAIN, Cast, Who
from supportflow.loadgen.tables import Ids, Table
from supportflow.loadgen.trail import Trail
from supportflow.loadgen.words import word

BEFORE = timedelta(days=1100)  # the oldest customers came so long before the year that is told
FIRST = (
    "Ana", "Björn", "Carmen", "Deniz", "Élodie", "Farid", "Greta", "Håkon", "Ivana", "Jonas", "Katarzyna", "Luca",
    "Maja", "Nnamdi", "Olga", "Petr", "Quynh", "Rosa", "Şirin", "Tomás", "Uma", "Viktor", "Wanda", "Xenia", "Yusuf",
    "Zoë", "Aoife", "Bilal", "Chloé", "Dragan", "Emeka", "Fatima", "Goran", "Hiro", "Ingrid", "João", "Kofi", "Leila",
)  # fmt: skip
LAST = (
    "Andersson", "Bakker", "Çelik", "Dubois", "Eriksen", "Fernández", "García", "Hoffmann", "Ivanova", "Jensen",
    "Kowalski", "Løvås", "Müller", "Nguyen", "O’Brien", "Popescu", "Quispe", "Rossi", "Szabó", "Tremblay", "Ueda",
    "Vasquez", "Weiß", "Xu", "Yamamoto", "Žukauskas", "Adeyemi", "Bergström", "Costa", "Dvořák", "El-Sayed", "Fischer",
)  # fmt: skip
# Names in other scripts, and how their addresses spell them.
ELSEWHERE = (
    ("美咲", "田中", "misaki.tanaka"), ("伟", "王", "wei.wang"),
    ("민준", "김", "minjun.kim"), ("נועה", "לוי", "noa.levi"),
    ("محمد", "الحسن", "m.alhassan"),
    ("Ольга", "Смирнова", "olga.s"), ("Νίκος", "Παπαδόπουλος", "nikos.p"),
    ("प्रिया", "शर्मा", "priya.sharma"), ("สมชาย", "", "somchai"),
)  # fmt: skip
TOWNS = (
    ("Zürich", "ZH", "8001", "CH"), ("Boston", "MA", "02110", "US"), ("Łódź", "", "90-001", "PL"),
    ("São Paulo", "SP", "01310-100", "BR"), ("Lagos", "", "100001", "NG"), ("Osaka", "", "530-0001", "JP"),
    ("Malmö", "Skåne", "211 18", "SE"), ("Reykjavík", "", "101", "IS"), ("Québec", "QC", "G1R 1P3", "CA"),
    ("İzmir", "", "35210", "TR"), ("Utrecht", "", "3511", "NL"), ("Cork", "", "T12", "IE"),
)  # fmt: skip
INDUSTRIES = (
    "Technology",
    "SaaS",
    "Retail",
    "Manufacturing",
    "Health",
    "Logistics",
    "Education",
    "Energy",
    "Öffentlich",
)
TITLES = (
    "CTO",
    "Office Manager",
    "Head of Sales",
    "Accountant",
    "IT Administrator",
    "Product Manager",
    "Einkauf",
    "CEO",
)
DEPARTMENTS = ("IT", "Sales", "Finance", "Operations", "Management", "Support", "Logistik")
LEADS = ("CUSTOMER",) * 7 + ("NEW", "CONTACTED", "QUALIFIED", "UNQUALIFIED", "CHURNED")
KINDS = ("GmbH", "Ltd", "Inc", "SA", "Oy", "株式会社", "& Sons", "S.p.A.")


class Customer(NamedTuple):
    """A contact as a ticket needs it."""

    who: Who
    first_name: str
    email: str  # empty for the few who have none
    company: int | None
    since: datetime


class Customers:
    """The rows of companies and contacts, written in batches; hands the contacts on."""

    def __init__(self, rng: Random, cast: Cast, trail: Trail, until: datetime) -> None:
        self._rng, self._cast, self._trail, self._until = rng, cast, trail, until
        self._companies = Table(
            Company,
            "id version created_at updated_at name website industry size revenue_amount revenue_currency "
            "customer_since health_score owner_id",
        )
        self._domains = Table(CompanyDomain, "company_id domain")
        self._contacts = Table(
            Contact,
            "id version created_at updated_at first_name last_name phone street city region postal_code country title "
            "department linkedin twitter company_id lead_status lead_score notes",
        )
        self._emails = Table(ContactEmail, "contact_id address key is_primary created_at")
        self._tags = Table(Contact.tags.through, "contact_id tag_id")
        self.tables = [self._companies, self._domains, self._contacts, self._emails, self._tags]
        self._company_ids, self._contact_ids = Ids(Company), Ids(Contact)
        self._known: list[tuple[int, str]] = []  # companies: id, domain

    def begin(self) -> None:
        self._company_ids.begin()
        self._contact_ids.begin()

    def write(self) -> None:
        for table in self.tables:
            table.write()

    def company(self, at: datetime) -> None:
        rng, pk = self._rng, next(self._company_ids)
        stem = word(rng.randint(200, 39_000))
        name, domain = f"{stem.capitalize()} {rng.choice(KINDS)}", f"{stem}-{pk}.{DOMAIN}"
        revenue = f"{rng.randint(1, 99_999) * 1000}.00" if rng.random() < 0.7 else None
        since = (
            date(at.year - rng.randint(0, 8), rng.randint(1, 12), rng.randint(1, 28)) if rng.random() < 0.8 else None
        )
        self._companies.add(
            pk, 1, str(at), str(at), name, f"https://www.{domain}", rng.choice(INDUSTRIES), rng.choice(SIZES),
            revenue, rng.choice(("EUR", "USD", "CHF", "JPY")) if revenue else "", since and str(since),
            rng.randint(20, 100) if rng.random() < 0.8 else None, rng.choice(self._cast.agents).id,
        )  # fmt: skip
        self._domains.add(pk, domain)
        self._trail.tell(at, "company.created", _BY, pk, None, {}, {"name": name}, self._trail.batch(rng), company=pk)
        self._known.append((pk, domain))

    def contact(self, at: datetime) -> Customer:
        rng, pk = self._rng, next(self._contact_ids)
        first, last, slug = self._name()
        company, domain = rng.choice(self._known) if self._known and rng.random() < 0.85 else (None, f"mail.{DOMAIN}")
        email = f"{slug}.{pk}@{domain}" if rng.random() < 0.98 else ""
        who, batch = Who("contact", pk, f"{first} {last}".strip()), self._trail.batch(rng)
        self._trail.tell(
            at, "contact.created", _BY, pk, None, {}, {"name": who.name}, batch, contact=pk, company=company
        )
        tagged = self._tag(pk, company, at) if rng.random() < 0.06 else None
        self._contacts.add(
            pk, 2 if tagged else 1, str(at), str(tagged or at), first, last, *self._profile(slug), company,
            rng.choice(LEADS), rng.randint(0, 100), "",
        )  # fmt: skip
        if email:
            self._emails.add(pk, email, email.casefold(), True, str(at))
        return Customer(who, first, email, company, at)

    def _profile(self, slug: str) -> tuple[str, ...]:
        """From the telephone to twitter."""
        rng = self._rng
        phone = f"+{rng.randint(20, 99)} {rng.randint(100, 999)} 555 {rng.randint(1000, 9999)}"
        street = f"{word(rng.randint(1, 3000)).capitalize()} Street {rng.randint(1, 200)}"
        address = (street, *rng.choice(TOWNS)) if rng.random() < 0.8 else ("",) * 5
        online = (f"https://linkedin.{DOMAIN}/in/{slug}", f"https://social.{DOMAIN}/{slug}")
        return (phone, *address, rng.choice(TITLES), rng.choice(DEPARTMENTS), *online)

    def _name(self) -> tuple[str, str, str]:
        rng = self._rng
        if rng.random() < 0.1:
            return rng.choice(ELSEWHERE)
        first, last = rng.choice(FIRST), rng.choice(LAST)
        return first, last, f"{_ascii(first)}.{_ascii(last)}"

    def _tag(self, pk: int, company: int | None, at: datetime) -> datetime:
        tag, name = self._cast.tags[1]
        later = min(at + timedelta(hours=30), self._until)
        changes: dict[str, Any] = {"tags": [[], [name]]}
        self._tags.add(pk, tag)
        self._trail.tell(
            later, "contact.tagged", self._cast.supervisor, pk, 2, changes, {}, self._trail.batch(self._rng),
            contact=pk, company=company,
        )  # fmt: skip
        return later


_BY = Who("system", None, BY.actor_name)


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalpha()) or "x"
