"""Merge, links, checklist, time, snooze and permalinks with a browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.house.processes import wait_until

pytestmark = pytest.mark.browser


def test_merged_by_keyboard_and_undone_from_the_panel(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0005")
    emma.keyboard.press("g")
    emma.keyboard.press("m")
    expect(emma.locator("#merge-into")).to_be_focused()
    emma.keyboard.type("Dark mode")
    expect(emma.locator("#merge-into-options option")).to_have_attribute("value", "T-0002 Dark mode feature")
    emma.fill("#merge-into", "T-0002")
    emma.keyboard.press("Enter")
    expect(emma.locator(".card")).to_contain_text("becomes a part of")
    emma.get_by_role("button", name="Merge").click()
    emma.wait_for_url(re.compile("/tickets/T-0002$"))
    expect(emma.locator("#thread")).to_contain_text("from T-0005")
    emma.get_by_role("button", name="Undo the merge of T-0005").click()
    emma.wait_for_url(re.compile("/tickets/T-0005$"))
    expect(emma.locator("#composer")).to_be_visible()


def test_the_panel_changes_in_place_and_for_others_too(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0003")
    other = emma.context.new_page()
    other.goto(f"{desk.url}/tickets/T-0003")
    thing = emma.get_by_label("Another thing to do")
    for text in ("Ask for the invoice", "Call back"):
        thing.fill(text)
        thing.press("Enter")
        expect(emma.locator(".checklist")).to_contain_text(text)
        expect(thing).to_have_value("")
        expect(thing).to_be_focused()
    expect(other.locator(".checklist")).to_contain_text("Call back", timeout=10_000)
    emma.get_by_role("checkbox", name="Call back").click()
    expect(emma.get_by_role("checkbox", name="Call back")).to_have_attribute("aria-checked", "true")
    emma.get_by_role("button", name="Move up: Call back").click()
    expect(emma.locator(".checklist li").first).to_contain_text("Call back")
    emma.get_by_role("button", name="Link a ticket").click()
    emma.locator("#link-kind").select_option("PARENT")
    emma.locator("#link-other").fill("T-0001")
    emma.locator("#link-form").get_by_role("button", name="Link").click()
    expect(emma.locator("#beside")).to_contain_text("Part of Unable to login")
    expect(emma.locator("#link-form")).to_be_hidden()
    emma.get_by_role("button", name="Add time").click()
    emma.locator("#time-minutes").fill("75")
    emma.locator("#time-form").get_by_role("button", name="Add").click()
    expect(emma.locator("#beside")).to_contain_text("1h 15m")
    expect(emma.locator("#thread")).to_contain_text("more changes", timeout=10_000)
    other.close()


def test_what_is_typed_is_kept_when_somebody_else_changes_the_list(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0004")
    emma.get_by_label("Another thing to do").fill("half a th")
    other = emma.context.new_page()
    other.goto(f"{desk.url}/tickets/T-0004/beside")
    other.get_by_label("Another thing to do").fill("from the other window")
    other.get_by_role("button", name="Add", exact=True).click()
    expect(emma.locator("#beside")).to_contain_text("from the other window", timeout=10_000)
    expect(emma.get_by_label("Another thing to do")).to_have_value("half a th")
    other.close()


def test_snoozed_by_keyboard_and_brought_back(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0001")
    emma.keyboard.press("h")
    expect(emma.locator("#snooze .item").first).to_be_focused()
    emma.keyboard.press("ArrowDown")
    emma.keyboard.press("Enter")
    expect(emma.locator(".title-block")).to_contain_text("You put this off until")
    emma.goto(f"{desk.url}/tickets")
    expect(emma.locator("tr", has_text="T-0001").locator(".snoozed")).to_be_visible()
    emma.goto(f"{desk.url}/tickets/T-0001")
    emma.get_by_role("button", name="Bring it back").click()
    expect(emma.locator(".title-block")).not_to_contain_text("You put this off until")


def test_a_link_to_a_message_is_copied_and_leads_there(desk: Desk, emma: Page) -> None:
    emma.context.grant_permissions(["clipboard-read", "clipboard-write"])
    emma.goto(f"{desk.url}/tickets/T-0004")
    emma.get_by_label("Message menu").last.click()
    emma.get_by_role("menuitem", name="Copy the link").click()
    expect(emma.locator(".toast")).to_contain_text("Link copied")
    copied = emma.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{desk.url}/comments/\d+", copied)
    emma.goto(copied)
    emma.wait_for_url(re.compile(r"/tickets/T-0004#comment-\d+$"))
    expect(emma.locator("li:target .message")).to_be_in_viewport()


def test_similar_tickets_come_when_somebody_looks_there(desk: Desk, emma: Page) -> None:
    token = desk.run("token", "create", "--user", "emma@supportflow.example", "--name", "similar")
    contact = desk.api("/contacts?q=sarah", token)["items"][0]["id"]
    desk.api("/tickets", token, "POST", {"subject": "Unable to login once more", "contact_id": contact})
    wait_until(lambda: "once more" in str(desk.api("/tickets/T-0001/similar", token)), "the search knows of it")
    emma.goto(f"{desk.url}/tickets/T-0001")
    emma.locator("#similar").scroll_into_view_if_needed()
    expect(emma.locator("#similar")).to_contain_text("Unable to login once more")
