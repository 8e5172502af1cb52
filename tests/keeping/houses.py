"""Data folders of their own, each with a database of its own, worked on by the commands that people use."""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.db import connection

from tests.house.processes import ROOT, environment


@dataclass
class Done:
    code: int
    out: str
    error: str  # the last line on stderr


@dataclass
class House:
    folder: Path
    url: str = ""  # of its PostgreSQL database; empty: SQLite in the folder
    values: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "supportflow.sqlite3"

    def environment(self, **values: str) -> dict[str, str]:
        own = {"SUPPORTFLOW_DATA": str(self.folder), **({"DATABASE_URL": self.url} if self.url else {})}
        return environment(**own, **self.values, **values)

    def run(self, *arguments: str | Path, module: str = "supportflow", **values: str) -> Done:
        line = [sys.executable, "-m", module, *map(str, arguments)]
        done = subprocess.run(
            line, cwd=ROOT, env=self.environment(**values), check=False, capture_output=True, text=True, timeout=120
        )
        return Done(done.returncode, done.stdout, (done.stderr.strip().splitlines() or [""])[-1])

    def must(self, *arguments: str | Path, module: str = "supportflow", **values: str) -> str:
        done = self.run(*arguments, module=module, **values)
        assert done.code == 0, done
        return done.out

    def start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        line = [sys.executable, "-m", module, *arguments]
        return subprocess.Popen(
            line, cwd=ROOT, env=self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        if self.url:
            with psycopg.connect(self.url) as server:
                return server.execute(sql.encode()).fetchall()
        with closing(sqlite3.connect(self.file)) as file:
            return file.execute(sql).fetchall()

    def tables(self) -> list[str]:
        if self.url:
            return [
                name for [name] in self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            ]
        return [name for [name] in self.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]

    def rows(self) -> dict[str, Any]:
        """Everything that is in the database, tables and all; not when its tables were made."""
        names = [name for name in self.tables() if name != "cache"]
        wanted = {"django_migrations": "app, name"}
        found = {name: sorted(map(repr, self.ask(f'SELECT {wanted.get(name, "*")} FROM "{name}"'))) for name in names}
        columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        schema = self.ask(columns if self.url else "SELECT sql FROM sqlite_master")
        return found | {"schema": sorted(map(repr, schema))}

    def files(self) -> dict[str, str]:
        """The attachments, by name, with the SHA-256 of their bytes."""
        found = sorted((self.folder / "files" / "attachments").glob("*/*"))
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Empty, on the kind of database that this run is about."""
    folder.mkdir(parents=True, exist_ok=True)
    if connection.vendor == "sqlite":
        yield House(folder)
        return
    with database() as url:
        yield House(folder, url)


@contextmanager
def database(template: str = "template0") -> Iterator[str]:
    """An empty one on the server of this run."""
    told, name = connection.settings_dict, f"keeping_{uuid4().hex[:12]}"
    server = f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        try:
            yield f"{server}/{name}"
        finally:
            maintenance.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
