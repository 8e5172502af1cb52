"""A desk that really runs, a mail server that really receives, and Chromium before them."""

import email
import json
import shutil
import smtplib
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Browser, Page

from tests.house.processes import ROOT, Running, environment, wait_until
from tests.processes import free_port

PASSWORD = "welcome-to-the-desk"
SUPPORT = "support@supportflow.example"


@dataclass
class Post:
    """The customers' mail server: keeps what is delivered to it."""

    received: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.received.append(envelope.content)
        return "250 kept"

    def to(self, address: str) -> list[EmailMessage]:
        mails = [email.message_from_bytes(raw, policy=default) for raw in self.received]
        return [mail for mail in mails if address in str(mail["To"])]

    def wait_for(self, address: str, count: int = 1) -> EmailMessage:
        """The newest mail to this address, once there are `count`."""
        wait_until(lambda: len(self.to(address)) >= count, f"mail {count} to {address}")
        return self.to(address)[-1]


@dataclass
class Desk:
    """A running SupportFlow with the demo data."""

    url: str
    smtp_port: int
    data: Path
    post: Post
    environment: dict[str, str]

    def send(self, raw: bytes | Message, sender: str, to: str = SUPPORT) -> None:
        content = raw if isinstance(raw, bytes) else raw.as_bytes()
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as server:
            server.sendmail(sender, [to], content)

    def wait_until_at_rest(self) -> None:
        """What is due after a start has been done."""
        wait_until(lambda: not self._jobs_that_wait(), "the jobs of the start")

    def _jobs_that_wait(self) -> int:
        with closing(sqlite3.connect(f"file:{self.data}/supportflow.sqlite3?mode=ro", uri=True)) as database:
            waiting = "SELECT count(*) FROM jobs_job WHERE status = 'RUNNING' OR (status = 'READY' AND run_at IS NULL)"
            return int(database.execute(waiting).fetchone()[0])

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "supportflow", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def api(self, path: str, token: str, method: str = "GET", values: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = None if values is None else json.dumps(values).encode()
        request = urllib.request.Request(f"{self.url}/api{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder after a first start."""
    data = tmp_path_factory.mktemp("first-day")
    with running_desk(data):
        return data


@pytest.fixture(scope="module")
def data(first_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No file of tests meets what another one left."""
    return shutil.copytree(first_day, tmp_path_factory.mktemp("desk") / "data")


@pytest.fixture(scope="module")
def desk(data: Path) -> Iterator[Desk]:
    """One that sends replies at once."""
    with running_desk(data, SUPPORTFLOW_UNDO_SEND="0") as desk:
        yield desk


@contextmanager
def running_desk(data: Path, **more: str) -> Iterator[Desk]:
    web, smtp, away = free_port(), free_port(), free_port()
    post = Post()
    customers = Controller(post, hostname="127.0.0.1", port=away)
    customers.start()
    values = {
        "SUPPORTFLOW_DATA": str(data),
        "SUPPORTFLOW_BASE_URL": f"http://127.0.0.1:{web}",
        "SMTP_LISTEN": f"127.0.0.1:{smtp}",
        "EMAIL_URL": f"smtp://127.0.0.1:{away}",
        **more,
    }
    command = [sys.executable, "-m", "supportflow", "serve", "--port", str(web), "--data", str(data)]
    running = Running(command, ROOT, **values)
    try:
        running.wait_for_line("Ready: ")
        smtplib.SMTP("127.0.0.1", smtp).quit()  # ready is ready for mail too
        yield Desk(f"http://127.0.0.1:{web}", smtp, data, post, environment(**values))
    finally:
        running.process.terminate()
        running.process.wait(30)
        running.close()
        customers.stop()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A new window; a script error or a breach of the Content-Security-Policy in it fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC")
    page, problems = context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert problems == []


def sign_in(page: Page, desk: Desk, who: str = "emma") -> None:
    page.goto(f"{desk.url}/login")
    page.get_by_label("E-mail").fill(f"{who}@supportflow.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{desk.url}/tickets")


@pytest.fixture
def emma(page: Page, desk: Desk) -> Page:
    """Emma's browser, signed in."""
    sign_in(page, desk)
    return page
