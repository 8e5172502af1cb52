"""Heavy reading goes to a streaming replica that is fit, and to the primary otherwise."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import psycopg
import pytest

from scripts import postgres
from tests.growing.client import Caller
from tests.growing.cluster import Cluster
from tests.growing.programs import web
from tests.house.processes import ROOT, environment
from tests.waiting import until

pytestmark = pytest.mark.services
TABLE = "/data/crm/contact"


@pytest.fixture(scope="module")
def standby(cluster: Cluster) -> Iterator[postgres.Server]:
    with postgres.standby(cluster.primary) as server:
        yield server


def values(cluster: Cluster, standby: postgres.Server) -> dict[str, str]:
    url = standby.url.rpartition("/")[0] + "/supportflow"
    return cluster.values | {"DATABASE_REPLICA_URL": url, "SUPPORTFLOW_REPLICA_LAG": "1"}


@pytest.fixture
def ask(cluster: Cluster, standby: postgres.Server) -> Iterator[Callable[[str], str]]:
    """What a process of SupportFlow answers: "replica 3", and from where it has the number."""
    command = [sys.executable, "-m", "tests.growing.replica_probe"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(**values(cluster, standby)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as probe:
        assert probe.stdin
        assert probe.stdout
        told, answered = probe.stdin, probe.stdout

        def answer(how: str) -> str:
            told.write(how + "\n")
            told.flush()
            return answered.readline().strip()

        yield answer
        told.close()
        assert probe.stderr
        assert "Traceback" not in probe.stderr.read()


def on(server: postgres.Server, statement: str) -> None:
    with psycopg.connect(server.url.rpartition("/")[0] + "/supportflow", autocommit=True) as connection:
        connection.execute(statement)


def test_the_replica_is_used_while_it_is_fit(
    cluster: Cluster, standby: postgres.Server, program: Caller, ask: Callable[[str], str]
) -> None:
    number = cluster.sql("SELECT count(*) FROM crm_contact")[0][0]
    until(lambda: ask("for_reading") == f"replica {number}", "the replica, up to date")
    on(standby, "SELECT pg_wal_replay_pause()")
    assert program.post("/api/contacts", first_name="Lisa", email="lisa@late.example").status == 201
    until(lambda: ask("for_reading") == f"default {number + 1}", "the primary: the replica lags")
    on(standby, "SELECT pg_wal_replay_resume()")
    until(lambda: ask("for_reading") == f"replica {number + 1}", "the replica again")
    assert "is used for heavy reading" in ask("check")
    assert ask("trust").startswith("replica")
    standby.stop()
    assert ask("read") == f"default {number + 1}", "gone between the look and the reading"
    assert "not used (OperationalError)" in ask("check")
    until(lambda: ask("for_reading") == f"default {number + 1}")
    standby.start()
    until(lambda: ask("for_reading") == f"replica {number + 1}", "the replica once more")


def test_data_is_browsed_on_the_replica_and_pages_of_work_on_the_primary(
    cluster: Cluster, standby: postgres.Server, program: Caller, user: Caller
) -> None:
    late = {"SUPPORTFLOW_REPLICA_LAG": "3600"}
    server = web(cluster.folder / "web0", values(cluster, standby) | late)
    server.start()
    try:
        admin = Caller(user.server).sign_in("admin@supportflow.example", cluster.seed["password"]).at(server)
        on(standby, "SELECT pg_wal_replay_pause()")
        made = program.post("/api/contacts", first_name="Rosalind", email="rosalind@new.example")
        assert made.status == 201
        page = admin.get(TABLE)
        assert "replica.used" in server.log
        assert (page.status, "Sarah" in page.text, "Rosalind" in page.text) == (200, True, False), "a little late"
        assert "Rosalind" in user.at(server).get("/contacts").text, "the primary"
        on(standby, "SELECT pg_wal_replay_resume()")
        until(lambda: "Rosalind" in admin.get(TABLE).text)
    finally:
        server.stop()
