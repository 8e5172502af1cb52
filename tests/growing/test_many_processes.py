"""Any process answers anything: nothing is kept in one that another would miss."""

import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.growing.client import Caller
from tests.growing.cluster import POOL, Cluster
from tests.waiting import until

pytestmark = pytest.mark.services


def test_who_signed_in_at_one_process_is_known_to_the_other(cluster: Cluster, user: Caller) -> None:
    assert user.get("/tickets").status == 200
    assert [user.at(web).get("/tickets").status for web in cluster.webs] == [200, 200]
    changed = user.at(cluster.webs[1]).form(
        f"/tickets/{cluster.seed['tickets'][0]}/fields", field="priority", priority="URGENT"
    )
    assert changed.status in {200, 302}
    assert "Urgent" in user.at(cluster.webs[0]).get(f"/tickets/{cluster.seed['tickets'][0]}").text


def test_nginx_hands_on_who_asks_and_what_fits(cluster: Cluster, user: Caller, program: Caller) -> None:
    answers = [user.get("/tickets") for _ in range(12)]
    assert {answer.status for answer in answers} == {200}
    assert all('"path": "/tickets"' in web.log for web in cluster.webs), "both processes got some"
    assert "Strict-Transport-Security" in answers[0].headers
    large = program.ask("POST", "/api/tickets", "x" * 5_000_000, **{"Content-Type": "application/json"})
    assert (large.status, large.json()["code"]) == (413, "too_large"), "ours, in words, not nginx's"
    assert program.get("/metrics").status == 404


def test_a_change_through_one_process_is_told_by_the_other(cluster: Cluster, user: Caller, program: Caller) -> None:
    streams = [user.at(cluster.webs[1]).stream(), user.stream()]
    times = []
    for priority in ("LOW", "HIGH", "LOW"):
        began = time.monotonic()
        changed = program.at(cluster.webs[0]).patch(f"/api/tickets/{cluster.seed['tickets'][1]}", priority=priority)
        assert changed.status == 200, changed.text
        assert [stream.event()["ticket"] for stream in streams] == [int(cluster.seed["tickets"][1][2:])] * 2
        times.append(time.monotonic() - began)
    assert '"by": "Valkey"' in cluster.webs[1].log, "LISTEN is no use behind PgBouncer"
    for stream in streams:
        stream.close()


def test_the_rate_of_a_token_is_one_for_all_processes(cluster: Cluster, program: Caller) -> None:
    if time.time() % 60 > 50:  # counts are those of a minute: not across two
        until(lambda: time.time() % 60 < 50)
    left = [int(program.at(web).get("/api/me").headers["RateLimit-Remaining"]) for web in cluster.webs * 2]
    assert left == [left[0] - n for n in range(4)]


def test_concurrent_load_through_a_small_pool_fails_nobody(cluster: Cluster, user: Caller, program: Caller) -> None:
    """Pages, API reads, changes and exports on four server connections: any setting of a session would show."""
    contact, tickets = cluster.seed["contact"], cluster.seed["tickets"]
    before = cluster.sql("SELECT count(*) FROM desk_ticket")[0][0]

    def visit(number: int) -> list[int]:
        ticket = tickets[number % len(tickets)]
        return [
            user.get("/tickets?sort=-updated_at").status,
            user.get(f"/tickets/{ticket}").status,
            program.get("/api/tickets?include=total&limit=5").status,
            program.post("/api/tickets", subject=f"Load {number}", contact_id=contact).status,
            program.patch(f"/api/tickets/{ticket}", priority=("LOW", "HIGH")[number % 2]).status,
            program.post("/api/comments", ticket=ticket, body="Word.", visibility="INTERNAL").status,
            user.get("/contacts").status,
        ]

    with ThreadPoolExecutor(8) as threads:
        told = Counter(status for statuses in threads.map(visit, range(24)) for status in statuses)
    assert set(told) == {200, 201}, told
    after, different = cluster.sql("SELECT count(*), count(DISTINCT id) FROM desk_ticket")[0]
    assert after == different == before + 24
    left_open = cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE state ~ '^idle in transaction'")
    assert left_open == [(0,)]


def test_each_job_runs_once_on_one_of_two_workers(cluster: Cluster, program: Caller) -> None:
    for _ in range(30):
        made = program.post("/api/comments", ticket=cluster.seed["tickets"][2], body="An answer.", visibility="PUBLIC")
        assert made.status == 201, made.text
    until(
        lambda: cluster.sql("SELECT count(*) FROM jobs_job WHERE status <> 'SUCCESSFUL' AND run_at IS NULL") == [(0,)]
    )
    until(lambda: len(list((cluster.folder / "data" / "outgoing").glob("**/*.eml"))) >= 30)
    started = Counter(
        record["job"]
        for worker in cluster.workers
        for record in records(worker.log)
        if record.get("event") == "job.started"
    )
    assert len(started) > 30
    assert set(started.values()) == {1}
    assert all("job.started" in worker.log for worker in cluster.workers), "both had some"
    assert len(list((cluster.folder / "data" / "outgoing").glob("**/*.eml"))) == 30
    assert '"by": "Valkey"' in cluster.workers[0].log
    assert '"by": "NOTIFY"' in cluster.workers[1].log


def test_two_schedulers_keep_one_rhythm(cluster: Cluster) -> None:
    rows = cluster.sql("SELECT task, count(*) FROM jobs_job WHERE task ~ 'clean_up|forget|purge|refresh' GROUP BY task")
    assert len(rows) >= 4
    assert {count for _, count in rows} == {1}, rows


def test_check_finds_nothing_wrong(cluster: Cluster) -> None:
    told = json.loads(cluster.run("supportflow", "check", "--json"))
    assert ("valkey", "ok") in {(finding["subject"], finding["state"]) for finding in told["findings"]}


def test_pgbouncer_tells_how_its_pool_does(cluster: Cluster, user: Caller) -> None:
    assert user.get("/tickets").status == 200
    url = cluster.values["DATABASE_URL"].rpartition("/")[0] + "/pgbouncer"
    # Its console knows no prepared statements.
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as console:
        pools = console.execute("SHOW POOLS")
        names = [column.name for column in pools.description or ()]
        [ours] = [
            row for row in (dict(zip(names, row, strict=True)) for row in pools) if row["database"] == "supportflow"
        ]
    assert ours["pool_mode"] == "transaction"
    assert int(ours["sv_active"]) + int(ours["sv_idle"]) + int(ours["sv_used"]) <= POOL


def records(log: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.splitlines() if re.match(r"\{.*\}$", line)]
