"""What somebody may not see is neither found nor counted, marked or suggested; the same is asked for who may."""

from collections.abc import Callable

import pytest

from supportflow.accounts.models import User
from supportflow.crm.operations import purge_contact, restore_contact, trash_company, trash_contact
from supportflow.desk.models import Comment, DeliveryState
from supportflow.desk.operations import move_ticket, purge_ticket, restore_ticket, trash_ticket
from supportflow.search.finding import find
from supportflow.search.language import parse
from supportflow.search.results import results
from tests.conftest import World
from tests.search.conftest import differences, found, note, search

INSIDERS, OUTSIDERS = ("priya", "omar", "olivia"), ("john", "emma")


def shown(q: str, user: User) -> str:
    hits = search(q, user)
    return " ".join(f"{one.title} {one.snippet} {one.facts}" for one in results(hits.hits, hits.wanted, user))


@pytest.mark.parametrize("who", [*INSIDERS, *OUTSIDERS])
def test_a_private_teams_tickets_and_comments(desk: World, who: str) -> None:
    comment = note(desk.hidden, "The unicorn project", desk.priya)
    user: User = getattr(desk, who)
    inside = who in INSIDERS
    for q in (
        "unicorn",
        "unicron",
        "unico",
        "is:note unicorn",
        "-zzz unicorn",
        "from:priya unicorn",
        "team:none unicorn",
    ):
        expected = [("comment", comment.pk)] if inside and not q.startswith("team") else []
        assert found(q, user) == expected, q
    assert sum(search("unicorn", user).counts.values()) == inside
    assert search("unicron", user).also == (("unicorn",) if inside else ())
    assert ("unicorn" in shown("unicorn", user)) == inside
    assert (("ticket", desk.hidden.pk) in found(desk.hidden.number, user)) == inside
    assert (("ticket", desk.hidden.pk) in found("contact:lisa", user)) == inside
    assert bool(search("x team:secret", user).narrowed.faults) != inside


def test_a_private_teams_name_is_not_told_to_outsiders(desk: World) -> None:
    assert "Secret" in search("team:secre,zzz", desk.omar).narrowed.faults[0].message
    assert "Secret" not in search("team:secre,zzz", desk.john).narrowed.faults[0].message


def test_what_moves_into_a_private_team_is_gone_at_once(desk: World) -> None:
    """Before any reaction has run."""
    assert search("unable", desk.john).hits
    move_ticket(desk.ticket, desk.secret, by=desk.priya)
    assert not search("unable", desk.john).hits
    assert search("unable", desk.omar).hits
    move_ticket(desk.ticket, None, by=desk.omar)
    assert search("unable", desk.john).hits


def test_trash_is_not_found_and_comes_back_whole(desk: World) -> None:
    note(desk.ticket, "A walrus", desk.john)
    before = found("walrus", desk.john), found("unable", desk.john)
    trash_ticket(desk.ticket, by=desk.john)
    trash_contact(desk.sarah, by=desk.john)
    trash_company(desk.acme, by=desk.john)
    for q in ("walrus", "unable", "sarah", "acme", "is:open", desk.ticket.number):
        assert not search(q, desk.john).hits, q
    restore_ticket(desk.ticket, by=desk.john)
    restore_contact(desk.sarah, by=desk.john)
    assert (found("walrus", desk.john), found("unable", desk.john)) == before


def test_what_is_purged_leaves_nothing_in_the_index(desk: World) -> None:
    note(desk.ticket, "A walrus", desk.john)
    assert found("walrus", desk.john)
    trash_ticket(desk.ticket, by=desk.john)
    purge_ticket(desk.ticket, by=desk.olivia)
    assert not search("walrus", desk.john).hits
    assert not found("walrus", desk.olivia)
    assert not differences()


def test_a_purged_contact_is_forgotten_where_its_tickets_stay(desk: World) -> None:
    assert ("ticket", desk.ticket.pk) in found("johnson", desk.john)
    trash_contact(desk.sarah, by=desk.john)
    purge_contact(desk.sarah, by=desk.olivia)
    assert found("johnson", desk.john) == found("sarah", desk.olivia) == []
    assert not differences()


def test_a_comment_that_waits_for_its_undo_is_nobodys_to_find(desk: World) -> None:
    comment = note(desk.ticket, "A walrus", desk.john)
    Comment.objects.filter(pk=comment.pk).update(visibility="PUBLIC", delivery_state=DeliveryState.HELD)
    assert found("walrus", desk.john) == []


@pytest.mark.parametrize("actor", [lambda world: world.sarah, lambda world: world.lisa])
def test_customers_search_nothing(desk: World, actor: Callable[[World], User]) -> None:
    for q in ("unable", "sarah", "is:open", desk.ticket.number):
        assert find(parse(q), actor(desk)).hits == ()


def test_somebody_deactivated_finds_nothing(desk: World) -> None:
    User.objects.filter(pk=desk.john.pk).update(is_active=False)
    assert not found("unable", desk.john)
    assert not found("sarah", desk.john)
