"""How the whole installation stands, from its database: the same whichever web process is asked.

Every count reads an index of few rows and stops at COUNTED_UP_TO: what is told costs the same at a million tickets.
"""

import platform
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Max, Min, Q, QuerySet
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

import supportflow
from supportflow.core import clock
from supportflow.core.backups import last_backup
from supportflow.core.tasks import react
from supportflow.jobs import signs
from supportflow.jobs.models import FAILED, READY, RUNNING, Job
from supportflow.jobs.queries import next_beat
from supportflow.mail.account import Problem, last_account
from supportflow.mail.models import InboundMail, MailFolder, OutgoingMail

KEPT_FOR = 5.0  # seconds: many who scrape, or a page that is reloaded, cost no more than one
SIZE_KEPT_FOR = 60.0  # seconds: PostgreSQL asks the file system for every file
COUNTED_UP_TO = 10_000
RECENT = 1000  # mails

log = structlog.get_logger("supportflow.metrics")
Labels = dict[tuple[str, ...], float]


def gauges() -> list[Metric]:
    """What the database does not answer is left out, and `supportflow_database_up` is 0."""
    return _kept.get()


class Kept:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: list[Metric] = []
        self._until = 0.0
        self._size, self._size_until = 0.0, 0.0

    def get(self) -> list[Metric]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._told, self._until = list(measured()), time.monotonic() + KEPT_FOR
            return self._told

    def forget(self) -> None:
        self._until = self._size_until = 0.0

    def database_size(self) -> float:
        if time.monotonic() >= self._size_until:
            self._size, self._size_until = database_size(), time.monotonic() + SIZE_KEPT_FOR
        return self._size


_kept = Kept()


def measured() -> Iterator[Metric]:
    yield from own()
    up = 1.0
    try:
        told = [*jobs(), *workers(), *mail_in(), *mail_out(), *database()]
    except DatabaseError as error:
        log.warning("metrics.database_unreachable", error=type(error).__name__)
        told, up = [], 0.0
    yield gauge("database_up", "Whether the database answers.", up)
    yield from told


def own() -> Iterator[Metric]:
    build = GaugeMetricFamily("supportflow_build_info", "What runs.", labels=("version", "python", "database"))
    build.add_metric((supportflow.__version__, platform.python_version(), connection.vendor), 1)
    yield build
    yield gauge("time_seconds", "The clock of this machine.", time.time())
    places = {"data": Path(settings.DATA)}
    if "bucket_name" not in settings.STORAGES["default"].get("OPTIONS", {}):
        places["attachments"] = Path(settings.MEDIA_ROOT)
    free: Labels = {(name,): float(shutil.disk_usage(place).free) for name, place in places.items() if place.exists()}
    yield gauge("disk_free_bytes", "Room left where data lies.", free, "place")
    if (backup := last_backup()) is not None and backup.at is not None:
        yield gauge("backup_age_seconds", "Since the last backup that succeeded.", age(backup.at))
        yield gauge("backup_bytes", "Size of the last backup.", backup.bytes)
        yield gauge("backup_verified", "Whether it was restored on trial.", backup.verified)
    if backup is not None:
        failed = backup.problem_at is not None and (backup.at is None or backup.problem_at > backup.at)
        yield gauge("backup_failed", "Whether the latest try failed.", failed)


def jobs() -> Iterator[Metric]:
    waits = Job.objects.filter(status=READY)
    states = {
        "ready": bounded(waits.filter(run_at__isnull=True)),
        "retrying": bounded(waits.filter(run_at__isnull=False)),
        "running": bounded(Job.objects.filter(status=RUNNING)),
        "failed": bounded(Job.objects.filter(status=FAILED)),
    }
    numbers: Labels = {(name,): state["number"] for name, state in states.items()}
    yield gauge("jobs", f"Jobs that are not done, counted up to {COUNTED_UP_TO}.", numbers, "state")
    reactions: Labels = {(name,): state["reactions"] for name, state in states.items()}
    yield gauge("reactions", "Changes that still owe what follows from them.", reactions, "state")
    yield gauge("jobs_oldest_waiting_seconds", "Of jobs that could run at once.", age(states["ready"]["since"]))
    beat = next_beat()
    yield gauge(
        "schedule_late_seconds", "Since the clock was last due to be looked at.", age(beat.next_at if beat else None)
    )


def bounded(rows: QuerySet[Job]) -> dict[str, Any]:
    some = rows.order_by()[:COUNTED_UP_TO]
    first_try = Q(attempts=0)  # one that comes back from a retry has waited for its time
    return some.aggregate(
        number=Count("pk"),
        reactions=Count("pk", filter=Q(task=react.module_path)),
        since=Min("created_at", filter=first_try),
    )


