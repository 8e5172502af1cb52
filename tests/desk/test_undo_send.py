"""A reply can be taken back for ten seconds: until then there is a draft, and nothing else."""

from typing import Any

import pytest
from django.test import Client

from supportflow.accounts.operations import deactivate_user
from supportflow.core.models import Activity
from supportflow.desk.draft_models import Draft
from supportflow.desk.models import Comment, Status, Ticket
from supportflow.desk.operations import create_macro, create_ticket, merge_ticket, set_status, trash_macro, trash_ticket
from supportflow.desk.operations.drafts import keep_draft
from supportflow.desk.tasks import send_reply
from supportflow.jobs.models import Job
from supportflow.jobs.testing import run_due_jobs
from tests.conftest import World

SCRIPT = {"HX-Request": "true"}


def send(client: Client, world: World, **data: Any) -> int:
    form = {"kind": "reply", "body": "Try again.", **data}
    return client.post(f"/tickets/{world.ticket.number}/comments", form, headers=SCRIPT).status_code


def undo(client: Client, draft: Draft) -> str:
    return client.post(f"/tickets/{draft.ticket.number}/drafts/{draft.pk}/undo")["Location"]


def page(client: Client, world: World) -> str:
    return client.get(world.ticket.get_absolute_url()).content.decode()


def replies(world: World) -> list[str]:
    return [comment.body for comment in Comment.objects.filter(author_user=world.john).order_by("pk")]


def test_nothing_exists_before_its_time(browser: Client, world: World) -> None:
    assert send(browser, world, cc="it@acme.example", then="WAITING") == 302
    assert (replies(world), world.actions()) == ([], [])
    assert run_due_jobs() == 0
    html = page(browser, world)
    assert "data-held=" in html
    assert "sent-reply" in html
    assert "unsend-" in html
    run_due_jobs(delayed=True)
    assert replies(world) == ["Try again."]
    assert world.actions()[:2] == ["ticket.replied", "ticket.status_changed"]
    assert world.trail()[0].actor_id == world.john.pk
    assert Comment.objects.latest("pk").cc == ["it@acme.example"]
    assert not Draft.objects.exists()


def test_undo_gives_the_text_back(browser: Client, world: World) -> None:
    send(browser, world, bcc="boss@acme.example")
    draft = Draft.objects.get()
    undo(browser, draft)
    html = page(browser, world)
    assert "back-reply" in html
    assert "Try again." in html
    assert "boss@acme.example" in html
    assert "data-held=" not in html
    run_due_jobs(delayed=True)
    assert (replies(world), Draft.objects.get().send_at) == ([], None)


def test_an_undo_too_late_says_so_and_shows_the_comment(browser: Client, world: World) -> None:
    send(browser, world)
    draft = Draft.objects.get()
    run_due_jobs(delayed=True)
    assert undo(browser, draft).endswith(f"#comment-{Comment.objects.latest('pk').pk}")
    assert "It is too late: this reply went out." in page(browser, world)
    assert replies(world) == ["Try again."]


def test_what_was_written_meanwhile_is_not_lost_by_an_undo(browser: Client, world: World) -> None:
    send(browser, world, cc="a@acme.example")
    keep_draft(world.ticket, "reply", body="And another thing", cc="b@acme.example", by=world.john)
    undo(browser, Draft.objects.held().get())
    draft = Draft.objects.get()
    assert (draft.body, draft.cc) == ("Try again.\n\nAnd another thing", "a@acme.example, b@acme.example")


def test_sent_anew_after_an_undo_it_waits_its_own_time(browser: Client, world: World) -> None:
    send(browser, world)
    draft = Draft.objects.get()
    [first] = Job.objects.filter(task__endswith="send_reply")
    undo(browser, draft)
    send(browser, world, body="Better words")
    send_reply.call(*first.args)
    assert replies(world) == []
    run_due_jobs(delayed=True)
    assert replies(world) == ["Better words"]


def test_a_job_that_runs_twice_sends_once(browser: Client, world: World) -> None:
    send(browser, world)
    [job] = Job.objects.filter(task__endswith="send_reply")
    send_reply.call(*job.args)
    send_reply.call(*job.args)
    assert replies(world) == ["Try again."]


