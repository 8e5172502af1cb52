"""How soon a thousand browsers hear of a change: `python -m tests.growing.streams [--streams 1000] [--through-nginx]`.

Open streams over two web processes, each of a user of its own, some of them in private teams; changes by the API at a
steady pace; somebody reads pages meanwhile. A change is heard when the last of the browsers has its hint.
"""

import argparse
import asyncio
import json
import re
import resource
import ssl
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.growing.client import Caller
from tests.growing.cluster import Cluster, running_cluster
from tests.growing.programs import Program
from tests.house.processes import descendants_of

TICKET = re.compile(rb'"ticket":(\d+)')


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


def change(servers: list[Caller], tickets: list[str], per_second: float) -> dict[int, tuple[float, float]]:
    """In a process of its own: when each ticket's change was sent, and when it was answered."""
    began = time.monotonic()

    def one(number: int) -> tuple[int, tuple[float, float]]:
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        sent = time.monotonic()
        answer = servers[number % len(servers)].patch(f"/api/tickets/{tickets[number]}", subject=f"Changed {sent}")
        assert answer.status == 200, answer.text
        return int(tickets[number][2:]), (sent, time.monotonic())

    with ThreadPoolExecutor(8) as threads:
        return dict(threads.map(one, range(len(tickets))))


def visit(servers: list[Caller], seconds: float) -> list[float]:
    """In a process of its own: how long the list took, five times a second."""
    took, end, number = [], time.monotonic() + seconds, 0
    while time.monotonic() < end:
        answer = servers[number % len(servers)].get("/tickets")
        assert answer.status == 200
        took.append(answer.took)
        number += 1
        time.sleep(0.2)
    return took


async def measure(cluster: Cluster, streams: int, seconds: float, per_second: float, *, through_nginx: bool) -> Any:
    heard = Heard()
    assert cluster.nginx
    doors = [cluster.nginx] if through_nginx else cluster.webs
    sessions = cluster.seed["sessions"][:streams]
    webs = [replace(web, process=None) for web in cluster.webs]  # a process cannot be sent to another
    people = [Caller(web, tls=False, cookies={"sessionid": sessions[0]}) for web in webs]
    programs = [Caller(web, tls=False, token=cluster.seed["token"]) for web in webs]
    tickets = cluster.seed["tickets"][: int(seconds * per_second)]
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as others:
        alone = await loop.run_in_executor(others, visit, people, min(seconds, 10))
        before = memory(cluster.webs)
        opened = []
        for number, session in enumerate(sessions):
            opened.append(await connect(loop, doors[number % len(doors)], heard, session, through_nginx))
            # More than 200 at once would be told to come back.
            await until_true(lambda: heard.open > len(opened) - 50)
        await until_true(lambda: heard.open == streams)
        idle = memory(cluster.webs)
        visiting = loop.run_in_executor(others, visit, people, seconds)
        changed = await loop.run_in_executor(others, change, programs, tickets, per_second)
        pages = await visiting
        await until_true(lambda: all(heard.times[ticket] >= streams for ticket in changed))
        busy = memory(cluster.webs)
        still_open = heard.open
        for transport in opened:
            transport.close()
        await until_true(lambda: heard.open == 0)
    starts, ends = zip(*changed.values(), strict=True)
    after_answer = [heard.last[ticket] - answered for ticket, (_, answered) in changed.items()]
    after_sending = [heard.last[ticket] - sent for ticket, (sent, _) in changed.items()]
    return {
        "streams": streams,
        "still_open": still_open,
        "changes": len(changed),
        "changes_per_second": round(len(changed) / (max(ends) - min(starts)), 1),
        "hints": sum(heard.times.values()),
        "resets": heard.resets,
        "last_browser_after_answer_ms": quantiles(after_answer),
        "last_browser_after_sending_ms": quantiles(after_sending),
        "page_ms_alone": quantiles(alone),
        "page_ms_meanwhile": quantiles(pages),
        "web_pss_mb_before": before,
        "web_pss_mb_streams_open": idle,
        "web_pss_mb_after_load": busy,
    }  # fmt: skip


async def connect(
    loop: asyncio.AbstractEventLoop, door: Program, heard: Heard, session: str, through_nginx: bool
) -> asyncio.BaseTransport:
    context = ssl.create_default_context(cafile=str(door.folder / "certificate.pem")) if through_nginx else None
    transport, _ = await loop.create_connection(
        lambda: Browser(heard, session), "localhost" if through_nginx else "127.0.0.1", door.port, ssl=context
    )
    return transport


async def until_true(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  what comes from outside sets no event
            await asyncio.sleep(0.05)


def memory(webs: list[Program]) -> list[float]:
    """The proportional set size of each server with its children, in MB."""
    found = []
    for web in webs:
        assert web.process
        pids = [web.process.pid, *descendants_of(web.process.pid)]
        pss = sum(
            int(line.split()[1])
            for pid in pids
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            if line.startswith("Pss:")
        )
        found.append(round(pss / 1024, 1))
    return found


def quantiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {name: round(value * 1000) for name, value in (("p50", cuts[49]), ("p95", cuts[94]), ("max", max(seconds)))}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--changes", type=float, default=20, help="a second")
    parser.add_argument("--through-nginx", action="store_true")
    parser.add_argument("--without-valkey", action="store_true")
    told = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, told.streams * 2 + 500), hard))
    with tempfile.TemporaryDirectory(prefix="supportflow-streams-") as folder:
        seed = [str(told.streams), str(int(told.seconds * told.changes))]
        more = {"SUPPORTFLOW_API_RATE": "1000000"} | ({"VALKEY_URL": ""} if told.without_valkey else {})
        with running_cluster(Path(folder), pool=20, workers=1, seed=seed, **more) as cluster:
            figures = asyncio.run(
                measure(cluster, told.streams, told.seconds, told.changes, through_nginx=told.through_nginx)
            )
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
