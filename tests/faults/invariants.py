"""What holds after every fault: every marker once, the trail complete, numbers unique, nothing stuck.

Reads the tables in SQL, past the product's own code: a mistake in that must not hide itself.
"""

import json
import re
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.utils.module_loading import autodiscover_modules

from supportflow.core.reactions import names_of_reactions
from supportflow.jobs.identity import is_gone
from tests.faults.away import Away
from tests.faults.marks import Ledger, marks_in

Row = tuple[Any, ...]
SETTLED_WITHIN = 150.0  # seconds: two rounds of what comes again every 30 s, on a busy machine


@dataclass(frozen=True)
class Books:
    """The database of a house, read from outside. `since`: the last activity of what was there before the test."""

    url: str
    since: int = 0

    def rows(self, sql: str) -> list[Row]:
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(urlsplit(self.url).path, timeout=20)) as file:
                return file.execute(sql).fetchall()
        with psycopg.connect(self.url, autocommit=True) as server:
            return server.execute(sql.encode()).fetchall()

    def write(self, sql: str) -> None:
        if self.url.startswith("sqlite"):
            with closing(sqlite3.connect(urlsplit(self.url).path, timeout=20)) as file, file:
                file.execute(sql)
        else:
            with psycopg.connect(self.url, autocommit=True) as server:
                server.execute(sql.encode())

    def number(self, sql: str) -> int:
        return int(self.rows(sql)[0][0])

    def let_time_pass(self) -> None:
        """What is booked for later is due now: as after 30 seconds, without them."""
        past = "'2020-01-01 00:00:00+00'" if not self.url.startswith("sqlite") else "'2020-01-01 00:00:00'"
        self.write(f"UPDATE mail_outgoingmail SET due_at = {past} WHERE state = 'QUEUED'")
        self.write("UPDATE jobs_job SET run_at = NULL WHERE status = 'READY'")
        self.write(f"UPDATE jobs_schedule SET next_at = {past} WHERE name = 'mail.sweep'")


def waiting(books: Books) -> dict[str, int]:
    """What is not at its end yet; nothing when all is."""
    found = {
        "jobs": books.number("SELECT count(*) FROM jobs_job WHERE status IN ('READY', 'RUNNING')"),
        "mails received": books.number("SELECT count(*) FROM mail_inboundmail WHERE state = 'RECEIVED'"),
        "mails owed": books.number("SELECT count(*) FROM mail_outgoingmail WHERE state = 'QUEUED'"),
    }
    return {name: number for name, number in found.items() if number}


def settle(books: Books, patience: float = SETTLED_WITHIN, *, hurry: bool = False) -> float:
    """Seconds until everything that was begun is at its end: nothing is stuck. `hurry`: no waiting for retries."""
    began = time.monotonic()
    while left := waiting(books):
        if time.monotonic() - began > patience:
            raise AssertionError(f"stuck after {patience:g} s: {left}; {_stuck(books)}")
        if hurry:
            books.let_time_pass()
        time.sleep(0.2)
    return time.monotonic() - began


def _stuck(books: Books) -> list[Row]:
    return books.rows(
        "SELECT task, status, attempts, run_at, worker, error FROM jobs_job"
        " WHERE status IN ('READY', 'RUNNING') ORDER BY id LIMIT 20"
    ) + books.rows("SELECT id, state, attempts, due_at, error FROM mail_outgoingmail WHERE state = 'QUEUED' LIMIT 20")


def check(books: Books, ledger: Ledger, away: Away | None = None, *, repeats: int = 0) -> None:
    """All of it, once everything has settled. `repeats`: how many mails may have gone out twice (same Message-ID)."""
    broken = [
        *_markers(books, ledger),
        *_numbers(books, ledger),
        *_mails_in(books),
        *_trail(books),
        *_receipts(books),
        *_jobs(books),
        *_mails_out(books, ledger),
        *(_deliveries(books, ledger, away, repeats) if away else ()),
    ]
    assert not broken, "\n".join(broken[:40])
    sys.stdout.write(
        f"kept: {len(ledger.tickets)} tickets, {len(ledger.replies)} replies, {len(ledger.mails)} mails\n"
    )  # the figure of docs/reliability.md, shown by -rP


def _markers(books: Books, ledger: Ledger) -> Iterator[str]:
    """What was promised stands in exactly one comment; what was not promised stands in no two."""
    places: dict[str, set[int]] = defaultdict(set)
    for comment, text in books.rows("SELECT id, body_text FROM desk_comment"):
        for mark in marks_in(text):
            places[mark].add(comment)
    for mark in sorted(ledger.promised - places.keys()):
        yield f"{mark} is lost"
    for mark, comments in places.items():
        if len(comments) > 1:
            yield f"{mark} stands in comments {sorted(comments)}"
    subjects = Counter(mark for (text,) in books.rows("SELECT subject FROM desk_ticket") for mark in marks_in(text))
    for mark, times in subjects.items():
        if times > 1:
            yield f"{mark} became {times} tickets"


def _numbers(books: Books, ledger: Ledger) -> Iterator[str]:
    """Each client was told its own ticket's number, and no two the same."""
    subjects: dict[int, str] = dict(books.rows("SELECT id, subject FROM desk_ticket"))
    for number, times in Counter(ledger.tickets.values()).items():
        if times > 1:
            yield f"{number} was given to {times} tickets"
    for mark, number in ledger.tickets.items():
        if mark not in subjects.get(int(re.sub(r"\D", "", number)), ""):
            yield f"{number} is not the ticket of {mark}"
    opened = "SELECT count(*) FROM (SELECT ticket_id FROM desk_comment WHERE is_opening GROUP BY 1 HAVING count(*) > 1)"
    if books.number(f"{opened} AS twice"):
        yield "a ticket was opened twice"


