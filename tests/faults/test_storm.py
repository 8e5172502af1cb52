"""Everybody at once, while every process is killed again and again: supervisor, web server, worker, those that take
mails in, and PgBouncer where there is one.

In the run on PostgreSQL the house stands behind a real PgBouncer in transaction mode, with our configuration file.
"""

import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from scripts import postgres
from scripts.gate import find_server
from tests.conftest import LONG
from tests.faults.away import Away
from tests.faults.house import PARTS, kill_9
from tests.faults.invariants import Books, check, settle
from tests.faults.own import house_of_its_own
from tests.faults.traffic import Outside, at_once
from tests.growing.cluster import database_of
from tests.growing.programs import Program, pgbouncer


@dataclass(frozen=True)
class Size:
    tickets: int
    mails: int
    moments: int
    clients: int = 8
    ingesting: int = 4  # processes
    replied_to: int = 10  # each so many-th ticket

    @property
    def promises(self) -> int:
        return self.tickets + self.mails + self.tickets // self.replied_to


SIZE = Size(1_000, 500, 20) if LONG else Size(24, 12, 2)
# A busy machine may take longer to start a process than chance leaves it alive, until the last moment is over.
PATIENCE = 15 * 60.0
POOL = 8  # PgBouncer's connections to the server: fewer than ask for one
Place = tuple[Outside, Books, list[Program]]


@contextmanager
def behind_pgbouncer(folder: Path, away: Away) -> Iterator[Place]:
    with ExitStack() as stack:
        server = stack.enter_context(postgres.primary())
        bouncer = pgbouncer(stack.enter_context(postgres.folder_of_its_own()), server, database_of(server), POOL)
        bouncer.start()
        stack.callback(bouncer.stop)
        direct = server.url.rpartition("/")[0] + "/supportflow"
        url = f"postgres://{postgres.USER}:{server.password}@127.0.0.1:{bouncer.port}/supportflow"
        values = {"EMAIL_URL": away.url, "DATABASE_DIRECT_URL": direct}
        outside, books = stack.enter_context(house_of_its_own(folder, url, **values))
        yield outside, replace(books, url=direct), [bouncer]


@contextmanager
def on_sqlite(folder: Path, away: Away) -> Iterator[Place]:
    with house_of_its_own(folder, EMAIL_URL=away.url) as (outside, books):
        yield outside, books, []


@pytest.fixture
def place(away: Away, tmp_path: Path) -> Iterator[Place]:
    if connection.vendor == "sqlite":
        with on_sqlite(tmp_path, away) as made:
            yield made
        return
    if not find_server("pgbouncer"):
        pytest.skip("this machine lacks PgBouncer")
    with behind_pgbouncer(tmp_path, away) as made:
        yield made


def open_tickets(outside: Outside, number: int) -> None:
    for count in range(number):
        opened = outside.open_ticket()
        if count % SIZE.replied_to == 0:
            outside.reply(opened)


@dataclass
class Killer:
    """Kills every process at each moment: when as many promises are kept as chance has picked."""

    outside: Outside
    others: list[Program]  # started again by us
    chance: random.Random
    ingesting: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    moments: int = 0

    def run(self, is_over: Callable[[], bool]) -> None:
        for moment in sorted(self.chance.sample(range(1, SIZE.promises * 19 // 20), SIZE.moments)):
            while len(self.outside.ledger.promised) < moment:
                if is_over():
                    return
                time.sleep(0.01)
            self.kill_every_process()
            self.moments += 1

    def kill_every_process(self) -> None:
        """In any order, some hundredths of a second apart: each may still do something about the death of others."""
        targets = [(part, pid) for part in PARTS for pid in self.outside.house.processes(part)]
        targets += [("ingesting", process.pid) for process in self.ingesting if process.poll() is None]
        targets += [("PgBouncer", program.process.pid) for program in self.others if program.process]
        self.chance.shuffle(targets)
        for part, pid in targets:
            self.killed[part] += kill_9(pid)
            time.sleep(self.chance.random() / 10)
        for program in self.others:
            program.kill()
            program.start()


def test_every_process_killed_at_random_moments_loses_and_doubles_nothing(
    place: Place, away: Away, chance: random.Random, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    outside, books, others = place
    outside.patience = PATIENCE
    began = time.monotonic()
    killer = Killer(outside, others, chance)
    finished = at_once(
        [partial(open_tickets, outside, SIZE.tickets // SIZE.clients)] * SIZE.clients
        + [partial(outside.ingest_all, mails, killer.ingesting.append) for mails in write_mails(outside, tmp_path)]
    )
    over = threading.Event()
    killing = at_once([partial(killer.run, over.is_set)])
    try:
        finished()
    finally:
        over.set()
        killing()
    took = time.monotonic() - began
    settled = settle(books, hurry=not LONG)
    check(books, outside.ledger, away, repeats=killer.killed["worker"] * 4)
    ledger = outside.ledger
    assert (len(set(ledger.tickets.values())), len(ledger.mails)) == (SIZE.tickets, SIZE.mails)
    assert killer.moments == SIZE.moments
    assert all(killer.killed[part] for part in (*PARTS, "ingesting")), killer.killed
    twice = sum(times > 1 for times in away.counts().values())
    print(  # noqa: T201  a figure
        f"{connection.vendor}: {SIZE.tickets} tickets, {SIZE.mails} mails, {len(ledger.replies)} replies"
        f" in {took:.0f} s, settled in {settled:.0f} s; {killer.moments} moments, killed {dict(killer.killed)};"
        f" {len(outside.tried_again)} requests tried again, {outside.house.starts} starts, {twice} mails out twice"
    )


def write_mails(outside: Outside, folder: Path) -> list[dict[Path, str]]:
    """For each process its files and their marks. Many have the same sender, for whom one contact is to be made."""
    shares: list[dict[Path, str]] = [{} for _ in range(SIZE.ingesting)]
    for number in range(SIZE.mails):
        mark, raw = outside.write_mail(sender=f"customer-{number % (SIZE.mails // 5)}@customers.example")
        file = folder / f"{mark}.eml"
        file.write_bytes(raw)
        shares[number % SIZE.ingesting][file] = mark
    return shares
