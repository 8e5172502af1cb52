"""One door for every change: what the wrapper, the lock and the record promise to every operation."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Model

from supportflow.core import door
from supportflow.core.actors import Actor
from supportflow.core.door import because_of, change, lock, operation, record, record_many
from supportflow.core.errors import Forbidden, NotFound, Refused, Stale
from supportflow.core.models import Activity, KeptAnswer
from supportflow.core.reactions import _reactions
from supportflow.desk.models import Ticket
from supportflow.desk.operations import assign_ticket, follow_ticket, purge_ticket, set_status, tag_ticket, trash_ticket
from supportflow.jobs.models import Job
from supportflow.tags.operations import create_tag
from tests.conftest import World
from tests.together import together


@operation
def rename(ticket: Ticket, subject: str, *, fail: bool = False, by: Actor) -> Ticket:
    ticket = lock(ticket)
    if changes := change(ticket, subject=subject):
        record("ticket.updated", ticket, by=by, **changes)
    if fail:
        raise Refused("no", "No.")
    return ticket


@operation
def rename_twice(ticket: Ticket, first: str, second: str, *, by: Actor) -> Ticket:
    """The second is refused after it wrote; the first stays."""
    record("ticket.seen", ticket, by=by)
    ticket = rename(ticket, first, by=by)
    with pytest.raises(Refused):
        rename(ticket, second, fail=True, by=by)
    return ticket


@pytest.fixture
def reacted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody reacts to whatever a test's own operations record."""
    seen: list[str] = []
    reactions = [("tests.note", lambda activity: seen.append(activity.action))]
    for action in ("ticket.updated", "ticket.status_changed", "ticket.seen"):
        monkeypatch.setitem(_reactions, action, reactions)
    return seen


def react_jobs() -> list[Job]:
    return list(Job.objects.filter(task="supportflow.core.tasks.react"))


def test_nested_operations_share_one_batch_and_owe_one_react(world: World, reacted: list[str]) -> None:
    @operation
    def both(ticket: Ticket, *, by: Actor) -> None:
        rename(ticket, "New", by=by)
        set_status(ticket, "WAITING", by=by)

    both(world.ticket, by=world.john)
    renamed, moved = world.trail()
    assert (renamed.action, moved.action) == ("ticket.updated", "ticket.status_changed")
    assert renamed.batch_id == moved.batch_id
    assert [job.args for job in react_jobs()] == [[str(renamed.batch_id)]]


def test_operations_beside_each_other_have_batches_of_their_own(world: World) -> None:
    rename(world.ticket, "New", by=world.john)
    rename(world.ticket, "Newer", by=world.john)
    first, second = world.trail()
    assert first.batch_id != second.batch_id


def test_the_react_goes_with_the_transaction(world: World, reacted: list[str]) -> None:
    with transaction.atomic():
        rename(world.ticket, "New", by=world.john)
        assert len(react_jobs()) == 1
        transaction.set_rollback(True)
    assert react_jobs() == []
    assert world.trail() == []


def test_nobody_is_called_where_nobody_reacts(world: World) -> None:
    follow_ticket(world.ticket, by=world.john)
    assert world.actions() == ["ticket.followed"]
    assert react_jobs() == []


def test_what_changes_nothing_writes_nothing(world: World, reacted: list[str]) -> None:
    before = Ticket.objects.values().get(pk=world.ticket.pk)
    rename(world.ticket, world.ticket.subject, by=world.john)
    assert Ticket.objects.values().get(pk=world.ticket.pk) == before
    assert (world.trail(), react_jobs()) == ([], [])


def test_a_refusal_after_the_change_takes_it_back(world: World, reacted: list[str]) -> None:
    with pytest.raises(Refused):
        rename(world.ticket, "New", fail=True, by=world.john)
    world.ticket.refresh_from_db()
    assert (world.ticket.subject, world.ticket.version) == ("Unable to login", 1)
    assert (world.trail(), react_jobs()) == ([], [])


def test_the_outer_operation_keeps_its_work_when_it_catches_a_refusal(world: World, reacted: list[str]) -> None:
    ticket = rename_twice(world.ticket, "First", "Second", by=world.john)
    ticket.refresh_from_db()
    assert ticket.subject == "First"
    assert world.actions() == ["ticket.seen", "ticket.updated"]
    assert len({activity.batch_id for activity in world.trail()}) == len(react_jobs()) == 1


def test_an_activity_tells_who_what_where_and_the_version(world: World) -> None:
    rename(world.ticket, "New", by=world.john)
    [activity] = world.trail()
    assert activity.actor == {"type": "user", "id": world.john.pk, "name": "John Reyes"}
    assert (activity.subject_type, activity.subject_id, activity.subject_version) == ("ticket", world.ticket.pk, 2)
    assert (activity.ticket_id, activity.contact_id, activity.company_id) == (
        world.ticket.pk,
        world.sarah.pk,
        world.acme.pk,
    )
    assert activity.changes == {"subject": ["Unable to login", "New"]}


