"""Retry and discard: what they do, that they leave a trail, and that doing them twice does no harm."""

from functools import partial
from typing import Any

import pytest
from django.test import Client

from supportflow.accounts.models import User
from supportflow.core.errors import Forbidden
from supportflow.core.models import Activity
from supportflow.desk.models import Ticket
from supportflow.jobs.models import FAILED, READY, Job
from supportflow.jobs.testing import run_due_jobs
from supportflow.upkeep import operations
from supportflow.upkeep.operations import act_on, act_on_all, discard_job, retry_job
from tests.conftest import World, make_world
from tests.together import together
from tests.upkeep.conftest import RAW, SEND, failed_job, failed_reactions, outgoing, quarantined

PAGE = "/settings/operations"


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.wsgi_request._messages]


def test_a_failed_job_is_tried_again_and_the_trail_says_who_did_it(world: World, olivia: Client) -> None:
    job = failed_job(SEND, 1)
    answer = olivia.post(f"{PAGE}/jobs/retry", {"row": job.pk})
    assert answer.status_code == 302
    assert said(answer) == ["1 is tried again"]
    job.refresh_from_db()
    assert (job.status, job.attempts) == (READY, 0)
    (activity,) = world.trail()
    assert (activity.action, activity.subject_id, activity.actor_id) == ("job.retried", job.pk, world.olivia.pk)
    assert activity.metadata == {"task": SEND}


def test_a_discarded_job_is_gone_and_the_trail_keeps_what_it_was(world: World, olivia: Client) -> None:
    job = failed_job(SEND, "sf_0123456789abcdef")
    olivia.post(f"{PAGE}/jobs/discard", {"row": job.pk})
    assert not Job.objects.filter(pk=job.pk).exists()
    (activity,) = world.trail()
    assert activity.action == "job.discarded"
    assert activity.metadata["task"] == SEND
    assert activity.metadata["reason"].startswith("ConnectionRefusedError")
    assert "hunter2x" not in str(activity.metadata)
    assert "0123456789abcdef" not in str(activity.metadata)


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_a_second_press_changes_nothing_and_says_so(world: World, olivia: Client, sign_in: Any, act: str) -> None:
    job = failed_job()
    colleague = sign_in(world.olivia)
    olivia.post(f"{PAGE}/jobs/{act}", {"row": job.pk})
    answer = colleague.post(f"{PAGE}/jobs/{act}", {"row": job.pk})
    assert answer.status_code == 302
    assert said(answer) == ["Nothing left to do: somebody has seen to it already"]
    assert len(world.trail()) == 1


def test_only_what_is_ticked_is_touched_and_only_what_failed(world: World, olivia: Client) -> None:
    first, second, waiting = failed_job(), failed_job(), Job.objects.create(task=SEND, args=[3])
    olivia.post(f"{PAGE}/jobs/discard", {"row": [first.pk, waiting.pk]})
    assert set(Job.objects.values_list("pk", flat=True)) == {second.pk, waiting.pk}
    assert said(olivia.post(f"{PAGE}/jobs/discard"))[-1] == "Nothing is selected. Tick the rows first."


def test_all_of_a_task_are_touched_and_no_others(world: World, olivia: Client) -> None:
    for _number in range(3):
        failed_job(SEND)
    other, reactions = failed_job("supportflow.core.tasks.forget_kept_answers"), failed_reactions("a batch")
    answer = olivia.post(f"{PAGE}/jobs/retry", {"all": "true", "task": SEND})
    assert said(answer) == ["3 are tried again"]
    assert answer["Location"] == f"{PAGE}/jobs?task={SEND}"
    assert set(Job.objects.filter(status=FAILED).values_list("pk", flat=True)) == {other.pk, reactions.pk}
    assert world.actions() == ["job.retried"] * 3
    assert len({activity.batch_id for activity in world.trail()}) == 1
    olivia.post(f"{PAGE}/reactions/retry", {"all": "true"})
    assert Job.objects.get(status=FAILED) == other


