"""Macros: who keeps them, what is refused, what applying one does."""

from typing import Any

import pytest

from supportflow.accounts.models import User
from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused, Stale
from supportflow.core.history import undo, undo_batch
from supportflow.desk.content import Content
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import (
    apply_macro,
    assign_ticket,
    create_macro,
    restore_macro,
    set_status,
    tag_ticket,
    trash_macro,
    trash_ticket,
    update_macro,
)
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag, delete_tag, update_tag
from tests.conftest import BY, World, make_world
from tests.together import together

ASK = {"status": "WAITING", "assignee": "me", "add_tags": ["vip"], "remove_tags": []}


def ask(world: World, **values: Any) -> Macro:
    """Omar's shared macro that asks for more and waits."""
    given = {"body": "Hello {{customer.first_name|there}}, tell us more.", "changes": ASK, "shared": True, **values}
    macro = create_macro("Ask for details", **given, by=world.omar)
    world.forget()
    return macro


def test_everyone_keeps_their_own_and_supervisors_the_shared_ones(world: World) -> None:
    own = create_macro("Mine", body="Hello", by=world.john)
    assert (own.owner, own.is_shared, own.version) == (world.john, False, 1)
    with pytest.raises(Forbidden):
        create_macro("Ours", body="Hello", shared=True, by=world.john)
    ours = create_macro("Ours", body="Hello", shared=True, by=world.omar)
    with pytest.raises(Forbidden):
        update_macro(ours, name="x", by=world.john)
    with pytest.raises(Forbidden):
        trash_macro(ours, by=world.john)
    with pytest.raises(Forbidden):
        update_macro(own, shared=True, by=world.john)
    assert update_macro(ours, name="Everybody's", by=world.olivia).version == 2
    assert world.actions() == ["macro.created", "macro.created", "macro.updated"]


@pytest.mark.parametrize("who", ["omar", "olivia", "emma"])
def test_somebody_elses_own_macro_does_not_exist(world: World, who: str) -> None:
    other: User = getattr(world, who)
    own = create_macro("Mine", body="Hello", by=world.john)
    assert own not in Macro.objects.visible_to(other)
    for act in (
        lambda: update_macro(own, name="x", by=other),
        lambda: trash_macro(own, by=other),
        lambda: apply_macro(world.ticket, own, by=other),
    ):
        with pytest.raises(NotFound):
            act()


