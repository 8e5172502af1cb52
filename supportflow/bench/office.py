"""A desk at work: so many agents at once, each with a browser that is open all day, at the pace of people.

An agent looks at the list, opens a ticket, changes a field, writes a reply of which the draft is kept, sends it and
goes on. The browser meanwhile does what static/js does: it listens to hints, fetches counts and the list after news,
and says that somebody is here. Customers write too. What is told leaves the first seconds out.
"""

import itertools
import json
import random
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress

from django.conf import settings
from django.test import Client

from supportflow.accounts.models import User
from supportflow.bench import people, timing
from supportflow.bench.browser import Answer, Browser, Failed, Program
from supportflow.bench.places import by_api
from supportflow.bench.plans import BACKEND
from supportflow.bench.running import Report, Say, machine
from supportflow.bench.server import serving
from supportflow.bench.stream import Stream
from supportflow.desk.models import Priority, Ticket

SECONDS = 180.0
WARM_UP = 30.0  # seconds at most, in which the agents come one after the other
LAST_HINTS = 3.0  # seconds in which they may still come
LOOKS, READS, WRITES = (5, 20), (15, 45), (30, 90)  # seconds, at a list, at a ticket, at a reply: 35 tickets an hour
CUSTOMERS_WRITE = 2.0  # seconds between two new tickets
LIST_RESTS, COUNTS_REST, BEAT = 2.0, 5.0, 8.0  # seconds, as in static/js
DRAFT_RESTS = 6.0  # seconds; a draft is kept whenever nobody has typed for two
TURNS = 40  # tickets that an agent answers before the first comes again


class Log:
    """What all of them did, and how long it took."""

    def __init__(self, seconds: float, pace: float) -> None:
        self.warm_up, self.pace = min(WARM_UP, seconds), pace
        self.begin = time.monotonic() + self.warm_up
        self.end = self.begin + seconds
        self.took: dict[str, list[float]] = {}
        self.changes: list[tuple[int, float, float]] = []  # ticket, when the change was sent, and when answered

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.end

    def add(self, name: str, seconds: float) -> None:
        if self.begin <= time.monotonic() <= self.end:
            self.took.setdefault(name, []).append(seconds)

    def changed(self, ticket: int, took: float) -> None:
        now = time.monotonic()
        if self.begin <= now <= self.end:
            self.changes.append((ticket, now - took, now))


class Evening(Exception):
    """Work is over: nobody hurries through what is left."""


class Agent:
    """One person and their browser."""

    def __init__(self, browser: Browser, tickets: list[Ticket], log: Log, seed: int) -> None:
        self.browser, self.tickets, self.log, self.name = browser, tickets, log, f"bench-{seed}"
        self.stream = Stream(browser.again())
        self._chance = random.Random(seed)  # noqa: S311  no secret
        self._rests = dict[str, float]()  # what was done lately → when it may be done again
        self._draft = ""  # its stamp

    def work(self) -> None:
        self.stream.listen()
        time.sleep(self._chance.uniform(0, self.log.warm_up))
        with suppress(Evening):
            for ticket in itertools.cycle(self.tickets):
                self._get("list", "/tickets")
                self._stay(LOOKS, lambda: self._follow("list", LIST_RESTS, "/tickets"))
                self._answer(ticket)

    def _answer(self, ticket: Ticket) -> None:
        address = ticket.get_absolute_url()
        self._get("ticket", address)
        self._get("beside a ticket", f"{address}/beside")
        self._post("seen", f"{address}/seen")
        self._stay(READS, lambda: self._say_here(address, "false"))
        ticket.priority = next(value for value in Priority if value != ticket.priority)
        changed = self._post("change a field", f"{address}/fields", priority=ticket.priority)
        self.log.changed(ticket.pk, changed.took)
        self._get("ticket", address)
        self._get("recipients", f"{address}/recipients")
        self._draft = ""
        self._stay(WRITES, lambda: self._write(address))
        self._post("send a reply", f"{address}/comments", kind="reply", body="Measured at work.", then="")
        self._get("ticket", address)

    def _stay(self, between: tuple[int, int], meanwhile: Callable[[], None]) -> None:
        until = time.monotonic() + self._chance.uniform(*between) / self.log.pace
        while True:
            meanwhile()
            self._follow("counts", COUNTS_REST, "/tickets/counts")
            if self.log.is_over:
                raise Evening
            if time.monotonic() >= until:
                return
            time.sleep(0.1)

    def _follow(self, name: str, rest: float, path: str) -> None:
        """After news, as soon as the last time is long enough ago."""
        if time.monotonic() >= self._rests.get(name, 0) and self.stream.has_news(name):
            self._rests[name] = time.monotonic() + rest
            self._get(name, path)

    def _say_here(self, address: str, writing: str) -> None:
        if self._is_time_for(f"{address} {writing}", BEAT):
            self._post("here", f"{address}/here", tab=self.name, writing=writing)

    def _write(self, address: str) -> None:
        self._say_here(address, "true")
        if self._is_time_for(f"{address} draft", DRAFT_RESTS):
            text = "We looked into it. " * self._chance.randint(1, 40)
            kept = self._post("keep a draft", f"{address}/drafts", kind="reply", body=text, seen=self._draft)
            self._draft = json.loads(kept.text)["seen"]

    def _is_time_for(self, what: str, rest: float) -> bool:
        now = time.monotonic()
        if now < self._rests.get(what, 0):
            return False
        self._rests[what] = now + rest
        return True

    def _get(self, name: str, path: str) -> None:
        self.log.add(name, self.browser.get(path).took)

    def _post(self, name: str, path: str, **fields: str) -> Answer:
        answer = self.browser.post(path, fields, **{"HX-Request": "true"})
        self.log.add(name, answer.took)
        return answer


