"""A believable past, by bulk SQL: what a year of work would have left in every table, written by no operation.

One of the places that the architecture allows to write rows: a hundred thousand tickets through the door would take an
hour. In exchange every row must be what the door would have written (tests/load/ hold it to that).
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from supportflow.accounts.models import User
from supportflow.crm.models import Contact
from supportflow.loadgen.cast import DOMAIN, Cast, assemble
from supportflow.loadgen.customers import BEFORE, Customer, Customers
from supportflow.loadgen.desk import Desk
from supportflow.loadgen.plot import Plot
from supportflow.loadgen.rhythm import Year, at_work
from supportflow.loadgen.tables import gather_statistics, quicken
from supportflow.loadgen.trail import Trail
from supportflow.loadgen.words import Phrasebook
from supportflow.search.models import Kind
from supportflow.search.operations import build_all, index_newer

TICKETS_AT_ONCE = 2_000  # in one transaction: about 40 MB of memory and a second of the write lock
CUSTOMERS_AT_ONCE = 5_000
TICKETS_FOR_EACH_CUSTOMER = 50
CONTACTS_IN_EACH_COMPANY = 5


def has_real_data() -> bool:
    """Whether there are people or customers whom loadgen did not make."""
    people = User.objects.people().exclude(email__endswith=f"@{DOMAIN}")
    return people.exists() or Contact.objects.exclude(linkedin__contains=DOMAIN).exists()


def load(tickets: int, *, seed: int = 1, until: datetime | None = None) -> Iterator[int]:
    """Write so many tickets and what belongs to them; yields the size of each batch when it is committed.

    The same seed gives the same rows in an empty database, their times counted back from `until` (naive, in UTC;
    the last midnight if not given). It may be stopped after any batch: what is there is whole.
    """
    year = Year(until or timezone.now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None))
    cast = assemble((year.start - BEFORE).replace(tzinfo=UTC))
    if not Contact.objects.exists():
        build_all()  # of nothing: what comes now is written with its documents
    restore = quicken()
    try:
        trail = Trail()
        customers = _write_customers(max(5, tickets // TICKETS_FOR_EACH_CUSTOMER), Random(f"{seed}"), cast, trail, year)
        yield from _write_tickets(tickets, seed, cast, trail, customers, year)
        gather_statistics([model._meta.db_table for model in apps.get_models(include_auto_created=True)])
    finally:
        restore()


def _write_customers(count: int, rng: Random, cast: Cast, trail: Trail, year: Year) -> list[Customer]:
    """Evenly over the time before `year` and in it, each company just before its first contact."""
    rows, people = Customers(rng, cast, trail, year.until), list[Customer]()
    oldest = year.start - BEFORE
    step = (year.until - oldest) / (count + 1)
    for start in range(0, count, CUSTOMERS_AT_ONCE):
        with transaction.atomic():
            trail.begin()
            rows.begin()
            for place in range(start, min(count, start + CUSTOMERS_AT_ONCE)):
                at = at_work(rng, oldest + place * step)
                if place % CONTACTS_IN_EACH_COMPANY == 0:
                    rows.company(at)
                people.append(rows.contact(at))
            rows.write()
            trail.write()
            index_newer(Kind.CONTACT)
            index_newer(Kind.COMPANY)
    return people


def _write_tickets(
    count: int, seed: int, cast: Cast, trail: Trail, customers: list[Customer], year: Year
) -> Iterator[int]:
    book = Phrasebook(Random(f"{seed} words"), min(1500, 100 + count // 10))
    since = [customer.since for customer in customers]
    for start in range(0, count, TICKETS_AT_ONCE):
        rng = Random(f"{seed} {start}")
        desk, plot = Desk(rng, cast, trail), Plot(cast, book, year.until, rng)
        places = range(start, min(count, start + TICKETS_AT_ONCE))
        with transaction.atomic():
            trail.begin()
            desk.begin()
            lives = []
            for pk, place in zip(desk.ticket_ids.take(len(places)), places, strict=True):
                at = year.at((place + rng.random()) / count)
                # Those who came first write most.
                known = bisect_right(since, at)
                customer, *others = (customers[int(known * rng.random() ** 2)] for _ in range(3))
                lives.append(plot.live(pk, at, customer, others))
            desk.tell(lives)
            desk.write()
            trail.write()
            index_newer(Kind.TICKET)
            index_newer(Kind.COMMENT)
        yield len(places)
