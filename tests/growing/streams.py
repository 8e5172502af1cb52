"""How soon a thousand browsers hear of a change: `python -m tests.growing.streams [--streams 1000]`.

Open streams through nginx over two web processes, each of a user of its own, some of them in private teams; changes by
the API at a steady pace; somebody reads pages meanwhile. A change is heard when the last of the browsers has its hint.
"""

import argparse
import asyncio
import json
import os
import re
import resource
import ssl
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.growing.client import Caller
from tests.growing.cluster import Cluster, running_cluster
from tests.growing.programs import Program
from tests.house.processes import descendants_of

TICKET = re.compile(rb'"ticket":(\d+)')
TICKS = os.sysconf("SC_CLK_TCK")
ALONE_FOR = 10.0  # seconds in which pages are read before there are streams
OPENED_AT_ONCE = 50  # more than 200 would be told to come back
Changes = dict[int, tuple[float, float]]  # by ticket: when it was sent, and when it was answered


@dataclass
class Heard:
    """When each ticket's hint came, at the first and at the last browser, and at how many."""

    first: dict[int, float] = field(default_factory=dict)
    last: dict[int, float] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    resets: int = 0
    open: int = 0


class Browser(asyncio.Protocol):
    def __init__(self, heard: Heard, session: str) -> None:
        self.heard, self.session = heard, session
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(f"GET /live HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={self.session}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        # A whole line at a time: a part may end anywhere.
        data, _, self.rest = (self.rest + data).rpartition(b"\n")
        if b"retry: " in data:
            self.heard.open += 1
        self.heard.resets += b'"reset"' in data
        for ticket in map(int, TICKET.findall(data)):
            self.heard.first.setdefault(ticket, now)
            self.heard.last[ticket] = now
            self.heard.times[ticket] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.heard.open -= 1


def change(server: Caller, tickets: list[str], per_second: float) -> Changes:
    """In a process of its own: each ticket once, at a steady pace."""
    began = time.monotonic()

    def one(number: int) -> tuple[int, tuple[float, float]]:
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        sent = time.monotonic()
        answer = server.patch(f"/api/tickets/{tickets[number]}", subject=f"Changed {sent}")
        assert answer.status == 200, answer.text
        return int(tickets[number][2:]), (sent, time.monotonic())

    with ThreadPoolExecutor(8) as threads:
        return dict(threads.map(one, range(len(tickets))))


def visit(server: Caller, seconds: float) -> list[float]:
    """In a process of its own: how long the list took, with a pause of 0.2 s between two."""
    took, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        answer = server.get("/tickets")
        assert answer.status == 200
        took.append(answer.took)
        time.sleep(0.2)
    return took


@dataclass
class Measured:
    heard: Heard
    changed: Changes
    alone: list[float]
    meanwhile: list[float]
    still_open: int
    before: dict[str, float]
    idle: dict[str, float]
    busy: dict[str, float]
    processor: dict[str, float]

    def told(self) -> dict[str, Any]:
        starts, ends = zip(*self.changed.values(), strict=True)
        last = self.heard.last
        return {
            "still_open": self.still_open,
            "changes": len(self.changed),
            "changes_per_second": round(len(self.changed) / (max(ends) - min(starts)), 1),
            "hints": sum(self.heard.times.values()),
            "resets": self.heard.resets,
            "answer_to_a_change_ms": quantiles([end - start for start, end in self.changed.values()]),
            "last_browser_after_answer_ms": quantiles([last[one] - end for one, (_, end) in self.changed.items()]),
            "last_browser_after_sending_ms": quantiles([last[one] - start for one, (start, _) in self.changed.items()]),
            "page_ms_alone": quantiles(self.alone),
            "page_ms_meanwhile": quantiles(self.meanwhile),
            "pss_mb_before": self.before,
            "pss_mb_streams_open": self.idle,
            "pss_mb_after_load": self.busy,
            "percent_of_a_core_meanwhile": self.processor,
        }


async def measure(cluster: Cluster, streams: int, seconds: float, per_second: float) -> Measured:
    assert cluster.nginx
    sessions = cluster.seed["sessions"][:streams]
    door = replace(cluster.nginx, process=None)  # a process cannot be sent to another
    person = Caller(door, cookies={"sessionid": sessions[0]})
    program = Caller(door, token=cluster.seed["token"])
    tickets = cluster.seed["tickets"][: int(seconds * per_second)]
    heard, loop = Heard(), asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as others:
        alone = await loop.run_in_executor(others, visit, person, min(seconds, ALONE_FOR))
        before = memory(cluster)
        browsers = await opened(door, heard, sessions)
        idle = memory(cluster)
        with processor(cluster) as used:
            visiting = loop.run_in_executor(others, visit, person, seconds)
            changed = await loop.run_in_executor(others, change, program, tickets, per_second)
            await until_true(lambda: all(heard.times[ticket] >= streams for ticket in changed))
            meanwhile = await visiting
        busy, still_open = memory(cluster), heard.open
        for browser in browsers:
            browser.close()
        await until_true(lambda: heard.open == 0)
    return Measured(heard, changed, alone, meanwhile, still_open, before, idle, busy, used)


async def opened(door: Program, heard: Heard, sessions: list[str]) -> list[asyncio.BaseTransport]:
    loop = asyncio.get_running_loop()
    browsers: list[asyncio.BaseTransport] = []
    context = ssl.create_default_context(cafile=str(door.folder / "certificate.pem"))
    for session in sessions:
        connecting = loop.create_connection(
            lambda session=session: Browser(heard, session),  # type: ignore[misc]
            "localhost",
            door.port,
            ssl=context,
        )
        browsers.append((await connecting)[0])
        await until_true(lambda: heard.open > len(browsers) - OPENED_AT_ONCE)
    await until_true(lambda: heard.open == len(sessions))
    return browsers


async def until_true(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  what comes from outside sets no event
            await asyncio.sleep(0.05)


def processes(cluster: Cluster) -> dict[str, list[int]]:
    """Each server with its children."""
    assert cluster.nginx
    servers = {f"web {number}": web.process for number, web in enumerate(cluster.webs, 1)}
    servers |= {f"worker {number}": worker.process for number, worker in enumerate(cluster.workers, 1)}
    servers |= {"nginx": cluster.nginx.process, "PgBouncer": cluster.pgbouncer.process, "Redis": cluster.redis.process}
    servers |= {"PostgreSQL": cluster.primary.process}
    return {name: [one.pid, *descendants_of(one.pid)] for name, one in servers.items() if one}


def memory(cluster: Cluster) -> dict[str, float]:
    """The proportional set size of each server, in MB."""
    return {name: round(sum(map(pss, pids)) / 1024, 1) for name, pids in processes(cluster).items()}


def pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@contextmanager
def processor(cluster: Cluster) -> Iterator[dict[str, float]]:
    """How much of one core each server took, in percent; known when it ends."""
    began, before, told = time.monotonic(), processor_seconds(cluster), dict[str, float]()
    yield told
    took = time.monotonic() - began
    told |= {name: round(100 * (now - before[name]) / took) for name, now in processor_seconds(cluster).items()}


def processor_seconds(cluster: Cluster) -> dict[str, float]:
    """With those of children that have ended."""
    told = {}
    for name, pids in processes(cluster).items():
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        told[name] = sum(sum(map(int, one[11:15])) for one in fields) / TICKS
    return told


def quantiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {name: round(value * 1000) for name, value in (("p50", cuts[49]), ("p95", cuts[94]), ("max", max(seconds)))}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--changes", type=float, default=20, help="a second")
    parser.add_argument("--without-valkey", action="store_true")
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, given.streams * 2 + 500), hard))
    with tempfile.TemporaryDirectory(prefix="supportflow-streams-") as folder:
        seed = [str(given.streams), str(int(given.seconds * given.changes))]
        more = {"SUPPORTFLOW_API_RATE": "1000000"} | ({"VALKEY_URL": ""} if given.without_valkey else {})
        with running_cluster(Path(folder), pool=20, workers=1, seed=seed, **more) as cluster:
            measured = asyncio.run(measure(cluster, given.streams, given.seconds, given.changes))
    sys.stdout.write(json.dumps({"streams": given.streams} | measured.told(), indent=2) + "\n")


if __name__ == "__main__":
    main()
