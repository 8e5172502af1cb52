"""A house on a database of its own, made by its own commands: where the tests' database would not do."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.house import House, running
from tests.faults.invariants import Books
from tests.faults.traffic import Outside
from tests.house.processes import ROOT, environment


def command(house: House, *arguments: str) -> str:
    line = [sys.executable, "-m", "supportflow", *arguments]
    done = subprocess.run(line, cwd=ROOT, env=environment(**house.values), check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def house_of_its_own(folder: Path, url: str = "", **values: str) -> Iterator[tuple[Outside, Books]]:
    """On SQLite in `folder`, or on the database at `url`, which is empty."""
    if url:
        values["DATABASE_URL"] = url
    with running(folder, **values) as house:
        command(house, "user", "create", "olivia@supportflow.example", "--role", "ADMIN")
        token = re.findall(
            r"sf_\S+", command(house, "token", "create", "--user", "olivia@supportflow.example", "--name", "t")
        )[-1]
        outside = Outside(house, token, 0)
        person: dict[str, Any] = {"first_name": "Sarah", "email": "sarah@acme.example"}
        outside.contact = outside.request("POST", "/contacts", person, key="sarah")["id"]
        yield outside, Books(url or f"sqlite://{folder}/supportflow.sqlite3")
