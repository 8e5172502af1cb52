"""The index follows every change: after any of them `check` has nothing to say."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supportflow.core.errors import DomainError
from supportflow.core.history import undo
from supportflow.core.models import Activity, Receipt
from supportflow.core.reactions import run_reactions
from supportflow.crm.operations import (
    create_contact,
    purge_company,
    purge_contact,
    restore_contact,
    trash_company,
    trash_contact,
    update_company,
    update_contact,
)
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import (
    answer_ticket,
    change_requester,
    create_ticket,
    move_ticket,
    purge_ticket,
    restore_ticket,
    tag_ticket,
    trash_ticket,
    update_ticket,
)
from supportflow.jobs.models import Job
from supportflow.jobs.testing import run_due_jobs
from supportflow.search import tasks
from supportflow.search.models import Document, Kind, Progress, Word, key_of
from supportflow.search.operations import begin_rebuild, build_all, engine_is_whole, index, unfinished
from supportflow.tags.models import Tag
from supportflow.tags.operations import delete_tag, tags_by_name, update_tag
from tests.conftest import BY, World
from tests.search.conftest import differences, found, note, reply
from tests.together import together


def test_a_new_subject_and_its_undoing(desk: World) -> None:
    update_ticket(desk.ticket, subject="A walrus", by=desk.john)
    assert found("walrus", desk.john)
    assert not found("unable", desk.john)
    undo(desk.trail()[-1], by=desk.john)
    assert found("unable", desk.john)
    assert not found("walrus", desk.john)
    assert not differences()


def test_another_name_and_address_of_a_contact_reach_its_tickets(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 2)  # several bites
    for number in range(5):
        create_ticket(f"Order {number}", desk.sarah, by=desk.john)
    run_due_jobs()
    update_contact(desk.sarah, last_name="Walrus", email="sarah@tusk.example", by=desk.john)
    assert len(found("walrus in:tickets", desk.john)) == len(found("tusk in:tickets", desk.john)) == 6
    assert not found("johnson", desk.john)
    assert not differences()


def test_another_requester(desk: World) -> None:
    change_requester(desk.ticket, desk.lisa, by=desk.john)
    assert ("ticket", desk.ticket.pk) in found("martinez", desk.john)
    assert found("johnson", desk.john) == [("contact", desk.sarah.pk)]
    assert not differences()


def test_a_tag_that_is_worn_renamed_and_deleted(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    worn = [create_ticket(f"Order {number}", desk.sarah, tags=["walrus"], by=desk.john).pk for number in range(5)]
    assert len(found("walrus", desk.john)) == 5
    tag = Tag.objects.get(key="walrus")
    tag = update_tag(tag, name="Narwhal", by=desk.omar)
    assert {pk for _kind, pk in found("narwhal", desk.john)} == set(worn)
    assert not found("walrus", desk.john)
    delete_tag(tag, by=desk.omar)
    assert not found("narwhal", desk.john)
    assert not differences()


def test_a_tag_that_is_renamed_and_deleted_before_the_worker_comes(desk: World) -> None:
    create_ticket("Order", desk.sarah, tags=["walrus"], by=desk.john)
    assert len(found("walrus", desk.john)) == 1
    tag = Tag.objects.get(key="walrus")
    delete_tag(update_tag(tag, name="narwhal", by=desk.omar), by=desk.omar)
    assert found("walrus", desk.john) == found("narwhal", desk.john) == []
    assert not differences()


def test_another_name_of_a_company_and_its_end(desk: World) -> None:
    update_company(desk.acme, name="Walrus Works", by=desk.john)
    assert {kind for kind, _pk in found("walrus", desk.john)} == {"company", "contact"}
    create_ticket("Stays", desk.lisa, by=desk.john)
    Ticket.objects.filter(company=desk.acme).update(company=None)
    trash_company(desk.acme, by=desk.john)
    purge_company(desk.acme, by=desk.olivia)
    assert not found("walrus", desk.john)
    assert not differences()


def test_each_reaction_happens_once(desk: World) -> None:
    update_ticket(desk.ticket, subject="A walrus", by=desk.john)
    activity = desk.trail()[-1]
    run_reactions(activity.batch_id)
    Document.objects.filter(pk=key_of(Kind.TICKET, desk.ticket.pk)).delete()
    run_reactions(activity.batch_id)
    assert not Document.objects.filter(pk=key_of(Kind.TICKET, desk.ticket.pk)).exists()
    assert Receipt.objects.filter(activity_id=activity.pk).count() == 1


def test_an_index_that_is_right_already_is_not_written(desk: World) -> None:
    assert index(Kind.TICKET, [desk.ticket.pk, desk.hidden.pk]) == 0
    Document.objects.filter(pk=key_of(Kind.TICKET, desk.ticket.pk)).update(title="x")
    assert index(Kind.TICKET, [desk.ticket.pk, desk.hidden.pk, 99_999]) == 1
    assert not differences()


def test_what_was_there_before_is_indexed_in_the_background(world: World) -> None:
    assert not Document.objects.exists()
    assert unfinished() == list(Kind)
    tasks.build.enqueue()
    run_due_jobs()
    assert unfinished() == []
    assert found("unable", world.john)
    assert not differences()


def test_a_build_goes_on_where_it_was_stopped(desk: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_rebuild()
    monkeypatch.setattr(tasks, "BUILT_FOR", -1.0)  # each run ends after one bite
    Document.objects.all().delete()
    tasks.build.enqueue()
    assert run_due_jobs() > 4
    assert unfinished() == []
    assert not differences()


def test_a_rebuild_mends_whatever_differs(desk: World) -> None:
    comment = note(desk.ticket, "A walrus", desk.john)
    run_due_jobs()
    Document.objects.filter(pk=key_of(Kind.COMMENT, comment.pk)).delete()
    Document.objects.filter(pk=key_of(Kind.TICKET, desk.ticket.pk)).update(title="wrong")
    for stray in (key_of(Kind.TICKET, 99_999), key_of(Kind.CONTACT, 1), key_of(Kind.CONTACT, 2**59)):
        Document.objects.get_or_create(
            pk=stray,
            defaults={
                "kind": stray >> 60,
                "object_id": stray - ((stray >> 60) << 60),
                "written_at": comment.created_at,
            },
        )
    assert differences()
    begin_rebuild()
    build_all()
    assert not differences()
    assert found("walrus", desk.john) == [("comment", comment.pk)]


def test_words_of_documents_are_known(desk: World) -> None:
    note(desk.ticket, "Zeppelin 2026 ab Müller", desk.john)
    run_due_jobs()
    words = set(Word.objects.values_list("word", flat=True))
    assert {"zeppelin", "muller", "unable"} <= words
    assert not {"2026", "ab"} & words


def test_long_comments_are_cut_and_not_refused(desk: World) -> None:
    text = " ".join(f"word{number:x}" for number in range(90_000)) + " " + "東" * 50_000
    comment = note(desk.ticket, text[:900_000], desk.john)
    run_due_jobs()
    assert not Job.objects.exclude(status="SUCCESSFUL").exists()
    assert ("comment", comment.pk) in found("word3e7", desk.john)
    assert not differences()


ACTS = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 3), st.text("abc é東", min_size=1, max_size=6)), max_size=12
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(acts=ACTS)
def test_after_any_changes_the_index_is_what_it_should_be(desk: World, acts: list[tuple[int, int, str]]) -> None:
    with suppress(TakenBackError), transaction.atomic():
        for what, which, text in acts:
            with suppress(DomainError):
                act(desk, what, which, f"x{text}")
        run_due_jobs(delayed=True)
        assert not differences()
        assert engine_is_whole()
        assert not Job.objects.filter(status="FAILED").exists()
        raise TakenBackError


class TakenBackError(Exception):
    """The next example begins with the same world."""


def act(desk: World, what: int, which: int, text: str) -> None:
    tickets = list(Ticket.objects.order_by("pk"))
    contacts = [desk.sarah, desk.lisa]
    ticket = tickets[which % len(tickets)] if tickets else create_ticket("Again", desk.lisa, by=desk.olivia)
    contact = contacts[which % 2]
    by = desk.olivia
    acts: list[Callable[[], object]] = [
        lambda: create_ticket(text, contact, Content.from_markdown(text), tags=[text], by=by),
        lambda: update_ticket(ticket, subject=text, by=by),
        lambda: reply(ticket, text, by),
        lambda: note(ticket, text, by),
        lambda: answer_ticket(ticket, Content.from_markdown(text), by=ticket.contact),
        lambda: tag_ticket(ticket, tags_by_name([text], by=by), by=by),
        lambda: change_requester(ticket, contact, by=by),
        lambda: move_ticket(ticket, desk.secret if which % 2 else None, by=by),
        lambda: trash_ticket(ticket, by=by),
        lambda: restore_ticket(ticket, by=by),
        lambda: purge_ticket(ticket, by=by),
        lambda: update_contact(contact, first_name=text, by=by),
        lambda: trash_contact(contact, by=by) if which < 2 else restore_contact(contact, by=by),
        lambda: purge_contact(contact, by=by),
        lambda: [update_tag(tag, name=text, by=by) for tag in Tag.objects.order_by("pk")[:1]],
        lambda: [delete_tag(tag, by=by) for tag in Tag.objects.order_by("pk")[:1]],
    ]
    acts[what]()


@pytest.mark.django_db(transaction=True)
def test_renames_and_reactions_at_the_same_moment_leave_the_last_state(transactional_db: None) -> None:
    from tests.conftest import make_world

    world = make_world()
    build_all()

    def rename(text: str) -> None:
        update_ticket(Ticket.objects.get(pk=world.ticket.pk), subject=text, by=world.john)
        for batch in Activity.objects.filter(action="ticket.updated").values_list("batch_id", flat=True):
            run_reactions(batch)

    raised = together(*(lambda text=text: rename(text) for text in ("one", "two", "three", "four")))
    assert raised == [None] * 4
    assert not differences()


@pytest.mark.django_db(transaction=True)
def test_two_rebuilds_at_the_same_moment(transactional_db: None) -> None:
    from tests.conftest import make_world

    world = make_world()
    for number in range(30):
        create_contact(first_name=f"Name {number}", by=BY)

    def say() -> None:
        note(world.ticket, "meanwhile", world.john)

    assert together(build_all, build_all, say)[:2] == [None] * 2
    run_due_jobs()
    assert not differences()
    assert Progress.objects.filter(is_done=True).count() == len(Kind)


def test_sqlites_own_index_is_examined(desk: World) -> None:
    assert engine_is_whole()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER search_document_changed")
        Document.objects.filter(pk=key_of(Kind.TICKET, desk.ticket.pk)).update(title="changed behind its back")
        assert not engine_is_whole()
