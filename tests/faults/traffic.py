"""The world outside, which keeps trying: API clients with an Idempotency-Key, mail servers, and mail from files.

Each gives up only when something is refused for good, or after PATIENCE seconds.
"""

import http.client
import json
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.house import House
from tests.faults.marks import Ledger
from tests.house.processes import ROOT, environment

PATIENCE = 120.0  # seconds without success
PAUSE = 0.1
SUPPORT = "support@supportflow.example"


class GivenUp(Exception):
    """Something that ought to work after a moment did not, or was refused."""


@dataclass
class Outside:
    """Everybody who wants something of a house."""

    house: House
    token: str
    contact: int
    ledger: Ledger = field(default_factory=Ledger)
    tried_again: list[str] = field(default_factory=list)  # requests, and why
    patience: float = PATIENCE

    def request(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The JSON of a success. Tries again what failed on the way, or with 429 and 5xx: the key makes that safe."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            try:
                status, answer = self.ask(method, path, body, key)
            except (OSError, http.client.HTTPException) as error:
                self.tried_again.append(repr(error))
            else:
                if status < 300:
                    return json.loads(answer) if answer else None
                if status != 429 and status < 500:
                    raise GivenUp(f"{method} {path}: {status} {answer[:300]!r}")
                self.tried_again.append(f"{method} {path}: {status}")
            time.sleep(PAUSE)
        raise GivenUp(f"{method} {path}: nothing within {self.patience:g} s")

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, bytes]:
        """Once: (status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, f"/api{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def open_ticket(self, kind: str = "api") -> str:
        """By API; returns its number."""
        mark = self.ledger.mark(kind)
        body = {"subject": f"Wanted {mark}", "contact_id": self.contact, "description": f"It is about {mark}."}
        number: str = self.request("POST", "/tickets", body, key=mark)["number"]
        self.ledger.tickets[mark] = number
        return number

    def reply(self, number: str) -> str:
        """A public comment, which goes out by mail; returns its marker."""
        mark = self.ledger.mark("reply")
        body = {"ticket": number, "body": f"An answer: {mark}.", "visibility": "PUBLIC"}
        self.ledger.replies[mark] = self.request("POST", "/comments", body, key=mark)["id"]
        return mark

    def change(self, number: str, **values: Any) -> None:
        self.request("PATCH", f"/tickets/{number}", values)

    def write_mail(self, kind: str = "mail", sender: str = "") -> tuple[str, bytes]:
        """A marker and the mail with it."""
        mark = self.ledger.mark(kind)
        return mark, mail(mark, sender or f"{mark}@customers.example")

    def send_mail(self, kind: str = "mail", sender: str = "") -> str:
        """By SMTP, until 250."""
        mark, raw = self.write_mail(kind, sender)
        self.deliver(raw)
        self.ledger.mails.add(mark)
        return mark

    def deliver(self, raw: bytes) -> None:
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            try:
                with smtplib.SMTP("127.0.0.1", self.house.smtp_port, timeout=30) as server:
                    server.sendmail("sender@customers.example", [SUPPORT], raw)
                return
            except smtplib.SMTPResponseException as error:
                if error.smtp_code >= 500:
                    raise GivenUp(f"mail refused: {error}") from error
                self.tried_again.append(f"mail: {error}")
            except (OSError, smtplib.SMTPException) as error:
                self.tried_again.append(f"mail: {error!r}")
            time.sleep(PAUSE)
        raise GivenUp(f"no mail taken within {self.patience:g} s")

    def ingest_all(self, mails: dict[Path, str], began: Callable[[subprocess.Popen[bytes]], object]) -> None:
        """Files and their markers, by a process that takes them one after the other; the next takes what it left."""
        command = [sys.executable, "-m", "tests.faults.ingesting"]
        values = environment(**self.house.values, PYTHONPATH=str(ROOT))
        log = min(mails).with_suffix(".log")
        end = time.monotonic() + self.patience
        while mails:
            if time.monotonic() > end:
                raise GivenUp(f"no mail ingested within {self.patience:g} s: {log.read_text()[-2000:]}")
            with (
                log.open("w") as told,
                subprocess.Popen(
                    [*command, *map(str, mails)], cwd=ROOT, env=values, stdout=told, stderr=told
                ) as process,
            ):
                began(process)
                while process.poll() is None:
                    time.sleep(PAUSE / 2)
                    if self._note_taken(mails):
                        end = time.monotonic() + self.patience
            self._note_taken(mails)

    def _note_taken(self, mails: dict[Path, str]) -> int:
        """Move to the ledger what is ingested; how many."""
        taken = [file for file in mails if not file.exists()]
        self.ledger.mails.update(mails.pop(file) for file in taken)
        return len(taken)


def mail(mark: str, sender: str, *headers: str) -> bytes:
    lines = [
        *headers,
        f"From: {sender}",
        f"To: {SUPPORT}",
        f"Subject: Please help with {mark}",
        f"Message-ID: <{mark}@customers.example>",
        "Date: Mon, 02 Mar 2026 10:00:00 +0000",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        f"Hello, this is about {mark}.",
        "",
    ]
    return "\r\n".join(lines).encode()


def at_once(acts: Iterable[Callable[[], object]]) -> Callable[[], None]:
    """Starts each act on a thread; call what is returned to wait for them all. It raises what the first of them did."""
    failures: list[BaseException] = []

    def guarded(act: Callable[[], object]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001  raised in the test's thread
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(act,), daemon=True) for act in acts]
    for thread in threads:
        thread.start()

    def wait() -> None:
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    return wait
