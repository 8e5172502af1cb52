"""The cast, and what every test stands on."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client, TransactionTestCase

from supportflow.accounts.api import tokens
from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import create_team, create_user
from supportflow.core.actors import System
from supportflow.core.models import Activity
from supportflow.core.purging import declared_purge
from supportflow.crm.models import Company, Contact
from supportflow.crm.operations import create_company, create_contact
from supportflow.desk.content import Content
from supportflow.desk.models import Mailbox, Ticket
from supportflow.desk.operations import create_ticket, ensure_first_mailbox
from supportflow.jobs.models import Job
from tests.remembered import Remembered

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_folder = tempfile.TemporaryDirectory(prefix="supportflow-database-")  # one for each process of the run
PASSWORD = "correct-horse-battery"
# What starts whole SupportFlows and is bad to them takes minutes: the gate runs it in a step of its own.
FAULTS = {"faults", "keeping"}
LONG = os.environ.get("SUPPORTFLOW_FAULTS") == "long"  # bin/test --faults
BY = System("test")
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class World:
    """A small company desk. Nothing of its making stands in the trail that a test reads: see `trail`."""

    olivia: User  # admin
    omar: User  # supervisor
    john: User  # agent
    emma: User  # agent
    priya: User  # agent, alone in the private team
    secret: Team
    acme: Company
    sarah: Contact  # of Acme
    lisa: Contact  # of no company
    mailbox: Mailbox
    ticket: Ticket  # Sarah's, open, nobody's
    hidden: Ticket  # Lisa's, in the private team
    before: int = field(default=0)

    def trail(self) -> list[Activity]:
        """The activities since the world was made, or since it was told to forget."""
        return list(Activity.objects.filter(pk__gt=self.before).order_by("pk"))

    def forget(self) -> None:
        """What is in the trail by now is no part of it from here on."""
        self.before = Activity.objects.order_by("-pk").values_list("pk", flat=True)[0]

    def actions(self) -> list[str]:
        return [activity.action for activity in self.trail()]


def _make_world() -> World:
    def user(email: str, name: str, role: str = "AGENT") -> User:
        return create_user(f"{email}@supportflow.example", name, role, password=PASSWORD, by=BY)

    olivia, omar = user("admin", "Olivia Brown", "ADMIN"), user("omar", "Omar Haddad", "SUPERVISOR")
    john, emma, priya = user("john", "John Reyes"), user("emma", "Emma Clarke"), user("priya", "Priya Nair")
    secret = create_team("Secret", is_private=True, members=[priya], by=BY)
    acme = create_company(name="Acme Corporation", domains=["acme.example"], by=BY)
    sarah = create_contact(
        first_name="Sarah", last_name="Johnson", email="sarah@acme.example", company_id=acme.pk, by=BY
    )
    lisa = create_contact(first_name="Lisa", last_name="Martinez", email="lisa@elsewhere.example", by=BY)
    mailbox = ensure_first_mailbox("support@supportflow.example", by=BY)
    ticket = create_ticket("Unable to login", sarah, Content.from_markdown("I cannot sign in."), mailbox=mailbox, by=BY)
    hidden = create_ticket("A secret", lisa, Content.from_markdown("Psst."), team_id=secret.pk, by=BY)
    world = World(olivia, omar, john, emma, priya, secret, acme, sarah, lisa, mailbox, ticket, hidden)
    Job.objects.all().delete()  # what follows from its making is no test's business
    world.forget()
    return world


make_world = Remembered(_make_world)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as it is in use: a database in memory knows neither WAL nor several connections."""
    if connection.vendor == "sqlite":
        connections["default"].settings_dict["TEST"]["NAME"] = f"{_folder.name}/tests.sqlite3"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What would tell nothing here is left out: no lack of the machine."""
    for item in items:
        if item.path.parent.name in FAULTS:
            item.add_marker("faults")
    left_out = [item for item in items if not _tells_something(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _tells_something(item: pytest.Item) -> bool:
    """What only PostgreSQL can do needs it; what never asks the database of the run was told by the run on SQLite."""
    marks = {mark.name for mark in item.iter_markers()}
    if "long_form" in marks and not LONG:
        return False
    if connection.vendor != "postgresql":
        return "postgres" not in marks
    asks = {"db", "transactional_db", "django_db_setup", "shared_database"} & set(getattr(item, "fixturenames", ()))
    return bool(asks or marks & {"django_db", "postgres", "services", "faults"})


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    """Rate limits of one test do not reach into the next. On PostgreSQL they stand in the database and end with it."""
    if connection.vendor == "sqlite":
        cache.clear()
    for counter in (tokens._uses, tokens._failures):
        counter.forget()


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "supportflow.accounts.hashers.Argon2",
    ]


@pytest.fixture
def browser(world: World) -> Client:
    """John's browser, signed in (no JavaScript: forms and links)."""
    client = Client()
    client.force_login(world.john, backend="supportflow.accounts.backend.Backend")
    return client


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """Debian's Chromium instead of one that playwright would download. One for all: a thread has room for one loop."""
    from playwright.sync_api import sync_playwright

    # Its loop runs in the thread of the tests; to Django that looks as if they were asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def sign_in() -> Any:
    def sign_in_as(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="supportflow.accounts.backend.Backend")
        return client

    return sign_in_as


def _empty_the_database(case: TransactionTestCase) -> None:
    """Django's flush, past the append-only triggers, and with the rows that migrations brought put back."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('supportflow.purge', 'tests', false)")
    with declared_purge("tests"):
        Activity.objects.all().delete()
    _flush(case)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('supportflow.purge', '', false)")
    cache.clear()
    for name in ("accounts.migrations.0002_system_user", "fields.migrations.0002_seed_fields"):
        import_module(f"supportflow.{name}").make(apps, None)


_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
TransactionTestCase._fixture_teardown = _empty_the_database  # type: ignore[attr-defined]
