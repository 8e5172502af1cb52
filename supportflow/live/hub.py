"""One thread for each web process: reads the trail and tells each open stream what its user may know."""

import threading
import time
from collections import defaultdict
from importlib import import_module

import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest

from supportflow.accounts.models import User
from supportflow.core.models import Activity
from supportflow.jobs.wakeup import CommitWatch
from supportflow.live.clients import Client
from supportflow.live.hints import Sieve, hint, reset
from supportflow.live.trail import Tail

log = structlog.get_logger("supportflow.live")

CHANNEL = "supportflow_activity"
LOOK_EVERY = 0.5  # seconds, when no commit was told of
PACE = 0.1  # seconds between two readings: a burst of commits is read at once
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
        self._checked = 0.0

    def streams_of(self, user_id: int) -> int:
        with self._lock:
            return sum(client.user_id == user_id for client in self._clients | self._new)

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
            try:
                close_old_connections()
                self._turn()
            except DatabaseError as error:
                log.warning("live.database_unreachable", error=type(error).__name__)
            except Exception:
                log.exception("live.failed")
            time.sleep(PACE)

    def _turn(self) -> None:
        with self._lock:
            new, self._new = self._new, set()
            old, self._clients = self._clients, self._clients | new
            notified, self._notified = self._notified, set()
        if not (old or new):
            self._tail = None  # nobody listens: nothing is read
            return
        if self._tail is None:
            self._tail = Tail()
        if activities := self._tail.new(notified):
            self._tell(activities, old, self._tail.last)
        self._catch_up(new, self._tail)
        if time.monotonic() - self._checked > RECHECK_EVERY:
            self._checked = time.monotonic()
            end_if_signed_out(old)

    def _tell(self, activities: list[Activity], clients: set[Client], last: int) -> None:
        changed = {activity.subject_id for activity in activities if activity.subject_type == "user"}
        end_if_signed_out({client for client in clients if client.user_id in changed})
        if len(activities) > TOLD_ONE_BY_ONE:
            for client in clients:
                client.tell([reset(last)])
        else:
            tell(Sieve(activities), clients)

    def _catch_up(self, clients: set[Client], tail: Tail) -> None:
        """What happened between the page and its stream, or while the stream was interrupted."""
        end_if_signed_out(clients)
        for client in clients:
            if (activities := tail.missed(client.after, TOLD_ONE_BY_ONE)) is None:
                client.tell([reset(tail.last)])
            else:
                tell(Sieve(activities), {client})


def tell(sieve: Sieve, clients: set[Client]) -> None:
    if not sieve.activities:
        return
    by_user: dict[int, list[Client]] = defaultdict(list)
    for client in clients:
        by_user[client.user_id].append(client)
    for user in User.objects.filter(pk__in=by_user, is_active=True):
        if events := [hint(activity) for activity in sieve.for_user(user)]:
            for client in by_user[user.pk]:
                client.tell(events)


def end_if_signed_out(clients: set[Client]) -> None:
    for client in clients:
        if not is_signed_in(client):
            client.end()


def is_signed_in(client: Client) -> bool:
    """By the rules of any other request: the session lives, its user is active and has the same password."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(client.session_key)
    return get_user(request).pk == client.user_id


hub = Hub()
