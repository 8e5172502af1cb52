"""What follows from an Activity follows exactly once, and one failure stops nothing else."""

import time
from collections.abc import Callable

import pytest

from supportflow.core import reactions
from supportflow.core.door import MAX_DEPTH
from supportflow.core.models import Activity, Receipt
from supportflow.core.reactions import run_reactions, waive_reactions
from supportflow.desk.operations import assign_ticket, set_status, update_ticket
from supportflow.jobs.models import FAILED, Job
from supportflow.jobs.testing import run_due_jobs
from supportflow.tags.models import Tag
from tests.conftest import BY, World
from tests.together import together

On = Callable[..., None]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> On:
    """Registers reactions for one test."""

    def register(action: str, *functions: reactions.Reaction) -> None:
        monkeypatch.setitem(reactions._reactions, action, [(f"tests.{f.__name__}", f) for f in functions])

    return register


def mark(activity: Activity) -> None:
    """An effect in the database: one tag for each time this ran."""
    Tag.objects.create(name="mark", key=f"{activity.pk}-{Tag.objects.count()}", color="#000000")


def fail(activity: Activity) -> None:
    mark(activity)
    raise ValueError("no luck today")


def assigned(world: World) -> Activity:
    assign_ticket(world.ticket, world.john, by=world.omar)
    return world.trail()[-1]


def test_the_worker_runs_what_was_registered(world: World, on: On) -> None:
    on("ticket.assigned", mark)
    assigned(world)
    assert run_due_jobs() == 1
    assert (Tag.objects.count(), Receipt.objects.get().reaction) == (1, "tests.mark")


def test_a_batch_that_runs_twice_has_its_effects_once(world: World, on: On) -> None:
    on("ticket.assigned", mark)
    batch = assigned(world).batch_id
    for _again in range(3):
        run_reactions(batch)
    assert Tag.objects.count() == Receipt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_moment_have_the_effects_once(world: World, on: On) -> None:
    def slowly(activity: Activity) -> None:
        time.sleep(0.2)  # both workers have asked for the receipt by now
        mark(activity)

    on("ticket.assigned", slowly, mark)
    batch = assigned(world).batch_id
    assert together(*[lambda: run_reactions(batch)] * 3) == [None] * 3
    assert Tag.objects.count() == Receipt.objects.count() == 2


def test_a_failing_reaction_leaves_nothing_and_blocks_nobody(world: World, on: On) -> None:
    on("ticket.assigned", fail, mark)
    batch = assigned(world).batch_id
    with pytest.raises(ExceptionGroup, match=str(batch)) as failure:
        run_reactions(batch)
    assert [str(error) for error in failure.value.exceptions] == ["no luck today"]
    assert [receipt.reaction for receipt in Receipt.objects.all()] == ["tests.mark"]
    assert Tag.objects.count() == 1


def test_a_retry_runs_what_is_still_owed_alone(world: World, on: On) -> None:
    luck = iter([False, False, True])

    def try_again(activity: Activity) -> None:
        if not next(luck):
            raise ValueError("no luck today")

    on("ticket.assigned", try_again, mark)
    assigned(world)
    assert run_due_jobs(delayed=True) == 3
    assert (Tag.objects.count(), Receipt.objects.count()) == (1, 2)


def test_after_ten_tries_it_stands_where_operators_look(world: World, on: On) -> None:
    on("ticket.assigned", fail, mark)
    assigned(world)
    assert run_due_jobs(delayed=True) == 10
    job = Job.objects.get()
    assert (job.status, job.attempts) == (FAILED, 10)
    assert "no luck today" in job.error
    assert Tag.objects.count() == 1


def test_what_a_reaction_does_names_its_cause(world: World, on: On) -> None:
    def begin(activity: Activity) -> None:
        set_status(world.ticket, "IN_PROGRESS", by=BY)

    on("ticket.assigned", begin)
    on("ticket.status_changed", mark)
    assigned(world)
    run_due_jobs()
    cause, effect = world.trail()
    assert (cause.cause_id, cause.depth) == (None, 0)
    assert (effect.action, effect.cause_id, effect.depth) == ("ticket.status_changed", cause.pk, 1)
    assert effect.actor == {"type": "system", "id": None, "name": "SupportFlow (test)"}
    assert Tag.objects.count() == 1


def test_a_storm_dies_down_and_is_seen(world: World, on: On) -> None:
    def rename(activity: Activity) -> None:
        update_ticket(world.ticket, subject=f"after {activity.pk}", by=BY)

    on("ticket.updated", rename)
    update_ticket(world.ticket, subject="first", by=world.john)
    run_due_jobs(delayed=True)
    assert [activity.depth for activity in world.trail()] == list(range(MAX_DEPTH + 1))
    assert "automation stops here" in Job.objects.get(status=FAILED).error


def test_a_refusal_in_a_reaction_takes_its_receipt_back(world: World, on: On) -> None:
    def close(activity: Activity) -> None:
        set_status(world.ticket, "WAITING", by=BY)
        set_status(world.ticket, "CLOSED", by=BY)

    on("ticket.assigned", close)
    with pytest.raises(ExceptionGroup):
        run_reactions(assigned(world).batch_id)
    assert not Receipt.objects.exists()
    world.ticket.refresh_from_db()
    assert (world.ticket.status, world.actions()) == ("OPEN", ["ticket.assigned"])


def test_what_is_waived_never_happens(world: World, on: On) -> None:
    on("ticket.assigned", mark)
    assigned(world)
    waive_reactions(world.trail())
    assert run_due_jobs() == 1
    assert (Tag.objects.count(), Receipt.objects.count()) == (0, 1)


def test_reactions_are_named_after_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reactions, "_reactions", {"x.y": []})

    @reactions.reaction("x.y")
    def tell(activity: Activity) -> None: ...

    [(name, function)] = reactions._reactions["x.y"]
    assert name.endswith("test_reactions.tell")
    assert function is tell
    assert reactions.anyone_reacts_to(["a.b", "x.y"])
    assert not reactions.anyone_reacts_to(["a.b"])