def test_many_rows_one_activity_each(world: World) -> None:
    @operation
    def close_all(tickets: list[Ticket], *, by: Actor) -> list[Activity]:
        return record_many("ticket.updated", [(ticket, {"subject": ["a", "b"]}) for ticket in tickets], by=by)

    activities = close_all([world.ticket, world.hidden], by=world.omar)
    assert [activity.pk for activity in activities] == [activity.pk for activity in world.trail()]
    assert [activity.subject_id for activity in world.trail()] == [world.ticket.pk, world.hidden.pk]
    assert len({activity.batch_id for activity in activities}) == 1


def test_nothing_is_recorded_outside_an_operation(world: World) -> None:
    with pytest.raises(RuntimeError, match="outside"):
        record("ticket.updated", world.ticket, by=world.john)


def test_a_row_that_is_gone_is_not_found(world: World) -> None:
    trash_ticket(world.ticket, by=world.john)
    purge_ticket(Ticket.objects.get(pk=world.ticket.pk), by=world.olivia)
    with pytest.raises(NotFound):
        rename(world.ticket, "New", by=world.john)


def test_an_old_version_is_stale_and_names_the_current_one(world: World) -> None:
    rename(world.ticket, "New", by=world.john)
    with pytest.raises(Stale) as refusal:
        set_status(world.ticket, "WAITING", version=1, by=world.emma)
    assert refusal.value.version == 2
    assert set_status(world.ticket, "WAITING", version=2, by=world.emma).version == 3


def test_who_acts_must_be_said(world: World) -> None:
    with pytest.raises(TypeError, match="by"):
        assign_ticket(world.ticket, world.john)  # type: ignore[call-arg]


def test_the_invisible_is_not_found_before_the_role_is_asked(world: World) -> None:
    with pytest.raises(NotFound):
        purge_ticket(world.hidden, by=world.john)
    with pytest.raises(Forbidden):
        purge_ticket(world.hidden, by=world.priya)


def test_a_storm_ends_at_the_fifth_reaction_in_a_row(world: World) -> None:
    rename(world.ticket, "0", by=world.john)
    for depth in range(1, door.MAX_DEPTH + 1):
        cause = world.trail()[-1]
        with because_of(cause):
            rename(world.ticket, str(depth), by=world.john)
        effect = world.trail()[-1]
        assert (effect.cause_id, effect.depth) == (cause.pk, depth)
        assert effect.batch_id != cause.batch_id
    with because_of(world.trail()[-1]), pytest.raises(Refused) as refusal:
        rename(world.ticket, "5", by=world.john)
    assert refusal.value.code == "too_deep"
    world.ticket.refresh_from_db()
    assert world.ticket.subject == "4"


@operation
def add_same(row: Model, *, by: Actor) -> None:
    row.save(force_insert=True)


def test_a_row_that_somebody_else_wrote_first_is_a_collision(world: World) -> None:
    add_same(KeptAnswer(token_id=1, key="k", fingerprint=""), by=world.john)
    with pytest.raises(Refused) as refusal, transaction.atomic():
        add_same(KeptAnswer(token_id=1, key="k", fingerprint=""), by=world.john)
    assert refusal.value.code == "collision"


def test_a_broken_invariant_is_a_bug_and_not_told_as_a_collision(world: World) -> None:
    world.ticket.status = "NONSENSE"

    @operation
    def break_it(*, by: Actor) -> None:
        world.ticket.save()

    with pytest.raises(IntegrityError), transaction.atomic():
        break_it(by=world.john)


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_same_tag_at_once_one_wins_and_one_is_told(world: World) -> None:
    outcomes = together(*[lambda: create_tag("urgent", by=world.john)] * 4)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(refusals) == 3
    assert not [refusal for refusal in refusals if isinstance(refusal, DatabaseError)]
    assert world.actions() == ["tag.created"]


@pytest.mark.django_db(transaction=True)
def test_the_trail_is_a_truthful_chain_when_all_assign_at_once(world: World) -> None:
    people = [world.john, world.emma, world.olivia, world.omar]
    outcomes = together(*[lambda user=user: assign_ticket(world.ticket, user, by=user) for user in people])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    changes = [activity.changes["assignee"] for activity in world.trail()]
    assert [old for old, _new in changes] == [None, *[new for _old, new in changes[:-1]]]
    assert sorted(new for _old, new in changes) == sorted(user.pk for user in people)
    world.ticket.refresh_from_db()
    assert (world.ticket.assignee_id, world.ticket.version) == (changes[-1][1], 5)


@pytest.mark.django_db(transaction=True)
def test_the_same_act_by_two_at_once_is_written_once(world: World) -> None:
    together(*[lambda: set_status(world.ticket, "WAITING", by=world.john)] * 4)
    assert world.actions() == ["ticket.status_changed"]


@pytest.mark.django_db(transaction=True)
def test_one_version_is_spent_once(world: World) -> None:
    tag = create_tag("vip", by=world.olivia)
    start = world.ticket.version
    outcomes = together(
        lambda: set_status(world.ticket, "WAITING", version=start, by=world.john),
        lambda: set_status(world.ticket, "IN_PROGRESS", version=start, by=world.emma),
    )
    assert [type(outcome) for outcome in outcomes].count(Stale) == 1
    tag_ticket(world.ticket, [tag], by=world.john)
    assert Ticket.objects.get(pk=world.ticket.pk).version == start + 2