def _mails_in(books: Books) -> Iterator[str]:
    """Every received mail ends in a state that fits what became of it."""
    for pk, state, ticket, reason in books.rows("SELECT id, state, ticket_id, reason FROM mail_inboundmail"):
        if state == "RECEIVED":
            yield f"mail {pk} was never read"
        if state == "DONE" and ticket is None and not reason:
            yield f"mail {pk} is done and nothing came of it"
        if state == "QUARANTINED" and not reason:
            yield f"mail {pk} is quarantined without a reason"
    raw = "SELECT id FROM mail_inboundmail WHERE id NOT IN (SELECT mail_id FROM mail_rawmail)"
    yield from (f"mail {pk} has no raw text" for (pk,) in books.rows(raw))


WRITTEN_BY = ("ticket.created", "ticket.replied", "ticket.noted", "ticket.answered")


def _trail(books: Books) -> Iterator[str]:
    """Each ticket and comment has the one activity that tells of its making, each version the one of its change."""
    told: Counter[int] = Counter()
    made: Counter[int] = Counter()
    versions: Counter[tuple[int, int]] = Counter()
    trail = "SELECT action, subject_id, subject_version, metadata FROM core_activity WHERE subject_type = 'ticket'"
    for action, ticket, version, metadata in books.rows(trail):
        facts = json.loads(metadata) if isinstance(metadata, str) else metadata
        if action in WRITTEN_BY and facts.get("comment"):
            told[facts["comment"]] += 1
        made[ticket] += action == "ticket.created"
        if version is not None:
            versions[ticket, version] += 1
    yield from _once("comment", (pk for (pk,) in books.rows("SELECT id FROM desk_comment")), told)
    yield from _once("ticket", (pk for (pk,) in books.rows("SELECT id FROM desk_ticket")), made)
    for pk, newest in books.rows("SELECT id, version FROM desk_ticket"):
        for version in range(2, newest + 1):
            if versions[pk, version] != 1:
                yield f"version {version} of ticket {pk}: {versions[pk, version]} activities"


def _once(what: str, there: Iterable[int], told: Counter[int]) -> Iterator[str]:
    rows = set(there)
    yield from (f"{what} {pk}: {told[pk]} activities" for pk in sorted(rows) if told[pk] != 1)
    yield from (f"{what} {pk} is in the trail and nowhere else" for pk in sorted(told.keys() - rows) if told[pk])


@cache
def _reactions() -> Callable[[str], list[str]]:
    autodiscover_modules("reactions")
    return names_of_reactions


def _receipts(books: Books) -> Iterator[str]:
    """Each activity has the receipts of all reactions to it."""
    given: dict[int, list[str]] = defaultdict(list)
    for activity, reaction in books.rows("SELECT activity_id, reaction FROM core_receipt"):
        given[activity].append(reaction)
    for pk, action in books.rows(f"SELECT id, action FROM core_activity WHERE id > {books.since}"):
        if sorted(given.pop(pk, [])) != sorted(_reactions()(action)):
            yield f"activity {pk} ({action}): not every reaction has its one receipt"
    yield from (f"a receipt for activity {pk}, which is not there" for pk in given)


def _jobs(books: Books) -> Iterator[str]:
    """None failed, none holds a lease of a dead worker."""
    for pk, task, error in books.rows("SELECT id, task, error FROM jobs_job WHERE status = 'FAILED'"):
        yield f"job {pk} ({task}) failed: {error[-500:]}"
    for pk, task, worker in books.rows("SELECT id, task, worker FROM jobs_job WHERE status = 'RUNNING'"):
        if is_gone(worker):
            yield f"job {pk} ({task}) is held by a worker that is gone"


def _mails_out(books: Books, ledger: Ledger) -> Iterator[str]:
    """Each public reply owes one mail, and the comment says what became of it."""
    owed = "SELECT comment_id, count(*) FROM mail_outgoingmail WHERE comment_id IS NOT NULL GROUP BY 1"
    mails: dict[int, int] = dict(books.rows(owed))
    yield from (f"{mark}: no mail is owed" for mark, comment in ledger.replies.items() if mails.get(comment) != 1)
    differing = (
        "SELECT c.id, c.delivery_state, m.state FROM desk_comment c JOIN mail_outgoingmail m ON m.comment_id = c.id"
        " WHERE c.delivery_state <> m.state AND NOT (c.delivery_state = 'SENT' AND m.state = 'KEPT')"
    )
    yield from (
        f"comment {pk} says {said}, its mail is {is_now}"
        for pk, said, is_now in books.rows(differing)
        if said not in {"DELIVERED", "BOUNCED"}
    )


def _deliveries(books: Books, ledger: Ledger, away: Away, repeats: int) -> Iterator[str]:
    """Each mail that counts as sent arrived; each arrived once, or twice under one Message-ID where that may be."""
    counts = away.counts()
    by_mark: dict[str, set[str]] = defaultdict(set)
    for taken in away.taken:
        for mark in taken.marks & ledger.replies.keys():
            by_mark[mark].add(taken.message_id)
    sent = "SELECT message_id FROM mail_outgoingmail WHERE state = 'SENT'"
    for (message_id,) in books.rows(sent):
        if not counts[message_id]:
            yield f"{message_id} counts as sent and never arrived"
    yield from (f"{mark} went out under {len(ids)} Message-IDs" for mark, ids in by_mark.items() if len(ids) > 1)
    often = {message_id: times for message_id, times in counts.items() if times > 1}
    yield from (f"{message_id} arrived {times} times" for message_id, times in often.items() if times > 2)
    if len(often) > repeats:
        yield f"{len(often)} mails arrived twice, at most {repeats} may"
