"""One thread for each web process: reads the trail and tells each open stream what its user may know."""

import threading
import time
from collections import defaultdict

import structlog
from django.db import DatabaseError, close_old_connections

from supportflow.core.models import Activity
from supportflow.jobs.wakeup import CommitWatch
from supportflow.live.clients import PING, Client, tell_all
from supportflow.live.here import Here
from supportflow.live.hints import Sieve, event, reset
from supportflow.live.listeners import by_rights, signed_out
from supportflow.live.queries import CHANNEL
from supportflow.live.told import NewlyTold
from supportflow.live.trail import Tail

log = structlog.get_logger("supportflow.live")

LOOK_EVERY = 0.5  # seconds, when no commit was told of
PACE, PACE_FOR_EACH, SLOWEST_PACE = 0.1, 0.0002, 0.4  # seconds from one reading to the next, and more for each stream
LEAST_REST = 0.05  # seconds between them, however long one took
PING_EVERY = 15.0  # seconds; proxies close what is silent for longer
RECHECK_EVERY = 20.0  # seconds until a stream ends whose user signed out
TOLD_ONE_BY_ONE = 100  # activities; of more the client is told to fetch everything again


class Hub:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clients: set[Client] = set()
        self._new: set[Client] = set()
        self._notified: set[int] = set()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._tail: Tail | None = None
        self._told: NewlyTold | None = None
        self._here = Here()
        self._checked = self._pinged = 0.0
        self._interrupted = False

    def streams_of(self, user_id: int) -> int:
        with self._lock:
            return sum(client.user_id == user_id for client in self._clients | self._new)

    def open_streams(self) -> int:
        """Of this process."""
        with self._lock:
            return len(self._clients | self._new)

    def join(self, client: Client) -> None:
        with self._lock:
            self._new.add(client)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live-hub", daemon=True)
                self._thread.start()
        self._wake.set()

    def leave(self, client: Client) -> None:
        with self._lock:
            self._clients.discard(client)
            self._new.discard(client)

    def _woken(self, payloads: list[str]) -> None:
        with self._lock:
            self._notified |= {int(payload) for payload in payloads if payload.isdigit()}
        self._wake.set()

    def _run(self) -> None:
        CommitWatch(CHANNEL, self._woken).start()
        while True:
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()
            began = time.monotonic()
            self._ping(began)
            try:
                close_old_connections()
                self._turn()
            except Exception as error:  # noqa: BLE001  whatever it was: the next turn tries again
                self._note(error)
            time.sleep(max(began + self._pace() - time.monotonic(), LEAST_REST))

    def _ping(self, now: float) -> None:
        """All at once: a clock for each stream would cost as much as its hints."""
        if now - self._pinged > PING_EVERY:
            self._pinged = now
            with self._lock:
                clients = set(self._clients)
            tell_all(clients, PING)

    def _note(self, error: Exception) -> None:
        if not isinstance(error, DatabaseError):
            log.error("live.failed", exc_info=error)
        elif not self._interrupted:  # not again for each try
            log.warning("live.database_unreachable", error=type(error).__name__)
        self._tail, self._told, self._interrupted = None, None, True

    def _pace(self) -> float:
        """Seconds from one reading to the next. Each costs a part to each stream: with many, more changes share one."""
        return min(PACE + len(self._clients) * PACE_FOR_EACH, SLOWEST_PACE)

    def _turn(self) -> None:
        with self._lock:
            new, self._new = self._new, set()
            old, self._clients = self._clients, self._clients | new
            notified, self._notified = self._notified, set()
        if not (old or new):
            self._tail = self._told = None  # nobody listens: nothing is read
            return
        if self._tail is None or self._told is None:
            self._tail, self._told = Tail(), NewlyTold()
        if self._interrupted:  # by now nobody knows who was told what
            tell_all(old | new, reset(self._tail.last))
            self._interrupted = False
        if activities := self._tail.new(notified):
            self._tell(activities, old, self._tail.last)
        self._catch_up(new, self._tail)
        self._ring(self._told.users(), old | new, self._tail.last)
        self._here.tell(old | new)
        if time.monotonic() - self._checked > RECHECK_EVERY:
            self._checked = time.monotonic()
            end_if_signed_out(old)

    def _tell(self, activities: list[Activity], clients: set[Client], last: int) -> None:
        changed = {activity.subject_id for activity in activities if activity.subject_type == "user"}
        end_if_signed_out({client for client in clients if client.user_id in changed})
        if len(activities) > TOLD_ONE_BY_ONE:
            tell_all(clients, reset(last))
        else:
            tell(Sieve(activities), clients)

    def _ring(self, users: set[int], clients: set[Client], last: int) -> None:
        """The worker told these users of something; the page asks what."""
        if users:
            tell_all({client for client in clients if client.user_id in users}, event(last, {"notification": 1}))

    def _catch_up(self, clients: set[Client], tail: Tail) -> None:
        """What happened between the page and its stream, or while the stream was interrupted."""
        end_if_signed_out(clients)
        by_last: dict[int, set[Client]] = defaultdict(set)
        for client in clients:
            by_last[min(client.after, tail.last)].add(client)
        for after, those in by_last.items():
            if (activities := tail.missed(after, TOLD_ONE_BY_ONE)) is None:
                tell_all(those, reset(tail.last))
            else:
                tell(Sieve(activities), those)


def tell(sieve: Sieve, clients: set[Client]) -> None:
    if not sieve.activities:
        return
    groups = by_rights(clients)
    for hints, (_, alike) in zip(sieve.for_users([user for user, _ in groups]), groups, strict=True):
        if hints:
            tell_all(alike, b"".join(hints))


def end_if_signed_out(clients: set[Client]) -> None:
    if clients:
        tell_all(signed_out(clients), None)


hub = Hub()
