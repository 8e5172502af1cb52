"""Macros by the keyboard: "/" at the start of a line, what comes with the words, and one without words."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def keep(page: Page, desk: Desk, name: str, body: str, kind: str = "REPLY", **changes: str) -> None:
    """Emma's own macro, made on its page, where the preview follows what she types."""
    page.goto(f"{desk.url}/settings/macros/new")
    page.fill("#id_name", name)
    page.select_option("#id_kind", kind)
    for field, value in changes.items():
        page.select_option(f"#id_{field}", value)
    page.fill("#id_body", body)
    page.keyboard.press("End")
    expect(page.locator("#macro-preview")).to_contain_text("Sarah" if body else "Sets")
    page.get_by_role("button", name="Save macro").click()
    page.wait_for_url(f"{desk.url}/settings/macros")


def test_a_slash_at_the_start_of_a_line_brings_words_and_changes(desk: Desk, emma: Page) -> None:
    keep(
        emma, desk, "Ask for details", "Hello {{customer.first_name}}, tell us more.", status="WAITING", priority="HIGH"
    )
    keep(emma, desk, "Seen it", "Seen {{customer.name}} before.", kind="NOTE")
    keep(emma, desk, "Raise it", "", priority="URGENT", category="INCIDENT")
    emma.goto(f"{desk.url}/tickets/T-0001")
    emma.keyboard.press("r")
    menu, body = emma.locator("#macro-menu"), emma.locator("#body")
    emma.keyboard.type("either/or")  # no line starts here
    expect(menu).not_to_be_visible()
    emma.keyboard.type("\n/as")
    expect(menu).to_be_visible()
    expect(menu.locator("li:visible")).to_have_count(1)
    emma.keyboard.press("Escape")
    expect(body).to_be_focused()
    emma.keyboard.press("Control+a")
    emma.keyboard.type("First of all\n/")
    expect(menu).to_be_visible()
    emma.keyboard.type("details")
    emma.keyboard.press("Enter")
    expect(body).to_have_value("First of all\nHello Sarah, tell us more.")
    expect(body).to_be_focused()
    steps = emma.locator("#macro-chosen .step")
    expect(steps).to_have_text(["Sets status to Waiting", "Sets priority to High"])
    emma.evaluate("document.getElementById('ticket').dispatchEvent(new CustomEvent('live'))")
    steps.nth(1).get_by_role("checkbox").uncheck()
    expect(emma.locator(".own-status")).not_to_be_visible()
    body.press("Control+Enter")
    expect(emma.locator(".message[data-kind=reply]").last).to_contain_text("Hello Sarah, tell us more.")
    expect(emma.locator(".title-block [data-status]")).to_have_text("Waiting")
    expect(emma.locator(".title-block [data-priority]")).to_have_text("High")  # as it was
    expect(steps).to_have_count(0)

    emma.keyboard.press("Escape")
    emma.keyboard.press("r")
    emma.keyboard.type("half a reply\n/")
    expect(menu).to_be_visible()
    emma.keyboard.type("seen")
    emma.keyboard.press("Enter")
    expect(body).to_have_value("Seen Sarah Johnson before.")
    expect(emma.locator(".as-note[data-send]")).to_be_visible()
    emma.keyboard.press("Escape")
    emma.keyboard.press("r")
    expect(body).to_have_value("half a reply\n")

    emma.keyboard.type("/")
    expect(menu).to_be_visible()
    emma.keyboard.type("raise")
    emma.keyboard.press("ArrowDown")
    emma.keyboard.press("Enter")
    expect(emma.locator(".title-block [data-priority]")).to_have_text("Urgent")
    expect(body).to_have_value("half a reply\n")
    emma.keyboard.press("Escape")
    emma.keyboard.press("z")
    expect(emma.locator(".title-block [data-priority]")).to_have_text("High")


# Between `showPopover`, which moves the focus, and `toggle`, which is told later.
TYPED_AT_ONCE = """menu.addEventListener("beforetoggle", () => queueMicrotask(() => {
  if (document.activeElement.matches("[data-narrows]")) document.activeElement.value = "never";
}), {once: true})"""


def test_letters_that_meet_the_opening_menu_are_not_lost(desk: Desk, emma: Page) -> None:
    keep(emma, desk, "Meet me", "Hello {{customer.first_name}}.")
    emma.goto(f"{desk.url}/tickets/T-0003")
    emma.evaluate(f"const menu = document.getElementById('macro-menu'); {TYPED_AT_ONCE}")
    emma.keyboard.press("r")
    emma.keyboard.type("/")
    expect(emma.get_by_text("No macro has this name.")).to_be_visible()
    expect(emma.locator("#macro-menu [data-narrows]")).to_have_value("never")


def test_macros_work_without_a_script(desk: Desk, emma: Page) -> None:
    assert emma.context.browser is not None
    plain = emma.context.browser.new_context(java_script_enabled=False, storage_state=emma.context.storage_state())
    page = plain.new_page()
    page.goto(f"{desk.url}/settings/macros/new")
    page.fill("#id_name", "Thank them")
    page.fill("#id_body", "Thank you, {{customer.first_name|friend}}!")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#macro-preview")).to_contain_text("Thank you, Sarah!")
    page.get_by_role("button", name="Save macro").click()
    page.goto(f"{desk.url}/tickets/T-0002")
    page.get_by_role("link", name="Macros").last.click()
    page.get_by_role("link", name="Thank them").click()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("/tickets/T-0002#comment-"))
    expect(page.locator(".message[data-kind=reply]").last).to_contain_text("Thank you, Michael!")
    plain.close()
