from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from supportflow.accounts.models import User
from supportflow.core.errors import Forbidden, Invalid
from supportflow.crm.operations import tag_contact, trash_contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import create_macro, create_ticket, merge_tags, tag_merging, trash_ticket
from supportflow.jobs.testing import run_due_jobs
from supportflow.saved_views.operations import create_view
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag, delete_tag
from tests.conftest import BY, World


@pytest.fixture
def pair(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Tag, Tag]:
    monkeypatch.setattr(tag_merging, "PIECE", 2)
    return create_tag("bugs", by=BY), create_tag("bug", by=BY)


def test_all_that_wears_the_one_wears_the_other(
    world: World, pair: tuple[Tag, Tag], sign_in: Callable[[User], Client]
) -> None:
    old, new = pair
    tickets = [create_ticket(f"Order {n}", world.sarah, tags=["bugs", "vip"], by=BY) for n in range(5)]
    both = create_ticket("Both", world.sarah, tags=["bugs", "bug"], by=BY)
    trash_ticket(tickets[0], by=BY)
    tag_contact(world.lisa, [old], by=BY)
    trash_contact(world.lisa, by=BY)
    macro = create_macro("Bug", changes={"add_tags": ["bugs"]}, by=world.john)
    view = create_view("Bugs", params={"tag": ["BUGS"], "status": ["OPEN"]}, by=world.john)
    omar, path = sign_in(world.omar), f"/settings/tags/{old.pk}/merging"
    page = omar.get(path).content.decode()
    assert "is on 6 tickets" in page
    assert "and 1 contact." in page
    assert omar.post(path, {"into": new.pk}).status_code == 302
    run_due_jobs()
    assert not Tag.objects.filter(name="bugs").exists()
    assert Ticket.objects.filter(tags=new).count() == 6
    assert sorted(Ticket.objects.get(pk=both.pk).tags.values_list("name", flat=True)) == ["bug"]
    assert list(world.lisa.tags.all()) == [new]
    macro.refresh_from_db()
    view.refresh_from_db()
    assert macro.changes == {"add_tags": [new.pk]}
    assert view.params == {"tag": ["bug"], "status": ["OPEN"]}
    assert world.actions()[-4:] == ["macro.updated", "view.updated", "tag.merged", "tag.deleted"]
    assert world.trail()[-2].metadata == {"name": "bugs", "tag": old.pk}


def test_macros_and_views_that_do_not_name_the_tag_are_left_alone(world: World, pair: tuple[Tag, Tag]) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked, transaction.atomic():
            tag_merging.merge_tags_piece(*pair, by=BY)
            transaction.set_rollback(True)
        return len(asked)

    create_macro("Bug", changes={"add_tags": ["bugs"]}, by=world.john)
    before = cost()
    for n in range(4):
        create_macro(f"Other {n}", changes={"add_tags": ["bug", "vip"]}, by=world.john)
        create_view(f"Other {n}", params={"tag": ["vip"]}, by=world.john)
    assert cost() == before


def test_it_takes_a_supervisor_and_two_tags(world: World, pair: tuple[Tag, Tag], browser: Client) -> None:
    old, new = pair
    with pytest.raises(Forbidden):
        merge_tags(old, new, by=world.john)
    with pytest.raises(Invalid):
        merge_tags(old, old, by=world.omar)
    assert browser.get(f"/settings/tags/{old.pk}/merging").status_code == 403


def test_a_tag_that_is_gone_meanwhile_ends_it_quietly(world: World, pair: tuple[Tag, Tag]) -> None:
    old, new = pair
    create_ticket("Order", world.sarah, tags=["bugs"], by=BY)
    merge_tags(old, new, by=world.omar)
    delete_tag(new, by=BY)
    run_due_jobs()
    assert Tag.objects.filter(name="bugs").exists()


def test_nonsense_comes_back(world: World, pair: tuple[Tag, Tag], sign_in: Callable[[User], Client]) -> None:
    omar, path = sign_in(world.omar), f"/settings/tags/{pair[0].pk}/merging"
    for into in ("", "x", "999999", str(pair[0].pk)):
        assert omar.post(path, {"into": into}).status_code == 422
    assert omar.get("/settings/tags/999999/merging").status_code == 404