def workers() -> Iterator[Metric]:
    alive = signs.alive()
    yield gauge("workers", "Worker processes that gave a sign of life lately.", len(alive))
    names = {sign.name: f"{sign.host}:{sign.name.split('/')[1]}" for sign in alive}
    since: Labels = {(names[sign.name],): age(sign.seen_at) for sign in alive}
    yield gauge("worker_last_sign_seconds", "Since the worker gave a sign of life.", since, "worker")
    memory: Labels = {(names[sign.name],): float(sign.memory) for sign in alive}
    yield gauge("worker_memory_bytes", "Resident memory.", memory, "worker")
    kinds = ("job_runs", "Runs of jobs."), ("job_failures", "Runs that failed."), ("job_seconds", "Time spent.")
    for place, (name, words) in enumerate(kinds):
        counter = CounterMetricFamily(f"supportflow_{name}", words, labels=("worker", "task"))
        for sign in alive:
            for task, told in sign.done.items():
                counter.add_metric((names[sign.name], task.removeprefix("supportflow.")), told[place])
        yield counter


def mail_in() -> Iterator[Metric]:
    waits = InboundMail.objects.filter(state="RECEIVED").order_by()[:COUNTED_UP_TO]
    waiting = waits.aggregate(number=Count("pk"), since=Min("received_at"))
    yield gauge("mail_in_waiting", "Received mails that nobody has read yet.", waiting["number"])
    yield gauge("mail_in_oldest_waiting_seconds", "Of them.", age(waiting["since"]))
    held = InboundMail.objects.filter(state="QUARANTINED").order_by()[:COUNTED_UP_TO].count()
    yield gauge("mail_in_quarantine", "Received mails that a person must see to.", held)
    yield from recent(InboundMail, "mail_in", "received")
    if (account := last_account()) is not None:
        problems: Labels = {(problem.value.lower(),): float(account.problems.get(problem, 0)) for problem in Problem}
        yield gauge("mail_unaccounted", "Received mails that the daily check cannot account for.", problems, "problem")
        yield gauge("mail_account_age_seconds", "Since the daily check.", age(account.checked_at))
    yield from mail_fetched()


def mail_fetched() -> Iterator[Metric]:
    folder = MailFolder.objects.filter(name=settings.IMAP.name).first() if settings.IMAP else None
    if folder is not None:
        yield gauge("mail_fetch_failures", "Looks into the IMAP mailbox that failed in a row.", folder.failures)
        if folder.looked_at is not None:
            yield gauge("mail_fetch_age_seconds", "Since a look that went well.", age(folder.looked_at))


def mail_out() -> Iterator[Metric]:
    waits = OutgoingMail.objects.filter(state="QUEUED").order_by()[:COUNTED_UP_TO]
    waiting = waits.aggregate(number=Count("pk"), since=Min("created_at"))
    yield gauge("mail_out_waiting", "Mails that have not left yet.", waiting["number"])
    yield gauge("mail_out_oldest_waiting_seconds", "Of them.", age(waiting["since"]))
    failed = OutgoingMail.objects.filter(state="FAILED").order_by()[:COUNTED_UP_TO].count()
    yield gauge("mail_out_failed", "Mails that could not be sent.", failed)
    yield from recent(OutgoingMail, "mail_out", "written")


def recent(model: "type[InboundMail | OutgoingMail]", name: str, verb: str) -> Iterator[Metric]:
    """All there ever were, by the highest number; and what became of the latest, by state."""
    last = model._base_manager.aggregate(last=Max("pk"))["last"] or 0
    total = CounterMetricFamily(f"supportflow_{name}", f"Mails {verb} since the beginning.")
    total.add_metric((), last)
    yield total
    states = Counter(model._base_manager.filter(pk__gt=last - RECENT).values_list("state", flat=True))
    numbers: Labels = {(state.lower(),): float(number) for state, number in states.items()}
    yield gauge(f"{name}_recent", f"The latest {RECENT}, by what became of them.", numbers, "state")


def database() -> Iterator[Metric]:
    yield gauge("database_bytes", "Size of the database.", _kept.database_size())
    if connection.vendor == "sqlite":
        log_file = Path(f"{connection.settings_dict['NAME']}-wal")
        yield gauge("database_wal_bytes", "SQLite's log.", size_of(log_file))
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE datname = current_database()), count(*),"
            " current_setting('max_connections')::int FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        ours, all_of_them, most = cursor.fetchone()
    yield gauge("database_connections", "To this database.", ours)
    yield gauge("database_server_connections", "To all databases of the server.", all_of_them)
    yield gauge("database_server_connections_max", "What the server allows.", most)


def database_size() -> float:
    if connection.vendor == "sqlite":
        return size_of(Path(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return float(cursor.fetchone()[0])


def size_of(file: Path) -> float:
    try:
        return float(file.stat().st_size)
    except OSError:
        return 0.0


def age(moment: datetime | None) -> float:
    """Seconds; 0 for nothing and for the future."""
    return max(0.0, (clock.now() - moment).total_seconds()) if moment else 0.0


def gauge(name: str, words: str, value: "float | Labels", label: str = "") -> Metric:
    family = GaugeMetricFamily(f"supportflow_{name}", words, labels=(label,) if label else ())
    for labels, number in (value if isinstance(value, dict) else {(): float(value)}).items():
        family.add_metric(labels, number)
    return family