def test_what_is_offered_to_a_private_team_is_not_there_for_others(world: World) -> None:
    secret = ask(world, offered_to_id=world.secret.pk)
    assert secret not in Macro.objects.visible_to(world.john)
    assert secret in Macro.objects.visible_to(world.priya)
    assert secret in Macro.objects.visible_to(world.omar)
    assert secret in Macro.objects.offered_to(world.priya, None)
    assert secret not in Macro.objects.offered_to(world.omar, None)
    assert secret in Macro.objects.offered_to(world.omar, world.secret.pk)
    assert Macro.objects.visible_to(BY).count() == 1
    assert not Macro.objects.visible_to(world.sarah).exists()
    with pytest.raises(NotFound):
        apply_macro(world.ticket, secret, by=world.john)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"body": "", "changes": {}}, "body"),
        ({"body": " \n "}, "body"),
        ({"body": "{{customer.frist_name}}"}, "body"),
        ({"body": "x" * 20_001}, "body"),
        ({"body": "a\x00b"}, "body"),
        ({"kind": "SHOUT"}, "kind"),
        ({"changes": {"status": "NEVER"}}, "status"),
        ({"changes": {"priority": "NEVER"}}, "priority"),
        ({"changes": {"category": "NEVER"}}, "category"),
        ({"changes": {"assignee": 999_999}}, "assignee"),
        ({"changes": {"team": 999_999}}, "team"),
        ({"changes": {"add_tags": ["a,b"]}}, "add_tags"),
        ({"changes": {"remove_tags": ["never seen"]}}, "remove_tags"),
        ({"changes": {"add_tags": ["vip"], "remove_tags": ["VIP"]}}, "remove_tags"),
        ({"changes": {"subject": "x"}}, "subject"),
        ({"offered_to_id": 999_999}, "offered_to_id"),
        ({"shared": False, "body": "x", "offered_to_id": "secret"}, "offered_to_id"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_the_field(world: World, values: dict[str, Any], field: str) -> None:
    create_tag("vip", by=world.omar)
    if values.get("offered_to_id") == "secret":
        values = values | {"offered_to_id": world.secret.pk}
    with pytest.raises(Invalid) as refusal:
        create_macro(**{"name": "x", "body": "", "shared": True, **values}, by=world.omar)
    assert list(refusal.value.fields) == [field]
    assert not Macro.objects.exists()


def test_a_misspelt_placeholder_is_told_with_the_right_one(world: World) -> None:
    with pytest.raises(Invalid, match=r"Did you mean \{\{customer\.first_name\}\}\?"):
        create_macro("x", body="Hi {{customer.frist_name}}", by=world.john)


def test_changes_are_changed_one_by_one_and_twice_is_quiet(world: World) -> None:
    macro = ask(world)
    for _again in range(2):
        macro = update_macro(macro, changes={"status": None, "priority": "HIGH"}, by=world.omar)
    vip = Tag.objects.get(name="vip")
    assert macro.changes == {"priority": "HIGH", "assignee": "me", "add_tags": [vip.pk]}
    assert (macro.version, world.actions()) == (2, ["macro.updated"])
    with pytest.raises(Stale):
        update_macro(macro, name="x", version=1, by=world.omar)
    undo(world.trail()[-1], by=world.omar)
    assert Macro.objects.get().changes["status"] == "WAITING"


def test_undo_of_a_shared_macro_is_no_agents(world: World) -> None:
    update_macro(ask(world), name="x", by=world.omar)
    with pytest.raises(Forbidden):
        undo(world.trail()[-1], by=world.john)


def test_a_macro_goes_to_the_trash_and_comes_back(world: World) -> None:
    macro = ask(world)
    trash_macro(trash_macro(macro, by=world.omar), by=world.omar)
    for act in (
        lambda: update_macro(macro, name="x", by=world.omar),
        lambda: apply_macro(world.ticket, macro, by=world.john),
    ):
        with pytest.raises(NotFound):
            act()
    undo(world.trail()[-1], by=world.omar)
    restore_macro(trash_macro(macro, by=world.omar), by=world.omar)
    assert Macro.objects.alive().get().name == "Ask for details"
    assert world.actions() == ["macro.trashed", "macro.trashed.undone", "macro.trashed", "macro.restored"]


def test_sharing_one_s_own_and_taking_it_back(world: World) -> None:
    own = create_macro("Mine", body="Hello", by=world.omar)
    shared = update_macro(own, shared=True, offered_to_id=world.secret.pk, by=world.omar)
    assert shared.is_shared
    assert shared.team == world.secret
    back = update_macro(shared, shared=False, by=world.omar)
    assert (back.owner, back.team) == (world.omar, None)


def test_applying_says_the_words_and_makes_the_changes_in_one_act(world: World) -> None:
    applied = apply_macro(world.ticket, ask(world), by=world.john)
    assert applied.comment is not None
    assert applied.comment.body == "Hello Sarah, tell us more."
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.status, ticket.assignee, [tag.name for tag in ticket.tags.all()]) == ("WAITING", world.john, ["vip"])
    assert world.actions() == ["ticket.replied", "ticket.assigned", "ticket.tagged", "ticket.status_changed"]
    assert len({activity.batch_id for activity in world.trail()}) == 1
    macro = Macro.objects.get()
    assert (macro.use_count, macro.last_used_at is not None, macro.version) == (1, True, 1)


def test_a_second_time_says_it_again_and_changes_nothing_more(world: World) -> None:
    macro = ask(world)
    for _again in range(2):
        apply_macro(world.ticket, macro, by=world.john)
    assert world.actions().count("ticket.replied") == 2
    assert world.actions()[-1] == "ticket.replied"
    assert Macro.objects.get().use_count == 2


def test_other_words_fewer_changes_another_status_another_kind(world: World) -> None:
    macro, vip = ask(world), Tag.objects.get(name="vip")
    content = Content.from_markdown("{{agent.name}} stays as it is")
    apply_macro(
        world.ticket, macro, content, kind="NOTE", steps=[f"add_tags:{vip.pk}", "none"], then="RESOLVED", by=world.john
    )
    note = Comment.objects.latest("pk")
    assert (note.visibility, note.body) == ("INTERNAL", "{{agent.name}} stays as it is")
    assert world.actions() == ["ticket.noted", "ticket.tagged", "ticket.status_changed"]
    assert Ticket.objects.get(pk=world.ticket.pk).status == "RESOLVED"


def test_a_note_stays_inside(world: World) -> None:
    applied = apply_macro(world.ticket, ask(world, kind="NOTE", changes={}), by=world.john)
    assert applied.comment is not None
    assert (applied.comment.visibility, applied.comment.delivery_state) == ("INTERNAL", "NONE")