def run(agents: int, seconds: float, pace: float, port: int, say: Say) -> Report:
    """Raises ports.CannotStart when the server does not start, browser.Failed when it refuses something."""
    report = Report(machine())
    with ExitStack() as stack:
        accounts = [stack.enter_context(people.signed_up(str(number))) for number in range(1, agents + 1)]
        server = stack.enter_context(serving(port))
        report.memory |= {f"{part} idle": size for part, size in server.memory().items()}
        say(f"{agents} agents at work for {seconds:.0f} s")
        shares = _shares(agents)
        browsers = [_signed_in(account.user, server.port) for account in accounts]
        log = Log(seconds, pace)
        desk = [Agent(browser, shares[place], log, place) for place, browser in enumerate(browsers)]
        customers = by_api(Program(server.port, accounts[0].token))
        with ThreadPoolExecutor(agents + 1) as threads:
            working = [threads.submit(agent.work) for agent in desk]
            working.append(threads.submit(_customers, customers, log))
            wait(working, return_when=FIRST_EXCEPTION)
            log.end = min(log.end, time.monotonic())  # nobody works on where one cannot
            for one in working:
                one.result()
        time.sleep(LAST_HINTS)
        report.memory |= {f"{part} after": size for part, size in server.memory().items()}
    report.figures = {name: timing.figure(took) for name, took in sorted(log.took.items())}
    report.throughput["requests"] = round(sum(map(len, log.took.values())) / seconds, 1)
    _tell_hints(report, log, [agent.stream for agent in desk])
    return report


def _shares(agents: int) -> list[list[Ticket]]:
    """Tickets for each agent that no other one works on, the latest first."""
    rows = Ticket.objects.alive().unsettled().exclude(team__is_private=True).order_by("-updated_at")
    found = list(rows[: agents * TURNS])
    if len(found) < agents:
        raise Failed(f"There are {len(found)} open tickets, too few for {agents} agents. Invent more with --tickets.")
    return [found[place::agents] for place in range(agents)]


def _signed_in(user: User, port: int) -> Browser:
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    browser = Browser(port, {"Accept-Encoding": "gzip", "Cookie": f"{session.key}={session.value}"})
    browser.open("/tickets")
    browser.hidden = {name: browser.hidden[name] for name in ["csrfmiddlewaretoken"]}
    return browser


def _customers(write: timing.Act, log: Log) -> None:
    while not log.is_over:
        log.add("create a ticket by API", write())
        time.sleep(CUSTOMERS_WRITE)


def _tell_hints(report: Report, log: Log, streams: list[Stream]) -> None:
    """How long after the answer to a change the last of the browsers had its hint."""
    late, missed = list[float](), 0
    for ticket, sent, answered in log.changes:
        heard = [stream.heard_after(ticket, sent) for stream in streams]
        missed += heard.count(None)
        if came := [moment - answered for moment in heard if moment is not None]:
            late.append(max(0.0, *came))
    if late:
        report.figures["hint at the last browser"] = timing.figure(late)
    if missed:
        report.broken.append(f"{missed} of {len(log.changes) * len(streams)} hints did not come")
