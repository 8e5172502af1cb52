"""Writing: drafts on every device, a reply taken back, formatting, files, colleagues, who gets it."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PASSWORD, Desk, running_desk, sign_in
from tests.house.processes import wait_until

pytestmark = pytest.mark.browser
SECONDS = 6  # until a reply goes out


@pytest.fixture(scope="module")
def desk(data: Path) -> Iterator[Desk]:
    with running_desk(data, SUPPORTFLOW_UNDO_SEND=str(SECONDS)) as desk:
        yield desk


@pytest.fixture
def other(desk: Desk, chromium: Browser) -> Iterator[Page]:
    """Another device of Emma's."""
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, desk)
    yield page
    context.close()


def write(page: Page, desk: Desk, number: str, text: str, key: str = "r") -> None:
    page.goto(f"{desk.url}/tickets/{number}")
    page.keyboard.press(key)
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def saved(page: Page) -> None:
    """Nothing is left that the server does not know."""
    wait_until(lambda: page.evaluate("document.getElementById('composer').draft.isKnown"), "the draft is saved")


def test_a_draft_follows_to_another_device_and_neither_text_is_lost(desk: Desk, emma: Page, other: Page) -> None:
    write(emma, desk, "T-0001", "Begun at my desk")
    emma.fill("[name=bcc]", "boss@acme.example")
    saved(emma)
    write(other, desk, "T-0001", ", finished on the train")
    assert other.input_value("[name=bcc]") == "boss@acme.example"
    saved(other)
    emma.focus("#body")
    emma.keyboard.press("Control+End")
    emma.keyboard.type(", finished at my desk")
    elsewhere = emma.get_by_role("button", name="Written on elsewhere")
    elsewhere.click()
    for words in ("finished at my desk", "finished on the train"):
        expect(emma.locator("#body")).to_have_value(re.compile(words))
    saved(emma)
    emma.fill("#body", "")
    emma.fill("[name=bcc]", "")
    saved(emma)


