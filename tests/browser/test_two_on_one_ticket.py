"""Two browsers on one ticket, and a server that dies under them."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, Post, sign_in
from tests.faults.house import kill_9, steady_port
from tests.house.processes import ROOT, Running, environment

pytestmark = pytest.mark.browser

TICKET = "T-0004"


@dataclass
class House:
    """A SupportFlow that can be killed and started again at the same address."""

    data: Path
    port: int
    running: Running | None = None
    token: str = ""

    @property
    def desk(self) -> Desk:
        return Desk(f"http://127.0.0.1:{self.port}", 0, self.data, Post(), environment(**self.values))

    @property
    def values(self) -> dict[str, str]:
        return {"SUPPORTFLOW_DATA": str(self.data), "SUPPORTFLOW_UNDO_SEND": "0"}

    def start(self) -> None:
        command = [sys.executable, "-m", "supportflow", "serve", "--port", str(self.port), "--data", str(self.data)]
        self.running = Running(command, ROOT, **self.values)
        self.running.wait_for_line("Ready: ")

    def kill(self) -> None:
        assert self.running
        for process in [*self.running.children(), self.running.process.pid]:
            kill_9(process)
        self.running.process.wait(30)
        self.running.close()

    def note(self, text: str) -> None:
        """Somebody elsewhere, by the API."""
        made = {"ticket": TICKET, "body": text, "visibility": "INTERNAL"}
        self.desk.api("/comments", self.token, "POST", made)


@pytest.fixture(scope="module")
def house(data: Path) -> Iterator[House]:
    house = House(data, steady_port())
    house.start()
    house.token = house.desk.run("token", "create", "--user", "priya@supportflow.example", "--name", "elsewhere")
    yield house
    house.kill()


@pytest.fixture
def both(house: House, chromium: Browser) -> Iterator[tuple[Page, Page]]:
    """Emma's and John's browser, both at the ticket."""
    contexts = [chromium.new_context(viewport={"width": 1440, "height": 900}) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page, who in zip(pages, ("emma", "john"), strict=True):
        sign_in(page, house.desk, who)
        page.goto(f"{house.desk.url}/tickets/{TICKET}")
        page.evaluate("document.body.dataset.same = 'yes'")
    yield pages[0], pages[1]
    for context in contexts:
        context.close()


def write(page: Page, key: str, text: str) -> None:
    page.keyboard.press(key)
    page.keyboard.type(text)


def test_each_sees_the_other_come_write_and_leave(house: House, both: tuple[Page, Page]) -> None:
    emma, john = both
    expect(emma.locator("#here")).to_contain_text("John views")
    expect(john.locator("#here")).to_contain_text("Emma views")
    write(john, "r", "Let me see")
    expect(emma.locator("#collision")).to_contain_text("John is writing a reply", timeout=1500)
    expect(emma.locator("#here")).to_contain_text("John writes")
    emma.locator("#collision label").click()
    expect(emma.locator("[name=kind][value=note]")).to_be_checked()
    john.fill("#body", "")
    expect(emma.locator("#collision .banner")).to_have_count(0)
    john.goto(f"{house.desk.url}/tickets")
    expect(emma.locator("#here .here")).to_have_count(0, timeout=5000)


def test_a_browser_that_dies_is_gone_after_twenty_seconds(house: House, both: tuple[Page, Page]) -> None:
    emma, john = both
    expect(emma.locator("#here")).to_contain_text("John views")
    # As a machine that loses its power: not a word more, not even of its end.
    john.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    expect(emma.locator("#here .here")).to_have_count(0, timeout=23_000)


def test_two_who_answer_do_so_knowingly(house: House, both: tuple[Page, Page]) -> None:
    emma, john = both
    write(emma, "r", "Emma's answer")
    write(john, "r", "John's answer")
    john.keyboard.press("Control+Enter")
    expect(emma.locator("#thread")).to_contain_text("John's answer")
    expect(emma.locator("#collision")).to_contain_text("John Reyes replied while you were writing")
    expect(emma.locator("#body")).to_have_value("Emma's answer")
    emma.locator("#body").press("Control+Enter")
    expect(emma.locator("[data-summary]")).to_contain_text("John Reyes replied while you were writing")
    expect(emma.locator("#body")).to_have_value("Emma's answer")
    assert "Emma's answer" not in john.locator("#thread").inner_text()
    emma.locator("#body").press("Control+Enter")
    expect(john.locator("#thread")).to_contain_text("Emma's answer")
    assert emma.evaluate("document.body.dataset.same") == "yes", "the page was never loaded anew"


def test_a_server_that_is_killed_takes_no_draft_and_no_event_with_it(house: House, both: tuple[Page, Page]) -> None:
    emma, john = both
    emma.fill("#body", "Begun before")
    house.kill()
    emma.keyboard.type(", gone on without a server")
    write(john, "n", "John's note")
    john.keyboard.press("Control+Enter")
    expect(john.locator(".toast.red")).to_contain_text("What you wrote is safe")
    expect(john.locator("#body")).to_have_value("John's note")
    house.start()
    house.note("Written before anybody was back")
    for page in both:
        expect(page.locator("#thread")).to_contain_text("Written before anybody was back", timeout=20_000)
        assert page.evaluate("document.body.dataset.same") == "yes", "the page was never loaded anew"
    expect(emma.locator("#body")).to_have_value("Begun before, gone on without a server")
    john.locator("#body").press("Control+Enter")
    expect(emma.locator("#thread")).to_contain_text("John's note")
    expect(emma.locator("#here")).to_contain_text("John views", timeout=10_000)
    emma.reload()
    expect(emma.locator("#body")).to_have_value("Begun before, gone on without a server")