def test_very_many_are_worked_through_in_the_background(world: World, olivia: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(operations, "AT_ONCE", 10)
    for number in range(35):
        failed_job("supportflow.core.tasks.react_to_nothing", number)
    olivia.post(f"{PAGE}/jobs/discard", {"all": "true"})
    assert Job.objects.filter(status=FAILED).count() == 25
    run_due_jobs()
    assert not Job.objects.filter(status=FAILED).exists()
    assert world.actions() == ["job.discarded"] * 35
    assert {activity.actor_id for activity in world.trail()} == {world.olivia.pk}


def test_what_fails_again_meanwhile_is_not_taken_twice(world: World) -> None:
    old, new = failed_job(SEND, 1), failed_job(SEND, 2)
    assert act_on_all("jobs", "retry", before=new.pk, by=world.olivia) == 1
    old.refresh_from_db()
    assert old.status == READY


def test_a_unique_job_that_waits_already_stands_for_the_failed_one(world: World) -> None:
    from supportflow.core.tasks import forget_kept_answers

    job = failed_job(forget_kept_answers.module_path)
    act_on("jobs", "retry", [job.pk], by=world.olivia)
    assert world.actions() == ["job.retried"]


def test_a_failed_mail_is_sent_again(world: World, olivia: Client) -> None:
    mail, other = outgoing(number=1), outgoing(number=2)
    olivia.post(f"{PAGE}/outgoing/retry", {"row": mail.pk})
    mail.refresh_from_db()
    other.refresh_from_db()
    assert (mail.state, other.state) == ("QUEUED", "FAILED")
    assert world.actions() == ["mail.retried"]


def test_a_mail_in_quarantine_is_read_again(world: World, olivia: Client) -> None:
    mail = quarantined(b"From: Ann <ann@customer.example>\r\nSubject: Now it can be read\r\n\r\nHello\r\n")
    assert olivia.get(f"{PAGE}/mails/{mail.pk}").content.count(b"Retry") == 1
    olivia.post(f"{PAGE}/mails/retry", {"row": mail.pk})
    olivia.post(f"{PAGE}/mails/retry", {"row": mail.pk})
    run_due_jobs()
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("DONE", 1)
    assert Ticket.objects.get(pk=mail.ticket_id or 0).subject == "Now it can be read"
    assert world.actions()[0] == "mail.released"
    assert world.actions().count("ticket.created") == 1


def test_a_mail_that_still_cannot_be_read_comes_back_with_its_reason(world: World, olivia: Client) -> None:
    mail = quarantined(b"no header at all")
    olivia.post(f"{PAGE}/mails/retry", {"all": "true"})
    run_due_jobs()
    mail.refresh_from_db()
    assert mail.state == "QUARANTINED"
    assert world.actions() == ["mail.released", "mail.quarantined"]


@pytest.mark.parametrize("where", ["mails", "outgoing"])
def test_a_mail_is_discarded_once_and_its_row_stays(world: World, olivia: Client, where: str) -> None:
    mail = quarantined() if where == "mails" else outgoing()
    for _press in range(2):
        olivia.post(f"{PAGE}/{where}/discard", {"row": mail.pk})
    mail.refresh_from_db()
    assert mail.state == ("DISCARDED" if where == "mails" else "CANCELLED")
    assert mail.settled_at is not None
    (activity,) = world.trail()
    assert activity.action == ("mail.discarded" if where == "mails" else "mail.cancelled")
    assert activity.metadata["reason"] == ("It cannot be read." if where == "mails" else "550 no such user")
    assert activity.actor_id == world.olivia.pk
    if where == "mails":
        assert bytes(mail.raw.content) == RAW  # type: ignore[union-attr]


def test_nobody_but_administrators_may(world: World, sign_in: Any) -> None:
    job = failed_job()
    for user in (world.john, world.omar):
        assert sign_in(user).post(f"{PAGE}/jobs/discard", {"row": job.pk}).status_code == 403
        with pytest.raises(Forbidden):
            retry_job(job, by=user)
        with pytest.raises(Forbidden):
            discard_job(job, by=user)
        with pytest.raises(Forbidden):
            act_on_all("jobs", "discard", by=user)
    assert Client().post(f"{PAGE}/jobs/discard", {"row": job.pk}).status_code == 302
    assert Job.objects.filter(status=FAILED).count() == 1
    assert not world.trail()


def test_who_lost_the_right_meanwhile_does_no_more_in_the_background(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(operations, "AT_ONCE", 1)
    failed_job(), failed_job()
    act_on_all("jobs", "discard", by=world.olivia)
    User.objects.filter(pk=world.olivia.pk).update(role="AGENT")
    run_due_jobs()
    assert Job.objects.filter(status=FAILED, task=SEND).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_the_same_moment_do_each_thing_once() -> None:
    world = make_world()
    keys = [failed_job(SEND, number).pk for number in range(20)]
    done = together(
        *(partial(act_on, "jobs", act, keys, by=world.olivia) for act in ("retry", "discard", "retry", "discard"))
    )
    assert sum(done) == 20, done
    assert len([action for action in world.actions() if action.startswith("job.")]) == 20


@pytest.mark.parametrize(
    ("path", "status"),
    [("jobs/explode", 404), ("teapots/retry", 404), ("outgoing/burn", 404), ("jobs/__class__", 404)],
)
def test_what_cannot_be_done_is_not_there(olivia: Client, path: str, status: int) -> None:
    assert olivia.post(f"{PAGE}/{path}", {"all": "true"}).status_code == status


def test_nonsense_is_refused_in_words(olivia: Client) -> None:
    failed_job()
    for row in ("x", "-1", "99999999999999999999", "1; DROP TABLE"):
        assert olivia.post(f"{PAGE}/jobs/discard", {"row": row}).status_code == 422
    assert olivia.get(f"{PAGE}/jobs/discard").status_code == 405
    assert olivia.get(f"{PAGE}/jobs?cursor=forged").status_code == 422
    assert Job.objects.count() == 1
    assert not Activity.objects.filter(action="job.discarded").exists()
