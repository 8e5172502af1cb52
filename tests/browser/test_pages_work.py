"""What scripts add to the pages: changes in place, undo, drafts that survive, news of others, conflicts."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, sign_in

pytestmark = pytest.mark.browser


def body(page: Page) -> str:
    return page.input_value("#body")


def test_a_ticket_changes_in_place_by_single_keys(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0003")
    loads: list[str] = []
    emma.on("framenavigated", lambda frame: loads.append(frame.url))
    emma.keyboard.press("p")
    expect(emma.locator("#priority-menu")).to_be_visible()
    emma.keyboard.press("ArrowUp")
    emma.keyboard.press("Enter")
    priority = emma.locator(".title-block [data-priority]")
    expect(priority).to_have_text("Medium")
    emma.keyboard.press("z")
    expect(priority).to_have_text("Low")
    emma.keyboard.press("a")
    emma.get_by_role("menuitemradio", name="Priya Nair").click()
    assignee = emma.locator("[data-menu-opener=assignee-menu]")
    expect(assignee).to_contain_text("Priya Nair")
    emma.keyboard.press("i")
    expect(assignee).to_contain_text("Emma Clarke")
    emma.keyboard.press("t")
    emma.fill("#field_tags", "vip, bug")
    emma.keyboard.press("Enter")
    expect(emma.locator(".props .tag")).to_have_text(["bug", "vip"])
    emma.get_by_role("button", name="Change the subject").click()
    emma.fill("#field_subject", "x" * 100 + " " * 200)
    emma.keyboard.press("Escape")
    emma.keyboard.press("Escape")
    assert loads == []
    emma.keyboard.press("u")
    emma.wait_for_url(f"{desk.url}/tickets")


def test_drafts_survive_reload_refresh_and_the_end_of_the_session(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0003")
    emma.keyboard.press("r")
    emma.keyboard.type("half a reply")
    emma.keyboard.press("Escape")
    emma.keyboard.press("n")
    expect(emma.locator("#body")).to_have_value("")
    emma.keyboard.type("half a note")
    emma.reload()
    assert body(emma) == "half a reply"
    emma.keyboard.press("n")
    assert body(emma) == "half a note"
    emma.keyboard.type(", and more")
    with emma.expect_response(re.compile("/tickets/T-0003")):
        emma.evaluate("document.getElementById('ticket').dispatchEvent(new CustomEvent('live'))")
    emma.keyboard.type(", and yet more")  # the focus is still there
    assert body(emma) == "half a note, and more, and yet more"

    emma.context.clear_cookies(name="sessionid")
    emma.keyboard.press("Control+Enter")
    emma.wait_for_url(re.compile(r"/login\?next="))
    emma.get_by_label("E-mail").fill("emma@supportflow.example")
    emma.get_by_label("Password").fill("welcome-to-the-desk")
    emma.get_by_role("button", name="Sign in").click()
    emma.wait_for_url(re.compile("/tickets/T-0003"))
    assert body(emma) == "half a reply"
    emma.keyboard.press("n")
    emma.keyboard.press("Control+Enter")
    expect(emma.locator(".message[data-kind=note]").last).to_contain_text("and yet more")
    assert body(emma) == ""
    emma.reload()
    emma.keyboard.press("n")
    assert body(emma) == ""
    emma.keyboard.press("Escape")
    emma.keyboard.press("r")
    assert body(emma) == "half a reply"


def test_the_second_editor_is_shown_what_the_first_wrote(desk: Desk, emma: Page, chromium: Browser) -> None:
    emma.goto(f"{desk.url}/tickets/T-0005")
    emma.get_by_role("button", name="Change the subject").click()
    emma.fill("#field_subject", "Emma's words")

    context = chromium.new_context()
    john = context.new_page()
    sign_in(john, desk, "john")
    john.goto(f"{desk.url}/tickets/T-0005/edit")
    john.get_by_label("Subject").fill("John's words")
    john.get_by_role("button", name="Save ticket").click()
    john.wait_for_url(re.compile("/tickets/T-0005$"))
    # His change shows by itself, and her open form is left alone.
    expect(emma.get_by_role("heading", level=1)).to_have_text("John's words")
    assert emma.input_value("#field_subject") == "Emma's words"

    emma.locator("#field_subject").press("Enter")
    for words in ("John's words", "Emma's words"):
        expect(emma.locator("[data-summary]")).to_contain_text(words)
    emma.get_by_role("button", name="Save mine after all").click()
    expect(emma.get_by_role("heading", level=1)).to_have_text("Emma's words")
    expect(john.get_by_role("heading", level=1)).to_have_text("Emma's words")
    context.close()


def test_files_are_listed_removed_and_sent(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0003")
    emma.keyboard.press("n")
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"hello"} for name in ("one.txt", "two.txt")]
    emma.set_input_files("#uploads", files)  # type: ignore[arg-type]
    emma.get_by_role("button", name="Remove one.txt").click()
    expect(emma.locator("[data-shelf=note] .file")).to_have_count(1)
    expect(emma.locator("[data-shelf=note] .file")).to_contain_text("two.txt")
    emma.locator("#body").fill("See the file.")
    emma.keyboard.press("Control+Enter")
    sent = emma.locator(".message[data-kind=note]").last
    expect(sent).to_contain_text("two.txt")
    expect(sent).not_to_contain_text("one.txt")
    expect(emma.locator("[data-shelf=note] .file")).to_have_count(0)


def test_the_list_filters_searches_and_switches_the_theme(desk: Desk, emma: Page) -> None:
    emma.keyboard.press("f")
    emma.locator("#filter-fields summary", has_text="Assignee").click()
    emma.get_by_label("Me", exact=True).check()
    emma.locator("#filter-menu").get_by_role("button", name="Show").click()
    emma.wait_for_url(re.compile(r"\?(?!.*status=)(?=.*assignee=me)"))
    emma.get_by_role("link", name="Remove filter").first.click()
    emma.wait_for_url(re.compile(r"/tickets(\?sort=[^&]*)?$"))
    emma.keyboard.press("/")
    emma.keyboard.type("T-0004")
    emma.keyboard.press("Enter")
    emma.wait_for_url(re.compile(r"q=T-0004"))
    expect(emma.locator("tbody tr")).to_have_count(1)
    emma.keyboard.press("Escape")
    emma.keyboard.press("?")
    expect(emma.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    emma.keyboard.press("Escape")
    emma.locator(".me").click()
    emma.get_by_role("menuitemradio", name="Dark").click()
    expect(emma.locator("html")).to_have_attribute("data-theme", "dark")
    emma.reload()
    expect(emma.locator("html")).to_have_attribute("data-theme", "dark")
