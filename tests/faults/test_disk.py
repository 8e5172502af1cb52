"""The disk is full: the data folder lies on a small one of its own, which is filled to the last byte."""

import json
import smtplib
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from scripts import postgres
from scripts.gate import CI
from tests.faults.away import Away
from tests.faults.conftest import Open, long_form
from tests.faults.invariants import Books, check, settle
from tests.faults.own import house_of_its_own
from tests.faults.traffic import SUPPORT, Outside, mail
from tests.house.processes import wait_until

SMALL, OF_A_SERVER = 24, 160  # megabytes


@pytest.fixture
def disk() -> Iterator[Path]:
    with mounted(SMALL) as folder:
        yield folder


@contextmanager
def mounted(megabytes: int) -> Iterator[Path]:
    """A small disk for this test alone."""
    folder = Path(tempfile.mkdtemp(prefix="supportflow-disk-"))
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs"]
    if subprocess.run(["mount", *options, str(folder)], check=CI, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("this machine lets this user mount nothing")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while file.write(b"\0" * size):
                    pass


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


def copy_of(database: str, disk: Path) -> str:
    """The tests' SQLite database, copied to the disk; PostgreSQL has a disk of its own."""
    if not database.startswith("sqlite"):
        return database
    there = disk / "supportflow.sqlite3"
    with (
        closing(sqlite3.connect(database.removeprefix("sqlite://"))) as origin,
        closing(sqlite3.connect(there)) as copy,
    ):
        origin.backup(copy)
    return f"sqlite:///{there}"


def test_a_full_disk_refuses_politely_and_forgets_nothing(
    open_house: Open, away: Away, books: Books, disk: Path
) -> None:
    books = replace(books, url=copy_of(books.url, disk))
    outside = open_house(data=disk, DATABASE_URL=books.url)
    number = outside.open_ticket()
    mark = outside.ledger.mark("file")
    outside.reply(number)
    fill(disk)  # in the midst of what follows from the reply
    assert outside.ask("GET", f"/tickets/{number}")[0] == 200
    if connection.vendor == "sqlite":
        refuses_politely(outside)
    else:
        # The mail itself is safe in the database; its file waits for room.
        outside.deliver(with_attachment(mark))
        wait_until(lambda: books.number("SELECT count(*) FROM jobs_job WHERE attempts > 0 AND error <> ''"), "a try")
        assert books.number("SELECT count(*) FROM mail_inboundmail WHERE state = 'RECEIVED'") == 1
    (disk / "filler").unlink()
    outside.deliver(with_attachment(mark))
    outside.ledger.mails.add(mark)
    outside.open_ticket()
    settle(books, hurry=True)
    check(books, outside.ledger, away, repeats=1)


@long_form
@pytest.mark.postgres
def test_a_full_disk_of_the_database_server_refuses_politely_too(
    away: Away, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mounted(OF_A_SERVER) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        with (
            postgres.primary() as server,
            house_of_its_own(tmp_path, server.url, EMAIL_URL=away.url) as (outside, books),
        ):
            fill(disk)
            refused = write_until_refused(outside)
            assert refused == 503
            (disk / "filler").unlink()
            outside.reply(outside.open_ticket())
            outside.send_mail()
            settle(books, hurry=True)
            check(books, outside.ledger, away, repeats=4)


def write_until_refused(outside: Outside) -> int:
    """There is room in the pages that the tables have; then there is none."""
    for number in range(500):
        mark = outside.ledger.mark("small")
        body = {"subject": f"Small {mark}", "contact_id": outside.contact, "description": f"{number} " * 500}
        status, answer = outside.ask("POST", "/tickets", body, key=mark)
        if status != 201:
            return status
        outside.ledger.tickets[mark] = json.loads(answer)["number"]
    return 201


def refuses_politely(outside: Outside) -> None:
    status, answer = outside.ask("POST", "/tickets", {"subject": "No room", "contact_id": outside.contact})
    assert status == 503, answer
    with smtplib.SMTP("127.0.0.1", outside.house.smtp_port) as server, pytest.raises(smtplib.SMTPDataError) as told:
        server.sendmail("sender@customers.example", [SUPPORT], mail("mark-full-00000", "full@customers.example"))
    assert told.value.smtp_code == 451
