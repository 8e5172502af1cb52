"""The list by keyboard and mouse: selection, many at once, undo, layouts, views."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, sign_in

pytestmark = pytest.mark.browser


def row(page: Page, number: str) -> str:
    """A row's words."""
    return page.locator("tr", has_text=number).inner_text()


def test_many_tickets_change_by_keyboard_and_one_key_takes_it_back(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?sort=number")
    emma.keyboard.press("j")
    emma.keyboard.press("x")
    emma.keyboard.press("J")
    expect(emma.locator(".bulk")).to_be_visible()
    expect(emma.locator("[data-selected]")).to_have_text("2")
    emma.keyboard.press("p")
    expect(emma.locator("#bulk-priority")).to_be_visible()
    expect(emma.locator("#bulk-priority .item").first).to_be_focused()
    emma.keyboard.press("u")  # jumps to "Urgent"
    emma.keyboard.press("Enter")
    expect(emma.locator(".toast")).to_contain_text("2 tickets changed")
    assert "Urgent" in row(emma, "T-0001")
    assert "Urgent" in row(emma, "T-0002")
    expect(emma.locator(".bulk")).to_be_hidden()
    emma.keyboard.press("z")
    expect(emma.locator("tr", has_text="T-0001")).to_contain_text("High")
    expect(emma.locator("tr", has_text="T-0002")).to_contain_text("Medium")


def test_a_key_acts_on_the_row_under_the_cursor(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?sort=number")
    for _ in range(3):
        emma.keyboard.press("j")
    emma.keyboard.press("i")
    expect(emma.locator("tr", has_text="T-0003")).to_contain_text("Emma")
    emma.keyboard.press("z")
    expect(emma.locator("tr", has_text="T-0003")).to_contain_text("John")


def test_shift_and_click_ticks_a_stretch_and_escape_lets_go(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?sort=number")
    boxes = emma.locator("tbody .c-check input")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(emma.locator("[data-selected]")).to_have_text("4")
    emma.keyboard.press("Escape")
    expect(emma.locator(".bulk")).to_be_hidden()
    emma.locator("[data-select-page]").click()
    expect(emma.locator("[data-selected]")).to_have_text(str(boxes.count()))
    emma.get_by_label("Clear selection").click()
    expect(emma.locator(".bulk")).to_be_hidden()


def test_a_ticket_opens_beside_the_list_and_stands_in_the_address(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?layout=split&sort=number")
    emma.locator(".cover", has_text="Billing inquiry").click()
    expect(emma.locator("#pane h1")).to_have_text("Billing inquiry")
    emma.wait_for_url(re.compile("open=T-0003"))
    emma.keyboard.press("j")
    expect(emma.locator("#pane h1")).to_have_text("Dashboard slow")
    emma.keyboard.press("r")
    emma.keyboard.type("beside the list")
    emma.reload()
    expect(emma.locator("#pane h1")).to_have_text("Dashboard slow")
    expect(emma.locator("#body")).to_have_value("beside the list")
    emma.fill("#body", "")


def test_a_card_moves_to_another_lane_by_keyboard_and_by_mouse(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?layout=board&sort=number")
    lane = {name: emma.locator(f"[data-lane={name}]") for name in ("OPEN", "IN_PROGRESS", "WAITING")}
    emma.keyboard.press("j")
    expect(lane["OPEN"].locator("[aria-current]")).to_contain_text("T-0001")
    emma.keyboard.press("Shift+ArrowRight")
    expect(lane["IN_PROGRESS"]).to_contain_text("T-0001")
    lane["IN_PROGRESS"].locator("li", has_text="T-0001").drag_to(lane["WAITING"])
    expect(lane["WAITING"]).to_contain_text("T-0001")
    lane["WAITING"].locator("li", has_text="T-0001").drag_to(lane["OPEN"])
    expect(lane["OPEN"]).to_contain_text("T-0001")


def test_a_filtered_list_is_saved_as_a_view_with_its_count(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets")
    emma.keyboard.press("f")
    emma.locator("#filter-fields summary", has_text="Category").click()
    emma.get_by_label("Billing", exact=True).check()
    emma.locator("#filter-menu").get_by_role("button", name="Show").click()
    emma.wait_for_url(re.compile("category=BILLING"))
    emma.get_by_role("button", name="Save view").first.click()
    emma.fill("#view_name", "Money matters")
    emma.keyboard.press("Enter")
    link = emma.locator(".sidebar a", has_text="Money matters")
    expect(link).to_have_attribute("aria-current", "page")
    expect(link.locator(".count")).to_have_text("1")


def test_one_reply_for_all_that_are_ticked_is_checked_then_said_on_each(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?sort=number")
    emma.keyboard.press("j")
    emma.keyboard.press("x")
    emma.keyboard.press("J")
    emma.keyboard.press("r")
    emma.wait_for_url("**/tickets/reply")
    emma.get_by_label("Message").fill("Hello {{customer.first_name}}, it works again.")
    emma.keyboard.press("Control+Enter")
    expect(emma.get_by_text("2 tickets get the reply.")).to_be_visible()
    expect(emma.locator("main")).to_contain_text("Hello Sarah, it works again.")
    found = Axe().run(emma)
    assert found.violations_count == 0, found.generate_report()
    emma.get_by_role("button", name="Write on").click()
    emma.get_by_label("Internal note on each ticket").check()
    emma.get_by_role("button", name="Check who gets it").click()
    expect(emma.get_by_text("2 tickets get the note.")).to_be_visible()
    emma.keyboard.press("Control+Enter")
    emma.wait_for_url("**/tickets/replies/*")
    expect(emma.locator("#bulk-sent")).to_contain_text("2 of 2 tickets", timeout=20_000)
    emma.goto(f"{desk.url}/tickets/T-0002")
    expect(emma.locator("#conversation [data-kind=note]").last).to_contain_text("Hello Michael, it works again.")


def test_ticked_tickets_are_put_off_by_keyboard_and_come_back(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?sort=number")
    for letters, told in (("t", "2 tickets are put off"), ("nn", "2 tickets are back")):
        emma.locator("tbody .c-check input").nth(0).check()
        emma.locator("tbody .c-check input").nth(1).check()
        emma.keyboard.press("h")
        expect(emma.locator("#bulk-snooze .item").first).to_be_focused()
        for letter in letters:  # the first "n" is next Monday
            emma.keyboard.press(letter)
        emma.keyboard.press("Enter")
        expect(emma.locator(".toast").last).to_contain_text(told, timeout=20_000)


def test_without_a_script_many_go_to_a_colleague(desk: Desk, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, desk)
    page.goto(f"{desk.url}/tickets?sort=number")
    page.locator("tbody .c-check input").nth(0).check()
    page.get_by_role("button", name="Assign").first.click()
    page.get_by_role("menuitem", name="A colleague…").click()
    page.wait_for_url("**/tickets/change")
    page.get_by_label("Assignee").select_option(label="Emma Clarke")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/tickets?sort=number")
    expect(page.locator("tr", has_text="T-0001")).to_contain_text("Emma")
    expect(page.locator(".toast")).to_contain_text("1 ticket changed")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("tr", has_text="T-0001")).to_contain_text("John")
    context.close()
