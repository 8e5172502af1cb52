"""One run: what is measured, in which order, and what is told of it.

A real server of its own (`supportflow serve`), a browser's and a program's requests over loopback, and in the same run
the floor: what the bare SQL costs, and a bare answer of the same size from the same server software.
"""

import logging
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import connection

from supportflow.bench import floor, people, places, plans, timing
from supportflow.bench.browser import Browser, Program
from supportflow.bench.server import Server, serving
from supportflow.desk.models import Ticket

SECONDS = 2.0  # for each figure
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What is wanted of a run."""

    seconds: float  # for each figure
    port: int = 0  # 0: any free one
    only: str = ""  # what is measured has this in its name


@dataclass
class Report:
    machine: dict[str, Any]
    figures: dict[str, timing.Figure] = field(default_factory=dict)
    floor: dict[str, timing.Figure] = field(default_factory=dict)
    throughput: dict[str, float] = field(default_factory=dict)  # answers a second
    memory: dict[str, int] = field(default_factory=dict)  # PSS in kB
    asked: dict[str, plans.Asked] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run(wish: Wish, say: Say) -> Report:
    """Measure all of it. Raises ports.CannotStart when the server does not start."""
    report = Report(machine())
    with people.signed_up() as account, serving(wish.port) as server:
        report.memory |= {f"{part} idle": size for part, size in server.memory().items()}
        browser, program = Browser(server.port), Program(server.port, account.token)
        browser.sign_in(account.email, account.password)
        _measure(report, wish, browser, program, say)
        if not wish.only:
            _measure_throughput(report, wish, server, browser, program, say)
            report.memory |= {f"{part} after": size for part, size in server.memory().items()}
            report.floor |= floor.measure(wish.seconds, browser.get("/tickets").size)
        say("asking the database how it finds what the pages show")
        logging.disable(logging.INFO)
        report.asked = plans.examine(account.user, places.pages(), places.calls(), account.token)
        report.broken = plans.broken(report.asked)
    return report


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    version = ".".join(map(str, connection.get_database_version()))
    return {
        "tickets": Ticket.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        "database": f"{connection.display_name} {version}",
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "cores": timing.cores(),
        "command": " ".join(sys.argv[1:]),
    }


def _measure(report: Report, wish: Wish, browser: Browser, program: Program, say: Say) -> None:
    for name, act in places.acts(browser, program).items():
        if wish.only in name:
            say(name)
            report.figures[name] = timing.measure(act, wish.seconds)


def _measure_throughput(
    report: Report, wish: Wish, server: Server, browser: Browser, program: Program, say: Say
) -> None:
    ticket = places.some_ticket()
    for name, caller, path in (
        ("list", browser, "/tickets"),
        ("ticket", browser, ticket),
        ("API list", program, "/api/tickets"),
    ):
        say(f"{name}, four at once")
        callers = [caller.again() for _ in range(timing.AT_ONCE)]
        for one in callers * 2:  # each process that they meet has loaded what it needs
            one.get(path)
        rate = timing.rate([one.getting(path) for one in callers], wish.seconds)
        report.throughput[f"{name}, four clients"] = rate
