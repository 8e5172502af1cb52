"""What this process answered, for /metrics. Counted in memory: a lock and a few additions for each request."""

import json
import mmap
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.metrics_core import Metric

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

registry = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=registry)
_requests = Counter("supportflow_http_requests", "Requests answered.", ("method", "route", "status"), registry=registry)
_seconds = Histogram(
    "supportflow_http_request_seconds",
    "Time to the answer, without the wait for a thread and the way to the client.",
    ("route",),
    buckets=SECONDS,
    registry=registry,
)
_in_flight = Gauge("supportflow_http_requests_in_flight", "Requests being worked on.", registry=registry)
_turned_away = Counter(
    "supportflow_http_turned_away", "Requests answered 503 because too many waited.", registry=registry
)
_slow = Counter("supportflow_slow_queries", "Statements that took longer than SLOW_QUERY_MS.", registry=registry)
streams = Gauge("supportflow_live_streams", "Open live streams.", registry=registry)


@contextmanager
def in_flight() -> Iterator[None]:
    _in_flight.inc()
    try:
        yield
    finally:
        _in_flight.dec()


def count(method: str, route: str, status: int, seconds: float) -> None:
    """`route` is a route's name, never a path: there are as many labels as routes, whatever is asked for."""
    route = route or "none"
    _requests.labels(method if method in METHODS else "other", route, f"{status // 100}xx").inc()
    _seconds.labels(route).observe(seconds)


def turned_away() -> None:
    _turned_away.inc()


def slow_statement() -> None:
    _slow.inc()


class Board:
    """Where the processes of one web server show each other their figures: memory that they share from the fork on.

    A scrape meets any one of them; it must tell of all. Each writes to a place of its own; what is read while it is
    being written has a wrong checksum and is read again.
    """

    SIZE = 1024 * 1024  # bytes for one process; what is not used costs nothing
    HEAD = struct.Struct("<II")  # length, checksum

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None
        self._places, self._mine = 1, 0

    def share(self, places: int) -> None:
        """Before the fork."""
        self._memory, self._places = mmap.mmap(-1, places * self.SIZE), places

    @property
    def is_shared(self) -> bool:
        return self._memory is not None

    def take(self, place: int) -> None:
        """In the child: its place, which a process that died may have left."""
        self._mine = place

    def write(self) -> None:
        told = json.dumps(_figures()).encode()
        if self._memory is None or len(told) > self.SIZE - self.HEAD.size:
            return
        start = self._mine * self.SIZE
        self._memory[start : start + self.HEAD.size] = self.HEAD.pack(len(told), zlib.crc32(told))
        self._memory[start + self.HEAD.size : start + self.HEAD.size + len(told)] = told

    def read(self) -> list[Metric]:
        """The figures of all, each sample with the place of its process. Those of others are some seconds old."""
        families: dict[str, Metric] = {}
        for place in range(self._places):
            for name, kind, words, samples in _figures() if place == self._mine else self._shown(place):
                family = families.setdefault(name, Metric(name, words, kind))
                for sample, labels, value in samples:
                    family.add_sample(sample, {**labels, "process": str(place)}, value)
        return list(families.values())

    def _shown(self, place: int) -> "list[Figure]":
        assert self._memory is not None
        start = place * self.SIZE
        for _try in range(3):
            length, checksum = self.HEAD.unpack(self._memory[start : start + self.HEAD.size])
            told = self._memory[start + self.HEAD.size : start + self.HEAD.size + min(length, self.SIZE)]
            if length and zlib.crc32(told) == checksum:
                return [tuple(figure) for figure in json.loads(told)]
        return []


Figure = tuple[str, str, str, list[tuple[str, dict[str, str], float]]]  # name, type, words, samples
board = Board()


def _figures() -> list[Figure]:
    return [
        (
            family.name,
            family.type,
            family.documentation,
            # When a series began is told by the process's own start.
            [(one.name, dict(one.labels), one.value) for one in family.samples if not one.name.endswith("_created")],
        )
        for family in registry.collect()
    ]
