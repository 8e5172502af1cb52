"""/metrics: who may read it, what it tells, what it costs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from supportflow import gauges, traffic
from supportflow.accounts.operations import create_token
from supportflow.core import clock
from supportflow.jobs import signs
from supportflow.jobs.models import FAILED, Job
from supportflow.mail.models import InboundMail, OutgoingMail
from tests.conftest import BY, World

TOKEN = "a-token-for-prometheus"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    gauges._kept.forget()


def figures(client: Client, **headers: str) -> dict[str, float]:
    """Sample with its labels → value."""
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        sample.name + "".join(f",{name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_it_is_for_this_machine_alone_unless_a_token_is_set(world: World, client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 401
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401, "through a proxy"
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert (
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, REMOTE_ADDR="192.0.2.7").status_code == 200
    )


def test_an_administrators_api_token_opens_it_and_an_agents_does_not(world: World, client: Client) -> None:
    for user, status in ((world.olivia, 200), (world.omar, 401), (world.john, 401)):
        _token, text = create_token(user, "prometheus", by=BY)
        told = client.get("/metrics", headers={"Authorization": f"Bearer {text}"}, REMOTE_ADDR="192.0.2.7")
        assert told.status_code == status


def test_it_tells_how_everything_stands(world: World, client: Client) -> None:
    ago = clock.now() - timedelta(seconds=100)
    Job.objects.create(task="supportflow.core.tasks.react", created_at=ago)
    Job.objects.create(task="x", status=FAILED)
    for number, state in enumerate(("RECEIVED", "QUARANTINED", "DONE")):
        InboundMail.objects.create(sha256=str(number), size=1, source="smtp", state=state, received_at=ago)
    OutgoingMail.objects.create(message_id="1", sender="a@b.example", created_at=ago)
    OutgoingMail.objects.create(message_id="2", sender="a@b.example", state="FAILED")
    signs.note("supportflow.mail.tasks.sweep", 0.5, failed=True)
    signs.give("place/42/1/abc", 4)
    client.get("/healthz")
    told = figures(client)
    assert told["supportflow_jobs,state=ready"] == told["supportflow_reactions,state=ready"] == 1
    assert (told["supportflow_jobs,state=failed"], told["supportflow_reactions,state=failed"]) == (1, 0)
    for name in ("jobs", "mail_in", "mail_out"):
        assert 99 < told[f"supportflow_{name}_oldest_waiting_seconds"] < 160
    assert told["supportflow_mail_in_quarantine"] == told["supportflow_mail_out_failed"] == 1
    assert told["supportflow_mail_in_recent,state=done"] == 1
    assert told["supportflow_mail_in_total"] >= 3
    assert told["supportflow_workers"] == 1
    (runs,) = [
        value for name, value in told.items() if name.startswith("supportflow_job_failures_total,task=mail.tasks.sw")
    ]
    assert runs >= 1
    assert told["supportflow_database_up"] == 1
    assert told["supportflow_database_bytes"] > 0
    assert told["supportflow_disk_free_bytes,place=data"] > 0
    assert told["supportflow_http_requests_total,method=GET,process=0,route=healthz,status=2xx"] >= 1
    assert told["supportflow_http_request_seconds_bucket,le=+Inf,process=0,route=healthz"] >= 1
    assert told["supportflow_live_streams,process=0"] == 0
    assert told["process_resident_memory_bytes,process=0"] > 10_000_000


def test_what_is_asked_for_makes_no_labels(world: World, client: Client) -> None:
    before = len(figures(client))
    for number in range(50):
        client.generic("BREW", f"/coffee/{number}")
        client.get(f"/tickets/T-{number + 1000}")
    gauges._kept.forget()
    assert len(figures(client)) - before < 40


def test_a_scrape_costs_a_bounded_number_of_queries_and_the_next_none(
    world: World, client: Client, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20):
        figures(client)
    with django_assert_num_queries(0):
        figures(client)


def test_it_answers_while_the_database_does_not(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(gauges, "jobs", refuse)
    told = figures(client)
    assert told["supportflow_database_up"] == 0
    assert "supportflow_workers" not in told


def test_one_process_tells_of_all_that_share_its_board(tmp_path: Path) -> None:
    board = traffic.Board()
    board.share(2)
    board.take(1)
    traffic.count("GET", "here", 200, 0.1)
    board.write()
    board.take(0)
    told = {
        tuple(sorted(sample.labels.items())): sample.value
        for family in board.read()
        for sample in family.samples
        if sample.name == "supportflow_http_requests_total" and sample.labels["route"] == "here"
    }
    assert sorted(dict(labels)["process"] for labels in told) == ["0", "1"]
