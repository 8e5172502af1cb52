"""The read replica: where heavy reading goes that may be some seconds old, such as reports, exports and `/data`.

Never for a page that shows what its user just changed. Without a replica, or with one that is down or lags behind, the
primary answers: callers need no second path.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.utils import InterfaceError, OperationalError

T = TypeVar("T")

REPLICA = "replica"
TRUSTED_FOR = 2.0  # seconds between two looks at a good replica
SHUNNED_FOR = 10.0  # seconds until a bad one is looked at again: each look may cost a connection's timeout

log = structlog.get_logger("supportflow.database")

# Replayed up to where the primary was a moment ago, or else: how old is the last commit that was. The time alone would
# call the replica of an idle primary late.
_STATE = """
SELECT pg_is_in_recovery(),
       coalesce(pg_last_wal_replay_lsn() >= %s::pg_lsn, false),
       coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'infinity')::float
"""


def for_reading() -> str:
    """The alias of the database to read from: `Ticket.objects.using(for_reading())`.

    "replica" while it is there and at most SUPPORTFLOW_REPLICA_LAG seconds behind, else "default". Costs two small
    queries every two seconds. Ask once for each page, and use the answer for all that must agree.
    """
    return REPLICA if REPLICA in settings.DATABASES and _verdict.is_good() else DEFAULT_DB_ALIAS


def read(ask: Callable[[str], T]) -> T:
    """`ask(alias)`; when the replica fails in the middle, once more with the primary's.

    `ask` must read all it needs before it returns: what is lazy fails after this could help.
    """
    alias = for_reading()
    try:
        return ask(alias)
    except (OperationalError, InterfaceError) as error:
        if alias == DEFAULT_DB_ALIAS:
            raise
        _verdict.note(type(error).__name__)
        connections[alias].close_if_unusable_or_obsolete()
        return ask(DEFAULT_DB_ALIAS)


class Verdict:
    """Whether the replica may be used: one opinion for each process, formed by whichever thread asks in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._problem = "not looked at yet"
        self._until = 0.0

    def is_good(self) -> bool:
        if time.monotonic() >= self._until and self._lock.acquire(blocking=False):
            try:
                self._set(problem_of_replica())
            finally:
                self._lock.release()
        return not self._problem

    def note(self, problem: str) -> None:
        with self._lock:
            self._set(problem)

    def forget(self) -> None:
        with self._lock:
            self._problem, self._until = "not looked at yet", 0.0

    def _set(self, problem: str) -> None:
        if problem != self._problem:
            if problem:
                log.warning("replica.not_used", problem=problem)
            else:
                log.info("replica.used")
        self._problem = problem
        self._until = time.monotonic() + (SHUNNED_FOR if problem else TRUSTED_FOR)


def problem_of_replica() -> str:
    """Empty when the replica is fit for reading. Never raises what the database says."""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as primary:
            primary.execute("SELECT pg_current_wal_lsn()")
            (written,) = primary.fetchone()
    except DatabaseError:
        return "the primary does not answer"
    try:
        with connections[REPLICA].cursor() as replica:
            replica.execute(_STATE, [written])
            is_standby, is_level, age = replica.fetchone()
    except DatabaseError as error:
        connections[REPLICA].close_if_unusable_or_obsolete()
        return type(error).__name__
    if not is_standby:
        return "it is no standby (any more)"
    return "" if is_level or age <= settings.REPLICA_LAG else "it lags behind"


_verdict = Verdict()
