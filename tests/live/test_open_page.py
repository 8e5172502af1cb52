"""A page that is open in Chromium follows what others do, without a reload."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from supportflow.accounts.models import User
from supportflow.desk.operations import update_ticket
from tests.conftest import BY, World
from tests.live.conftest import WebProcess
from tests.together import together

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def johns_page(
    committed_world: World,
    web_processes: tuple[WebProcess, WebProcess],
    sign_in: Callable[[User], Client],
    chromium: Browser,
) -> Iterator[Page]:
    session = sign_in(committed_world.john).cookies[settings.SESSION_COOKIE_NAME].value
    address = f"http://127.0.0.1:{web_processes[0].port}"
    context = chromium.new_context(base_url=address)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    yield context.new_page()
    context.close()


def test_a_ticket_and_the_list_follow_what_others_do(committed_world: World, johns_page: Page) -> None:
    world, page = committed_world, johns_page
    for path in (f"/tickets/{world.ticket.number}", "/tickets"):
        with page.expect_response(lambda answer: "/live" in answer.url):
            page.goto(path)
        page.evaluate("document.body.dataset.same = 'yes'")
        for subject in (f"First on {path}", f"Second on {path}"):
            # In a thread: this one belongs to playwright's event loop, where Django refuses to ask the database.
            together(partial(update_ticket, world.ticket, subject=subject, by=BY))
            expect(page.get_by_text(subject).filter(visible=True).first).to_be_visible(timeout=30_000)
        assert page.evaluate("document.body.dataset.same") == "yes", "the page was not loaded again"
