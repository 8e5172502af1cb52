"""An installation that has grown: two web and two worker processes, nginx, PgBouncer, Redis, PostgreSQL."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from scripts import postgres
from tests.growing.programs import Program, nginx, pgbouncer, redis_server, supportflow, web
from tests.house.processes import ROOT, environment

POOL = 4  # server connections for everybody: more clients than that wait in each moment of the load
SECRET = "a secret key of the tests that is long enough"


@dataclass
class Cluster:
    folder: Path
    primary: postgres.Server
    pgbouncer: Program
    redis: Program
    webs: list[Program] = field(default_factory=list)
    workers: list[Program] = field(default_factory=list)
    nginx: Program | None = None
    values: dict[str, str] = field(default_factory=dict)
    seed: dict[str, Any] = field(default_factory=dict)

    @property
    def direct_url(self) -> str:
        return self.primary.url.rpartition("/")[0] + "/supportflow"

    def sql(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """Past all of it, straight from the database."""
        with psycopg.connect(self.direct_url, autocommit=True) as connection:
            found = connection.execute(question, values)
            return found.fetchall() if found.description else []

    def run(self, *arguments: str) -> str:
        """A Python module in the environment of the cluster."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=environment(**self.values),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


@contextmanager
def running_cluster(
    folder: Path, *, pool: int = POOL, workers: int = 2, seed: Sequence[str] = (), **more: str
) -> Iterator[Cluster]:
    with ExitStack() as ending:

        def started(program: Program) -> Program:
            program.folder.mkdir(exist_ok=True)
            program.start()
            ending.callback(program.stop)
            return program

        primary = ending.enter_context(postgres.primary())
        redis = started(redis_server(made(folder / "redis")))
        bouncer = started(
            pgbouncer(ending.enter_context(postgres.folder_of_its_own()), primary, database_of(primary), pool)
        )
        cluster = Cluster(folder, primary, bouncer, redis)
        cluster.values = {
            "SUPPORTFLOW_DATA": str(made(folder / "data")),
            "SUPPORTFLOW_SECRET_KEY": SECRET,
            "DATABASE_URL": f"postgres://{postgres.USER}:{primary.password}@127.0.0.1:{bouncer.port}/supportflow",
            "VALKEY_URL": f"valkey://127.0.0.1:{redis.port}/0",
            "SMTP_LISTEN": "",
            "LOG_FORMAT": "json",
            "SUPPORTFLOW_PROXIES": "1",
            **more,
        }
        cluster.run("supportflow", "migrate")
        cluster.seed = json.loads(cluster.run("tests.growing.seed", *seed))
        for number in range(2):
            cluster.webs.append(web(made(folder / f"web{number}"), cluster.values))
        cluster.nginx = nginx(made(folder / "nginx"), cluster.webs)
        cluster.values["SUPPORTFLOW_BASE_URL"] = f"https://localhost:{cluster.nginx.port}"
        for server in (*cluster.webs, cluster.nginx):
            started(server)
        for number in range(workers):
            # One is told by Valkey, one by LISTEN past PgBouncer.
            values = cluster.values | ({"DATABASE_DIRECT_URL": cluster.direct_url} if number else {})
            cluster.workers.append(started(supportflow(["worker"], made(folder / f"worker{number}"), values)))
        yield cluster


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def database_of(primary: postgres.Server) -> str:
    """Make the database; the line for PgBouncer's auth_file, by the query that its configuration names."""
    with psycopg.connect(primary.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE supportflow")
        found = connection.execute(
            """SELECT concat('"', rolname, '" "', rolpassword, '"') FROM pg_authid WHERE rolname = 'supportflow'"""
        ).fetchone()
    assert found
    return str(found[0])