def test_killed_before_the_commit_it_is_still_a_draft(
    browser: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(browser, world)
    [job] = Job.objects.filter(task__endswith="send_reply")

    def killed(self: Draft, *args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Draft, "delete", killed)
        with pytest.raises(KeyboardInterrupt):
            send_reply.call(*job.args)
    assert (replies(world), Draft.objects.held().count()) == ([], 1)
    send_reply.call(*job.args)
    assert replies(world) == ["Try again."]


def trashed(world: World) -> None:
    trash_ticket(world.ticket, by=world.omar)


def settled(world: World) -> None:
    set_status(world.ticket, Status.RESOLVED, by=world.omar)


def hidden(world: World) -> None:
    Ticket.objects.filter(pk=world.ticket.pk).update(team=world.secret)


def merged(world: World) -> None:
    merge_ticket(world.ticket, create_ticket("The same", world.sarah, by=world.omar), by=world.omar)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [(trashed, "trash"), (settled, "cannot go from"), (hidden, "may not see it"), (merged, "merged into")],
)
def test_what_cannot_go_out_is_a_draft_again_with_the_reason(
    browser: Client, world: World, happens: Any, reason: str
) -> None:
    send(browser, world, then="WAITING")
    happens(world)
    before = Activity.objects.count()
    run_due_jobs(delayed=True)
    draft = Draft.objects.get()
    assert (draft.body, draft.send_at) == ("Try again.", None)
    assert reason in draft.problem
    assert Activity.objects.count() == before
    assert reason in browser.get("/drafts").content.decode()
    if happens is not hidden:
        assert "did not go out" in page(browser, world)


def test_the_reply_of_somebody_deactivated_stays_unsent(browser: Client, world: World) -> None:
    send(browser, world)
    deactivate_user(world.john, by=world.olivia)
    run_due_jobs(delayed=True)
    assert replies(world) == []
    assert Draft.objects.get().problem


def test_what_is_wrong_now_is_refused_now(browser: Client, world: World) -> None:
    assert send(browser, world, body=" ") == 422
    assert send(browser, world, cc="nobody") == 422
    assert send(browser, world, bcc="nobody") == 422
    assert send(browser, world, then="CLOSED") == 409
    assert send(browser, world, kept_reply=["999"]) == 422
    trash_ticket(world.ticket, by=world.omar)
    assert send(browser, world) == 409
    assert not Draft.objects.exists()


def test_a_macro_waits_with_the_reply_and_comes_back_with_it(browser: Client, world: World) -> None:
    macro = create_macro("Calm", body="Calm down", changes={"priority": "URGENT"}, by=world.john)
    form = {"macro": macro.pk, "macro_version": macro.version, "change": ["priority"]}
    send(browser, world, **form)
    undo(browser, Draft.objects.get())
    assert f"macros/{macro.pk}?menu=true&amp;again=true&amp;change=priority" in page(browser, world)
    again = browser.get(f"/tickets/{world.ticket.number}/macros/{macro.pk}?menu=true&again=true&change=priority")
    assert b'name="body"' not in again.content
    assert b"checked" in again.content
    send(browser, world, **form)
    run_due_jobs(delayed=True)
    assert Ticket.objects.get(pk=world.ticket.pk).priority == "URGENT"
    send(browser, world, body="Once more", **form)
    trash_macro(macro, by=world.john)
    run_due_jobs(delayed=True)
    assert replies(world) == ["Try again."]
    assert Draft.objects.get().problem


def test_a_note_and_a_form_without_script_are_not_delayed(browser: Client, world: World) -> None:
    send(browser, world, kind="note", body="Careful")
    browser.post(f"/tickets/{world.ticket.number}/comments", {"kind": "reply", "body": "At once"})
    assert replies(world) == ["Careful", "At once"]


def test_zero_seconds_turn_it_off(browser: Client, world: World, settings: Any) -> None:
    settings.UNDO_SEND = 0
    send(browser, world)
    assert replies(world) == ["Try again."]


def test_the_same_form_twice_is_one_reply(browser: Client, world: World) -> None:
    for _round in range(2):
        send(browser, world, once="abcdefghijklmnopqrst")
    assert Draft.objects.count() == 1
    run_due_jobs(delayed=True)
    send(browser, world, once="abcdefghijklmnopqrst")
    run_due_jobs(delayed=True)
    assert replies(world) == ["Try again."]


def test_nobody_takes_back_what_is_somebody_elses(browser: Client, world: World, sign_in: Any) -> None:
    send(browser, world)
    undo(sign_in(world.emma), Draft.objects.get())
    assert Draft.objects.held().count() == 1
