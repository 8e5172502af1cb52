"""What nothing of ours could be faster than: the bare SQL of a list and of a ticket, and a bare answer."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from supportflow.bench import timing
from supportflow.bench.browser import Caller
from supportflow.bench.places import some_ticket
from supportflow.ports import Address, listen

LIST = """
    SELECT t.id, t.subject, t.status, t.priority, t.due_at, t.updated_at, c.first_name, c.last_name, o.name, u.name
    FROM (
        SELECT * FROM desk_ticket
        WHERE deleted_at IS NULL AND resolved_at IS NULL AND closed_at IS NULL
        ORDER BY updated_at DESC, id DESC LIMIT 50
    ) t
    JOIN crm_contact c ON c.id = t.contact_id
    LEFT JOIN crm_company o ON o.id = t.company_id
    LEFT JOIN accounts_user u ON u.id = t.assignee_id
    ORDER BY t.updated_at DESC, t.id DESC
"""
TICKET = """
    SELECT m.id, m.body_html, m.created_at, m.visibility, u.name, c.first_name, c.last_name
    FROM desk_comment m
    LEFT JOIN accounts_user u ON u.id = m.author_user_id
    LEFT JOIN crm_contact c ON c.id = m.author_contact_id
    WHERE m.ticket_id = %s ORDER BY m.id DESC LIMIT 200
"""


def measure(seconds: float, size: int) -> dict[str, timing.Figure]:
    """`size` -- bytes of the page of the list on the wire"""
    number = int(some_ticket().rpartition("-")[2])
    found = {
        "SQL of 50 open tickets": timing.measure(lambda: _sql(LIST), seconds),
        "SQL of a conversation": timing.measure(lambda: _sql(TICKET, number), seconds),
    }
    with _bare(size) as port:
        caller = Caller(port)
        found[f"a bare answer of {size} bytes"] = timing.measure(caller.getting("/"), seconds)
    return found


def _sql(statement: str, *values: int) -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.fetchall()
    return time.perf_counter() - began


@contextmanager
def _bare(size: int) -> Iterator[int]:
    with listen("127.0.0.1", 0) as listening:
        port: int = listening.getsockname()[1]
        fd = listening.fileno()
        command = [sys.executable, "-m", "supportflow.bench.bare", str(fd), str(size)]
        process = subprocess.Popen(command, pass_fds=[fd], env=dict(os.environ), stdin=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 30
            while not Address("127.0.0.1", port).answers() and time.monotonic() < end:
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(10)