def test_it_is_refused_whole(world: World) -> None:
    macro = ask(world, changes={"status": "CLOSED", "priority": "HIGH"})
    with pytest.raises(Refused, match="cannot go from OPEN to CLOSED"):
        apply_macro(world.ticket, macro, by=world.john)
    assert world.actions() == []
    assert not Comment.objects.filter(author_type="user").exists()
    assert Macro.objects.get().use_count == 0


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("in_trash", lambda world, macro: trash_ticket(world.ticket, by=world.omar)),
        ("macro_inactive", lambda world, macro: update_macro(macro, is_active=False, by=world.omar)),
        ("macro_changed", lambda world, macro: update_macro(macro, changes={"status": "RESOLVED"}, by=world.omar)),
    ],
)
def test_what_stands_in_the_way_is_said(world: World, code: str, spoil: Any) -> None:
    macro = ask(world)
    spoil(world, macro)
    with pytest.raises(Refused) as refusal:
        apply_macro(world.ticket, macro, version=1, by=world.john)
    assert refusal.value.code == code


def test_hidden_tickets_and_callers_without_the_right_are_refused(world: World) -> None:
    macro = ask(world)
    with pytest.raises(NotFound):
        apply_macro(world.hidden, macro, by=world.john)
    for who in (world.sarah, BY):
        with pytest.raises(Forbidden):
            apply_macro(world.ticket, macro, by=who)
    assert world.actions() == []


def test_tags_are_counted_from_those_of_the_moment_and_follow_their_names(world: World) -> None:
    macro = ask(world, changes={"add_tags": ["vip"], "remove_tags": []})
    update_tag(Tag.objects.get(name="vip"), name="gold", by=world.omar)
    tag_ticket(world.ticket, [create_tag("bug", by=world.omar)], by=world.omar)
    apply_macro(world.ticket, macro, by=world.john)
    assert sorted(world.ticket.tags.values_list("name", flat=True)) == ["bug", "gold"]
    delete_tag(Tag.objects.get(name="gold"), by=world.omar)
    apply_macro(world.ticket, macro, by=world.john)
    assert sorted(world.ticket.tags.values_list("name", flat=True)) == ["bug"]


def test_everything_a_macro_may_change_at_once(world: World) -> None:
    assign_ticket(world.ticket, world.emma, by=world.omar)
    changes = {"priority": "URGENT", "category": "BUG", "assignee": world.priya.pk, "team": world.secret.pk}
    applied = apply_macro(world.ticket, ask(world, body="", changes=changes), by=world.omar)
    assert applied.comment is None
    ticket = applied.ticket
    assert (ticket.priority, ticket.category, ticket.assignee, ticket.team) == (
        "URGENT",
        "BUG",
        world.priya,
        world.secret,
    )
    apply_macro(world.ticket, ask(world, body="", changes={"assignee": "none", "team": "none"}), by=world.omar)
    ticket = Ticket.objects.get(pk=world.ticket.pk)
    assert (ticket.assignee, ticket.team) == (None, None)


def test_what_one_act_changed_is_taken_back_at_once(world: World) -> None:
    before = Ticket.objects.values("status", "assignee").get(pk=world.ticket.pk)
    apply_macro(world.ticket, ask(world, body=""), by=world.john)
    undo_batch(world.trail()[-1].batch_id, by=world.john)
    assert Ticket.objects.values("status", "assignee").get(pk=world.ticket.pk) == before
    assert not world.ticket.tags.exists()
    assert world.actions()[3:] == [
        "ticket.status_changed.undone",
        "ticket.tagged.undone",
        "ticket.assigned.undone",
    ]


def test_taking_it_back_is_refused_whole_once_something_else_changed(world: World) -> None:
    apply_macro(world.ticket, ask(world, body=""), by=world.john)
    last = world.trail()[-1]
    set_status(world.ticket, "OPEN", by=world.emma)
    outcome = undo_batch(last.batch_id, by=world.john)
    assert [str(error) for _row, error in outcome.refused] == ["This changed again since. Change it by hand."]
    assert world.actions()[-1] == "ticket.status_changed"


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_every_use_counts_and_each_change_happens_once() -> None:
    world = make_world()
    macro = ask(world)
    people = (world.john, world.emma, world.omar)
    done = together(*(lambda who=who: apply_macro(world.ticket, macro, by=who) for who in people))
    assert not [one for one in done if isinstance(one, Exception)], done
    assert Macro.objects.get().use_count == 3
    assert world.actions().count("ticket.replied") == 3
    assert world.actions().count("ticket.status_changed") == 1
    assert world.actions().count("ticket.tagged") == 1