def test_a_reply_is_taken_back_by_one_key_and_goes_out_once_it_is_left_alone(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0003", "Too early")
    emma.keyboard.press("Control+Enter")
    expect(emma.locator("[data-held]")).to_contain_text("Goes out in")
    expect(emma.locator("#body")).to_have_value("")
    emma.keyboard.press("Escape")
    emma.keyboard.press("z")
    expect(emma.locator("#body")).to_have_value("Too early")
    expect(emma.locator("#body")).to_be_focused()
    expect(emma.locator("[data-held]")).to_have_count(0)
    emma.fill("#body", "Just in time")
    emma.keyboard.press("Control+Enter")
    expect(emma.locator("[data-held]")).to_be_visible()
    expect(emma.locator(".message", has_text="Just in time")).to_be_visible(timeout=(SECONDS + 8) * 1000)
    expect(emma.locator("[data-held]")).to_have_count(0)
    mail = desk.post.wait_for("emily")
    assert "Just in time" in str(mail.get_body())
    assert emma.locator(".message", has_text="Too early").count() == 0
    emma.reload()
    expect(emma.locator("#body")).to_have_value("")


def test_what_cannot_go_out_comes_back_with_the_reason(desk: Desk, emma: Page, other: Page) -> None:
    write(emma, desk, "T-0005", "After all")
    emma.keyboard.press("Control+Enter")
    expect(emma.locator("[data-held]")).to_be_visible()
    other.goto(f"{desk.url}/tickets/T-0005")
    other.get_by_role("button", name="More actions").click()
    other.get_by_role("menuitem", name="Move to the trash").click()
    banner = emma.get_by_text("Your reply did not go out.")
    expect(banner).to_be_visible(timeout=(SECONDS + 10) * 1000)
    emma.get_by_role("button", name="Restore").click()
    expect(emma.locator("#body")).to_have_value("After all")


def test_formatting_is_undone_by_the_browser_itself(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0002", "one", key="n")
    emma.keyboard.press("Control+a")
    emma.keyboard.press("Control+b")
    expect(emma.locator("#body")).to_have_value("**one**")
    emma.keyboard.press("Control+b")
    expect(emma.locator("#body")).to_have_value("one")
    emma.keyboard.press("Control+z")
    expect(emma.locator("#body")).to_have_value("**one**")
    emma.fill("#body", "one\ntwo")
    emma.keyboard.press("Control+a")
    emma.get_by_role("button", name="List").click()
    expect(emma.locator("#body")).to_have_value("- one\n- two")
    emma.get_by_role("button", name="Preview").click()
    expect(emma.locator("[data-preview] li")).to_have_count(2)
    emma.get_by_role("button", name="Preview").click()
    expect(emma.locator("#body")).to_be_focused()


def test_a_colleague_is_called_by_keyboard(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0004", "Ask @pri", key="n")
    option = emma.get_by_role("option")
    expect(option).to_have_text(re.compile("Priya Nair"))
    emma.keyboard.press("Enter")
    expect(emma.locator("#body")).to_have_value("Ask @Priya Nair ")
    expect(option).to_have_count(0)
    emma.keyboard.type("please")
    emma.keyboard.press("Control+Enter")
    expect(emma.locator(".message .mention").last).to_have_text("@Priya Nair")


def test_a_dropped_file_goes_up_is_taken_off_and_goes_out(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0004", "See the log", key="n")
    drop = """(name) => {
      const data = new DataTransfer();
      data.items.add(new File(["x".repeat(1000)], name, { type: "text/plain" }));
      const event = { bubbles: true, cancelable: true, dataTransfer: data };
      document.getElementById("body").dispatchEvent(new DragEvent("drop", event));
    }"""
    emma.evaluate(drop, "wrong.txt")
    expect(emma.locator("[data-shelf=note] .file")).to_have_count(1)
    emma.get_by_role("button", name="Remove wrong.txt").click()
    emma.evaluate(drop, "right.txt")
    expect(emma.locator("[data-shelf=note] .file")).to_have_text(re.compile(r"right\.txt"))
    emma.reload()
    emma.keyboard.press("n")
    expect(emma.locator("[data-shelf=note] .file")).to_have_text(re.compile(r"right\.txt"))
    emma.keyboard.press("Control+Enter")
    expect(emma.locator(".message a.file", has_text="right.txt")).to_be_visible()
    expect(emma.locator("[data-shelf=note] .file")).to_have_count(0)


def slowly(route: Route) -> None:
    time.sleep(1.5)
    route.continue_()


def test_a_message_waits_for_its_files(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0001", "With the film", key="n")
    emma.route("**/uploads", slowly)
    emma.set_input_files("#uploads", {"name": "film.txt", "mimeType": "text/plain", "buffer": b"film"})
    emma.keyboard.press("Control+Enter")
    expect(emma.locator(".message a.file", has_text="film.txt")).to_be_visible(timeout=10_000)


def test_who_gets_it_is_told_while_cc_is_written(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0001", "Hello")
    emma.fill("[name=cc]", "stranger@elsewhere.example")
    line = emma.locator("#recipients li", has_text="stranger@elsewhere.example")
    expect(line).to_contain_text("new")
    expect(line).to_contain_text("outside Acme Corporation")
    emma.fill("[name=cc]", "")
    expect(line).to_have_count(0)


def test_two_hundred_kilobytes_are_pasted_and_kept(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0004", "", key="n")
    emma.context.grant_permissions(["clipboard-read", "clipboard-write"])
    emma.evaluate("navigator.clipboard.writeText('a line of a log file\\n'.repeat(10000))")
    emma.keyboard.press("Control+v")
    saved(emma)
    emma.reload()
    emma.keyboard.press("n")
    assert len(emma.input_value("#body")) > 200_000
    emma.fill("#body", "")
    saved(emma)


def test_a_session_that_ends_while_writing_costs_nothing(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0002", "Half a ", key="n")
    emma.fill("#body", "Half a")
    emma.context.clear_cookies(name="sessionid")
    emma.keyboard.type(" sentence")
    expect(emma.get_by_text("Kept on this device")).to_be_visible()
    emma.keyboard.press("Control+Enter")
    emma.wait_for_url(re.compile(r"/login\?next="))
    emma.get_by_label("E-mail").fill("emma@supportflow.example")
    emma.get_by_label("Password").fill(PASSWORD)
    emma.get_by_role("button", name="Sign in").click()
    emma.wait_for_url(re.compile("/tickets/T-0002"))
    emma.keyboard.press("n")
    expect(emma.locator("#body")).to_have_value("Half a sentence")
    saved(emma)


def test_offline_it_stays_here_and_goes_up_with_the_network(desk: Desk, emma: Page) -> None:
    write(emma, desk, "T-0005", "x", key="n")
    emma.context.set_offline(True)
    emma.fill("#body", "Written in a tunnel")
    expect(emma.get_by_text("Kept on this device")).to_be_visible()
    emma.context.set_offline(False)
    saved(emma)
    expect(emma.get_by_text("Draft kept")).to_be_visible()
