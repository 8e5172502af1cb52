"""A house on this run's database, people outside who want something of it, and chance that can be repeated."""

import os
import random
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from supportflow.accounts.operations import create_token
from tests.conftest import BY, World
from tests.faults.away import Away, mail_server
from tests.faults.house import House, running
from tests.faults.invariants import Books
from tests.faults.traffic import Outside
from tests.processes import environment

long_form = pytest.mark.long_form

Open = Callable[..., Outside]


@pytest.fixture
def chance(record_property: Callable[[str, object], None]) -> random.Random:
    """Printed when a test fails; FAULTS_SEED repeats it."""
    seed = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(1_000_000))
    sys.stdout.write(f"FAULTS_SEED={seed}\n")
    record_property("seed", seed)
    return random.Random(seed)


@pytest.fixture
def away() -> Iterator[Away]:
    with mail_server() as server:
        yield server


@pytest.fixture
def books(transactional_db: None, world: World) -> Books:
    return Books(environment()["DATABASE_URL"], since=world.before)


@pytest.fixture
def open_house(transactional_db: None, world: World, tmp_path: Path, away: Away) -> Iterator[Open]:
    """Starts a house on the database of the tests; ends it after the test. Takes a prefix and values."""
    _token, text = create_token(world.olivia, "faults", by=BY)
    own = {"DATABASE_URL": environment()["DATABASE_URL"], "SUPPORTFLOW_SECRET_KEY": settings.SECRET_KEY}
    with ExitStack() as stack:

        def open_one(*prefix: str, data: Path = tmp_path, **values: str) -> Outside:
            house: House = stack.enter_context(running(data, *prefix, **{"EMAIL_URL": away.url, **own, **values}))
            return Outside(house, text, world.sarah.pk)

        yield open_one


@pytest.fixture
def outside(open_house: Open) -> Outside:
    return open_house()
