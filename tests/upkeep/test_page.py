"""What the operators' page shows, to whom, and at what cost."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from supportflow.core.backups import LastBackup, note_failure, note_success
from supportflow.core.models import Activity, Receipt
from supportflow.desk.models import Comment
from supportflow.desk.operations import assign_ticket
from supportflow.jobs.models import Job, Schedule
from supportflow.upkeep.queries import REACT, STATES, rows_in, sort_in
from tests.conftest import World
from tests.upkeep.conftest import RAW, SEND, failed_job, failed_reactions, outgoing, quarantined

PAGE = "/settings/operations"


@pytest.fixture
def beating(db: None) -> None:
    Schedule.objects.update_or_create(name="mail.sweep", defaults={"next_at": timezone.now() + timedelta(seconds=20)})


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_all_is_well(olivia: Client, beating: None) -> None:
    html = text(olivia, PAGE)
    assert "Nothing waits for you" in html
    assert "SupportFlow 0" in html
    for where, states in STATES.items():
        for state in states:
            assert "Nothing waits here" in text(olivia, f"{PAGE}/{where}?state={state}")


def test_the_last_backup_is_told(olivia: Client, beating: None, settings: Any, tmp_path: Path) -> None:
    settings.BACKUPS = tmp_path
    assert "None yet" in text(olivia, PAGE)
    with time_machine.travel(timezone.now() - timedelta(days=3)):
        note_success(LastBackup(verified=True))
    html = text(olivia, PAGE)
    assert "restored for trial" in html
    assert "too old" in html
    note_failure("No space left on <device>")
    html = text(olivia, PAGE)
    assert "The latest try failed:</b> No space left on &lt;device&gt;" in html
    note_success(LastBackup())
    assert "too old" not in text(olivia, PAGE)


def test_what_waits_is_named_and_leads_there(olivia: Client, beating: None) -> None:
    failed_job()
    quarantined()
    html = text(olivia, PAGE)
    assert "Nothing waits for you" not in html
    assert "1 job failed" in html
    assert "1 mail is in quarantine" in html
    assert f'href="{PAGE}/jobs"' in html


def test_a_schedule_that_nobody_looks_at_is_told(olivia: Client) -> None:
    assert "No worker has run yet" in text(olivia, PAGE)
    Schedule.objects.create(name="mail.sweep", next_at=timezone.now() - timedelta(minutes=10))
    assert "No worker has looked at the clock lately" in text(olivia, PAGE)


@pytest.mark.parametrize(
    "path", ["", "/jobs", "/mails", "/reactions", "/outgoing", "/jobs/1", "/mails/1", "/mails/1/raw"]
)
def test_nobody_but_administrators_sees_any_of_it(world: World, sign_in: Any, path: str) -> None:
    assert Client().get(PAGE + path).status_code == 302
    for user in (world.john, world.omar):
        assert sign_in(user).get(PAGE + path).status_code == 403
    assert PAGE.encode() not in sign_in(world.omar).get("/tickets").content
    assert PAGE.encode() in sign_in(world.olivia).get("/tickets").content


def test_a_job_shows_arguments_and_traceback_without_secrets(olivia: Client) -> None:
    job = failed_job("supportflow.accounts.tasks.mail_reset_link", "https://d.example/password/reset/key/1-abc-def")
    assert "hunter2x" not in text(olivia, f"{PAGE}/jobs")
    html = text(olivia, f"{PAGE}/jobs/{job.pk}")
    assert "ConnectionRefusedError: smtp://bot:•••@mail.example:587" in html
    assert "/password/reset/key/•••" in html
    assert "hunter2x" not in html
    assert "5 of 5" in html


def test_jobs_are_filtered_by_state_and_task(olivia: Client) -> None:
    failed_job(SEND, 4711)
    failed_job("supportflow.accounts.tasks.mail_reset_link", "ann@x.example")
    later = timezone.now() + timedelta(hours=1)
    Job.objects.create(task=SEND, args=[815], run_at=later, attempts=2, error="TimeoutError: slow")
    html = text(olivia, f"{PAGE}/jobs?task={SEND}")
    assert "4711" in html
    assert "ann@x.example" not in html
    assert "TimeoutError: slow" in text(olivia, f"{PAGE}/jobs?state=retrying")
    assert olivia.get(f"{PAGE}/jobs?state=lost").status_code == 422
    assert olivia.get(f"{PAGE}/mails?task={SEND}").status_code == 422
    assert olivia.get(f"{PAGE}/teapots").status_code == 404


def test_reactions_name_what_they_follow_from_and_what_is_owed(world: World, olivia: Client, monkeypatch: Any) -> None:
    from supportflow.core import reactions

    def tell_everybody(activity: Activity) -> None:
        raise ValueError

    monkeypatch.setitem(reactions._reactions, "ticket.assigned", [("tests.tell_everybody", tell_everybody)])
    assign_ticket(world.ticket, world.emma, by=world.olivia)
    activity = world.trail()[-1]
    job = failed_reactions(activity.batch_id)
    html = text(olivia, f"{PAGE}/reactions")
    assert f"ticket.assigned {world.ticket.number}" in html
    assert "tests.tell_everybody" in html
    assert "tests.tell_everybody" in text(olivia, f"{PAGE}/jobs/{job.pk}")
    assert "ticket.assigned" not in text(olivia, f"{PAGE}/jobs")
    Receipt.objects.create(activity_id=activity.pk, reaction="tests.tell_everybody")
    assert "Every reaction has its receipt" in text(olivia, f"{PAGE}/jobs/{job.pk}")


@pytest.mark.parametrize("args", [["no batch"], [], [None], [{"a": 1}]])
def test_a_job_with_arguments_that_make_no_sense_shows_them(olivia: Client, args: list[Any]) -> None:
    job = failed_job(REACT, *args)
    assert "A batch that is gone" in text(olivia, f"{PAGE}/reactions")
    text(olivia, f"{PAGE}/jobs/{job.pk}")


def test_a_received_mail_shows_its_source_as_text_and_is_downloaded_as_it_is(olivia: Client) -> None:
    mail = quarantined()
    assert "It cannot be read." in text(olivia, f"{PAGE}/mails")
    html = text(olivia, f"{PAGE}/mails/{mail.pk}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "Hello &amp;amp; \N{REPLACEMENT CHARACTER}" in html
    answer = olivia.get(f"{PAGE}/mails/{mail.pk}/raw")
    assert answer.content == RAW
    assert answer["Content-Type"] == "message/rfc822"
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_of_a_large_mail_the_beginning_is_shown(olivia: Client) -> None:
    mail = quarantined(RAW + b"y" * 200_000)
    html = text(olivia, f"{PAGE}/mails/{mail.pk}")
    assert len(html) < 150_000
    assert "Download the mail for the rest" in html


def test_mails_that_came_back_lead_to_their_comment(world: World, olivia: Client) -> None:
    comment = world.ticket.comments.get()
    Comment.objects.filter(pk=comment.pk).update(delivery_state="BOUNCED", delivery_error="Returned: nobody there")
    html = text(olivia, f"{PAGE}/outgoing?state=bounced")
    assert "Returned: nobody there" in html
    assert f"/tickets/{world.ticket.number}#comment-{comment.pk}" in html


def test_a_page_costs_the_same_for_one_row_and_for_many(olivia: Client, beating: None) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text(olivia, path)
        return len(queries)

    paths = [PAGE, *(f"{PAGE}/{where}?state={state}" for where, states in STATES.items() for state in states)]
    activities = list(Activity.objects.order_by("pk"))
    failed_job(), failed_reactions(activities[0].batch_id), outgoing(), quarantined()
    few = [cost(path) for path in paths]
    Job.objects.bulk_create(
        Job(task=f"supportflow.mail.tasks.{'ab'[n % 2]}", args=[n], status="FAILED", error="E: x") for n in range(1200)
    )
    for number, activity in enumerate(activities[1:]):
        failed_reactions(activity.batch_id)
        outgoing(number=number + 2)
        quarantined(RAW + str(number).encode())
    assert [cost(path) for path in paths] == few
    assert "1,000+" in text(olivia, PAGE)
    assert max(few) <= 22  # session, user, and one bounded count for each tile of the overview


def test_pages_follow_each_other_without_a_gap(olivia: Client) -> None:
    for number in range(120):
        failed_job(SEND, f"mail-{number:03}")
    seen: list[str] = []
    path = f"{PAGE}/jobs"
    while path:
        html = text(olivia, path)
        seen += re.findall(r">&#34;(mail-\d{3})", html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"mail-{number:03}" for number in reversed(range(120))]


@pytest.mark.parametrize(("where", "state"), [(where, state) for where, states in STATES.items() for state in states])
def test_no_list_reads_a_whole_table(db: None, where: str, state: str) -> None:
    sort, _column = sort_in(where, state)
    rows = rows_in(where, state).order_by(sort)[:51]
    plan = rows.explain().splitlines()[0]
    assert connection.vendor == "postgresql" or " INDEX " in plan, plan
