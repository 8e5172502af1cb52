"""The disk is full: the data folder lies on a small one of its own, which is filled to the last byte."""

import os
import smtplib
import sqlite3
import subprocess
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.away import Away
from tests.faults.conftest import Open
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import SUPPORT, Outside, mail
from tests.house.processes import wait_until

MEGABYTES = 24


@cache
def mounting() -> list[str]:
    """A command that runs another with a root for mounts; empty where the machine allows none."""
    for options in ("-m", "-Urm"):
        command = ["unshare", options, "--"]
        with suppress(OSError):
            if not subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode:
                return command
    return []


pytestmark = pytest.mark.skipif(
    not mounting() and os.environ.get("CI") != "true", reason="this machine lets nobody mount a disk of their own"
)


class Disk:
    """Seen from outside, through the supervisor's root."""

    def __init__(self, seen: Path) -> None:
        self.seen = seen

    def fill(self) -> None:
        with (self.seen / "filler").open("wb", buffering=0) as file, suppress(OSError):
            for size in (1 << 20, 1 << 12, 1):
                with suppress(OSError):
                    while file.write(b"\0" * size):
                        pass

    def empty(self) -> None:
        (self.seen / "filler").unlink()


def with_attachment(mark: str) -> bytes:
    lines = [
        f"From: {mark}@customers.example",
        f"To: {SUPPORT}",
        f"Subject: A file with {mark}",
        f"Message-ID: <{mark}@customers.example>",
        'Content-Type: multipart/mixed; boundary="part"',
        "",
        "--part",
        "Content-Type: text/plain",
        "",
        f"Here is {mark}.",
        "--part",
        'Content-Type: application/octet-stream; name="file.bin"',
        "",
        "x" * 100_000,
        "--part--",
        "",
    ]
    return "\r\n".join(lines).encode()


def a_house_on_a_small_disk(open_house: Open, folder: Path, books: Books) -> tuple[Outside, Disk, Books]:
    """On SQLite the database lies there too; a PostgreSQL server has a disk of its own."""
    inside, start = folder / "disk", folder / "start.sqlite3"
    inside.mkdir()
    values = {}
    become = f"mount -t tmpfs -o size={MEGABYTES}m tmpfs {inside} && "
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(books.url.removeprefix("sqlite://"))) as there, closing(sqlite3.connect(start)) as to:
            there.backup(to)
        become += f"cp {start} {inside}/supportflow.sqlite3 && "
        values["DATABASE_URL"] = f"sqlite:///{inside}/supportflow.sqlite3"
    outside = open_house(*mounting(), "sh", "-c", become + 'exec "$@"', "sh", data=inside, **values)
    seen = Path(f"/proc/{outside.house.pid}/root{inside}")
    if connection.vendor == "sqlite":
        books = Books(f"sqlite://{seen}/supportflow.sqlite3", books.since)
    return outside, Disk(seen), books


def test_a_full_disk_refuses_politely_and_forgets_nothing(
    open_house: Open, away: Away, books: Books, tmp_path: Path
) -> None:
    outside, disk, books = a_house_on_a_small_disk(open_house, tmp_path, books)
    number = outside.open_ticket()
    outside.reply(number)
    settle(books)
    mark = outside.ledger.mark("file")
    disk.fill()
    assert outside.ask("GET", f"/tickets/{number}")[0] == 200
    if connection.vendor == "sqlite":
        status, answer = outside.ask("POST", "/tickets", {"subject": "No room", "contact_id": outside.contact})
        assert status == 503, answer
        with smtplib.SMTP("127.0.0.1", outside.house.smtp_port) as server, pytest.raises(smtplib.SMTPDataError) as told:
            server.sendmail("sender@customers.example", [SUPPORT], mail("mark-full-00000", "full@customers.example"))
        assert told.value.smtp_code == 451
    else:
        # The mail itself is safe in the database; its file waits for room.
        outside.deliver(with_attachment(mark))
        wait_until(lambda: books.number("SELECT count(*) FROM jobs_job WHERE attempts > 0 AND error <> ''"), "a try")
        assert books.number("SELECT count(*) FROM mail_inboundmail WHERE state = 'RECEIVED'") == 1
    disk.empty()
    outside.deliver(with_attachment(mark))
    outside.ledger.mails.add(mark)
    outside.open_ticket()
    settle(books, hurry=True)
    check(books, outside.ledger, away)
