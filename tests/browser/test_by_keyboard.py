"""Everyday tasks by keyboard alone. How many keys each takes stands in docs/keyboard.md, and is held to here."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.house.processes import ROOT

pytestmark = pytest.mark.browser

ROW = re.compile(r"^\| ([^|]+?) \| [^|]+ \| (\d+) \|$", re.MULTILINE)
TOLD = {task: int(count) for task, count in ROW.findall((ROOT / "docs" / "keyboard.md").read_text())}


@dataclass
class Keys:
    page: Page
    done: set[str]
    pressed: int = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def write(self, words: str) -> None:
        """An answer, a note, what is searched for."""
        self.page.keyboard.type(words)


@pytest.fixture(scope="module")
def done() -> set[str]:
    """The tasks that were done, with as many keys as the page says."""
    return set()


@pytest.fixture
def keys(emma: Page, done: set[str]) -> Keys:
    return Keys(emma, done)


@contextmanager
def counted(task: str, keys: Keys) -> Iterator[None]:
    before = keys.pressed
    yield
    assert keys.pressed - before == TOLD[task], task
    keys.done.add(task)


Make = Callable[..., str]


@pytest.fixture
def make(desk: Desk) -> Make:
    """A new ticket of Sarah's, by the API; gives its number."""
    token = desk.run("token", "create", "--user", "admin@supportflow.example", "--name", "keyboard")
    contact = desk.api("/contacts?q=sarah", token)["items"][0]["id"]

    def ticket(subject: str, comment: str = "", **values: Any) -> str:
        status = values.pop("status", None)
        made = {"subject": subject, "contact_id": contact, **values}
        number: str = desk.api("/tickets", token, "POST", made)["number"]
        if comment:
            desk.api("/comments", token, "POST", {"ticket": number, "body": comment, "visibility": "INTERNAL"})
        if status:
            desk.api(f"/tickets/{number}", token, "PATCH", {"status": status})
        return number

    return ticket


def test_the_next_ticket_and_back_to_the_list(desk: Desk, keys: Keys, make: Make) -> None:
    first, second = make("In a row", tags=["row"]), make("In a row too", tags=["row"])
    page = keys.page
    page.goto(f"{desk.url}/tickets?q=in+a+row&sort=number")
    keys.press("j", "Enter")
    page.wait_for_url(f"**/{first}")
    with counted("Open the next ticket of the list", keys):
        keys.press("j")
    page.wait_for_url(f"**/{second}")
    keys.press("k")
    page.wait_for_url(f"**/{first}")
    keys.press("u")
    page.wait_for_url("**/tickets?q=in+a+row&sort=number")


def test_an_answer_that_resolves(desk: Desk, keys: Keys, make: Make) -> None:
    keys.page.goto(f"{desk.url}/tickets/{make('To answer')}")
    with counted("Answer and resolve", keys):
        keys.press("r")
        keys.write("It works again.")
        keys.press("Control+Shift+Enter")
    expect(keys.page.locator(".title-block [data-status]")).to_have_text("Resolved")
    expect(keys.page.locator("#thread")).to_contain_text("It works again.")


def test_a_note_that_calls_a_colleague(desk: Desk, keys: Keys, make: Make) -> None:
    keys.page.goto(f"{desk.url}/tickets/{make('Who knows')}")
    with counted("A note that calls John", keys):
        keys.press("n")
        keys.write("Do you know more, ")
        keys.press("@", "j")
        expect(keys.page.locator("#mention-menu [aria-selected=true]")).to_contain_text("John")
        keys.press("Enter")
        keys.press("Control+Enter")
    expect(keys.page.locator("#thread [data-kind=note]")).to_contain_text("@John Reyes")


def test_assigning_to_me(desk: Desk, keys: Keys, make: Make) -> None:
    keys.page.goto(f"{desk.url}/tickets/{make('Mine')}")
    with counted("Assign to me", keys):
        keys.press("i")
    expect(keys.page.locator("#details .props").first).to_contain_text("Emma Clarke")


