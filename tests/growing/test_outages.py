"""What everything stands on goes away and comes back: errors that say so meanwhile, and nobody restarts SupportFlow."""

import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.growing.client import Answer, Caller
from tests.growing.cluster import Cluster
from tests.growing.test_many_processes import records
from tests.waiting import until

pytestmark = pytest.mark.services
LONGEST = 20.0  # seconds that any request may take, outage or not


@contextmanager
def asking(*questions: tuple[Caller, str]) -> Iterator[list[Answer]]:
    """Somebody goes on asking each of these meanwhile."""
    answers: list[Answer] = []
    stop = threading.Event()

    def ask(caller: Caller, path: str) -> None:
        while not stop.wait(0.02):
            answers.append(caller.get(path))

    threads = [threading.Thread(target=ask, args=question) for question in questions]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def works(caller: Caller, path: str) -> bool:
    return caller.get(path).status == 200


def the_same_processes(cluster: Cluster) -> list[int]:
    return [server.process.pid for server in (*cluster.webs, *cluster.workers) if server.process]


def assert_works_again(cluster: Cluster, user: Caller, program: Caller) -> None:
    """Pages, API and jobs, at each process."""
    until(lambda: all(works(user.at(web), "/tickets") and works(program.at(web), "/api/me") for web in cluster.webs))
    made = program.post("/api/comments", ticket=cluster.seed["tickets"][3], body="Again.", visibility="PUBLIC")
    assert made.status == 201, made.text
    sent = "SELECT delivery_state FROM desk_comment WHERE id = %s"
    until(lambda: cluster.sql(sent, made.json()["id"]) == [("SENT",)], "the worker")


def test_without_valkey_all_goes_on_and_it_is_used_again(cluster: Cluster, user: Caller, program: Caller) -> None:
    ticket, number = cluster.seed["tickets"][4], int(cluster.seed["tickets"][4][2:])
    stream = user.at(cluster.webs[1]).stream()
    with asking((user, "/tickets"), (program, "/api/me")) as answers:
        until(lambda: len(answers) > 5)
        cluster.redis.kill()
        until(lambda: all("valkey.gone" in web.log for web in cluster.webs))
        began = time.monotonic()
        assert program.at(cluster.webs[0]).patch(f"/api/tickets/{ticket}", priority="URGENT").status == 200
        assert stream.event()["ticket"] == number
        took = time.monotonic() - began
        assert program.get("/api/me").headers["RateLimit-Remaining"], "each process counts for itself"
        Caller(user.server).sign_in(cluster.seed["emails"][1], cluster.seed["password"])
        cluster.redis.start()
        until(lambda: all("valkey.back" in web.log for web in cluster.webs))
    assert {answer.status for answer in answers} == {200}
    assert took < 3, "polled twice a second, after half a second of patience with what is gone"
    gone = [record for web in cluster.webs for record in records(web.log) if record.get("event") == "valkey.gone"]
    assert len(gone) <= 2 * len(cluster.webs), "told when it begins, not for each request"
    until(lambda: cluster.webs[1].log.count('"by": "Valkey"') > 1, "the subscription")
    assert program.at(cluster.webs[0]).patch(f"/api/tickets/{ticket}", priority="LOW").status == 200
    assert stream.event()["ticket"] == number
    stream.close()


@pytest.mark.parametrize("how", ["stops", "crashes"])
def test_postgresql_restarts_and_nothing_else_needs_to(
    cluster: Cluster, user: Caller, program: Caller, how: str
) -> None:
    processes = the_same_processes(cluster)
    stream = user.at(cluster.webs[1]).stream()
    with asking((user, "/tickets"), (user, "/contacts"), (program, "/api/tickets")) as answers:
        until(lambda: len(answers) > 10)
        cluster.primary.stop(signal.SIGINT if how == "stops" else signal.SIGQUIT)
        until(lambda: answers[-1].status == 503)
        api, page = program.get("/api/tickets"), user.get("/tickets")
        cluster.primary.start()
        assert_works_again(cluster, user, program)
    assert (api.status, api.json()["code"], api.headers["Retry-After"]) == (503, "unavailable", "5")
    assert api.headers["Content-Type"] == "application/problem+json"
    assert page.status == 503
    assert "does not answer at this moment" in page.text
    assert set(Counter(answer.status for answer in answers)) == {200, 503}
    assert max(answer.took for answer in answers) < LONGEST
    assert stream.event() == {"reset": True}, "nobody knows what was missed"
    assert the_same_processes(cluster) == processes
    stream.close()


def test_pgbouncer_restarts_and_nothing_else_needs_to(cluster: Cluster, user: Caller, program: Caller) -> None:
    processes = the_same_processes(cluster)
    with asking((user, "/tickets"), (program, "/api/tickets")) as answers:
        until(lambda: len(answers) > 10)
        cluster.pgbouncer.stop()
        until(lambda: answers[-1].status == 503)
        cluster.pgbouncer.start()
        assert_works_again(cluster, user, program)
    assert set(Counter(answer.status for answer in answers)) == {200, 503}
    assert max(answer.took for answer in answers) < LONGEST
    assert the_same_processes(cluster) == processes


def test_a_web_process_that_restarts_is_not_noticed(cluster: Cluster, user: Caller, program: Caller) -> None:
    with asking((user, "/tickets"), (program, "/api/tickets")) as answers:
        until(lambda: len(answers) > 10)
        cluster.webs[0].stop()
        seen = len(answers)
        until(lambda: len(answers) > seen + 10)
        cluster.webs[0].start()
        seen = len(answers)
        until(lambda: len(answers) > seen + 10)
    assert {answer.status for answer in answers} == {200}


def test_a_database_that_hangs_holds_nobody_for_long(cluster: Cluster, program: Caller) -> None:
    """PgBouncer stands still, as a host that went without a word: connecting to it has an end."""
    assert cluster.pgbouncer.process
    cluster.pgbouncer.stop()
    with socket.create_server(("127.0.0.1", cluster.pgbouncer.port), backlog=64), ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda web: program.at(web).get("/api/me"), cluster.webs))
    cluster.pgbouncer.start()
    assert [answer.status for answer in answers] == [503, 503]
    assert max(answer.took for answer in answers) < LONGEST
    until(lambda: all(works(program.at(web), "/api/me") for web in cluster.webs))
