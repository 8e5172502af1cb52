from collections.abc import Callable

from django.test import Client

from supportflow.accounts.models import User
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag
from tests.conftest import World


def test_agents_make_tags_and_supervisors_change_them(
    browser: Client, world: World, sign_in: Callable[[User], Client]
) -> None:
    assert browser.post("/settings/tags", {"name": "vip", "color": "#b8860b"}).status_code == 302
    tag = Tag.objects.get()
    page = browser.get("/settings/tags").content.decode()
    assert 'fill="#b8860b"' in page
    assert "Delete" not in page
    assert browser.post(f"/settings/tags/{tag.pk}", {"name": "gold", "color": "#b8860b"}).status_code == 403
    omar = sign_in(world.omar)
    assert (
        omar.post(f"/settings/tags/{tag.pk}", {"name": "gold", "color": "#ffd700", "seen": tag.version}).status_code
        == 302
    )
    assert omar.post(f"/settings/tags/{tag.pk}/deletion").status_code == 302
    assert not Tag.objects.exists()


def test_a_tag_that_does_not_fit_comes_back(browser: Client, world: World) -> None:
    create_tag("vip", by=world.john)
    for values in (
        {"name": "VIP", "color": "#000000"},
        {"name": "x", "color": "red"},
        {"name": "a,b", "color": "#000000"},
        {},
    ):
        answer = browser.post("/settings/tags", values)
        assert answer.status_code == 422, values
        assert b"data-summary" in answer.content


def test_a_change_made_in_between_is_told(world: World, sign_in: Callable[[User], Client]) -> None:
    tag = create_tag("vip", by=world.john)
    omar = sign_in(world.omar)
    assert (
        omar.post(f"/settings/tags/{tag.pk}", {"name": "vip", "color": "#111111", "seen": tag.version}).status_code
        == 302
    )
    answer = omar.post(f"/settings/tags/{tag.pk}", {"name": "vip", "color": "#222222", "seen": tag.version})
    assert answer.status_code == 422
    assert b"Somebody changed this" in answer.content