def test_the_priority(desk: Desk, keys: Keys, make: Make) -> None:
    keys.page.goto(f"{desk.url}/tickets/{make('It burns')}")
    with counted("Set the priority to urgent", keys):
        keys.press("p", "u", "Enter")
    expect(keys.page.locator(".title-block [data-priority]")).to_have_text("Urgent")


def test_a_tag_joins_those_that_are_there(desk: Desk, keys: Keys, make: Make) -> None:
    keys.page.goto(f"{desk.url}/tickets/{make('To tag', tags=['bug'])}")
    with counted("Add a tag", keys):
        keys.press("t", "v", "i", "p", "Enter")
    expect(keys.page.locator("#details .tag")).to_have_text(["bug", "vip"])


def test_merging(desk: Desk, keys: Keys, make: Make) -> None:
    number = make("The same again")
    keys.page.goto(f"{desk.url}/tickets/{number}")
    with counted("Merge into T-0003", keys):
        keys.press("g", "m")
        expect(keys.page.locator("#merge-into")).to_be_focused()
        keys.press("3", "Enter")
        expect(keys.page.get_by_role("button", name="Merge", exact=True)).to_be_focused()
        keys.press("Enter")
    keys.page.wait_for_url("**/T-0003*")
    keys.page.goto(f"{desk.url}/tickets/{number}")
    expect(keys.page.locator(".banner", has_text="Merged into")).to_contain_text("T-0003")


def test_snoozing(desk: Desk, keys: Keys, make: Make) -> None:
    keys.page.goto(f"{desk.url}/tickets/{make('Not now')}")
    with counted("Snooze until tomorrow", keys):
        keys.press("h", "t", "Enter")
    expect(keys.page.locator(".title-block .banner")).to_contain_text("You put this off until")


def test_twenty_are_closed(desk: Desk, keys: Keys, make: Make) -> None:
    for number in range(20):
        make(f"Settled {number}", tags=["settled"], status="RESOLVED")
    keys.page.goto(f"{desk.url}/tickets?q=settled")
    with counted("Close twenty resolved tickets", keys):
        keys.press("Shift+X", "s", "c", "Enter")
    expect(keys.page.locator(".toast")).to_contain_text("20 tickets changed")
    expect(keys.page.locator("tbody [data-status=CLOSED]").first).to_be_attached()


def test_a_ticket_is_found_by_a_word_of_a_comment(desk: Desk, keys: Keys, make: Make) -> None:
    number = make("Something else", comment="The quokka chewed the cable.")
    keys.page.goto(f"{desk.url}/contacts")
    with counted("Find a ticket by a word in a comment", keys):
        keys.press("Control+k")
        keys.write("quokka")
        expect(keys.page.locator("#palette [aria-selected=true]")).to_contain_text(number)
        keys.press("Enter")
    keys.page.wait_for_url(f"**/{number}*")


def test_every_task_of_the_page_was_done(done: set[str]) -> None:
    assert done == set(TOLD)


def test_single_keys_can_be_switched_off(desk: Desk, keys: Keys) -> None:
    page = keys.page
    page.goto(f"{desk.url}/tickets/T-0002")
    page.keyboard.press("?")
    page.get_by_label("Use shortcuts of a single key").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#priority-menu")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("keyboard")
    page.keyboard.press("Enter")
    page.get_by_label("Use shortcuts of a single key").check()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#priority-menu")).to_be_visible()


def test_escape_lets_go_and_then_goes_up(desk: Desk, keys: Keys) -> None:
    page = keys.page
    page.goto(f"{desk.url}/tickets/T-0002")
    page.keyboard.press("r")
    page.keyboard.type("half")
    page.keyboard.press("Escape")
    expect(page.locator("#body")).to_have_value("half")
    page.keyboard.press("p")
    expect(page.locator("#priority-menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#priority-menu")).to_be_hidden()
    page.keyboard.press("Escape")
    page.wait_for_url("**/tickets")
    page.goto(f"{desk.url}/tickets/T-0002")
    expect(page.locator("#body")).to_have_value("half")
    page.fill("#body", "")
