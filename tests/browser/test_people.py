"""The bell rings while somebody works elsewhere, and a photo becomes a picture."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Desk, sign_in
from tests.pictures import png

pytestmark = pytest.mark.browser


def test_the_bell_rings_within_seconds(emma: Page, desk: Desk, chromium: Browser) -> None:
    desk.wait_until_at_rest()  # it tells what is due soon
    bell = emma.locator("[data-count=notifications]")
    emma.goto(f"{desk.url}/notifications")
    emma.get_by_role("button", name="Mark all as read").click()
    emma.goto(f"{desk.url}/notifications?unread=true")
    expect(emma.get_by_role("heading", name="Nothing unread")).to_be_visible()
    expect(bell).to_have_text("", timeout=15000)
    context = chromium.new_context()
    john = context.new_page()
    sign_in(john, desk, "john")
    john.goto(f"{desk.url}/tickets/T-0003")
    john.keyboard.press("a")
    john.get_by_role("menuitemradio", name="Emma Clarke").click()
    row = emma.get_by_role("button", name="Unread: John Reyes assigned T-0003 to you")
    expect(row).to_be_visible(timeout=15000)
    expect(bell).to_have_text("1", timeout=15000)
    emma.keyboard.press("j")
    emma.keyboard.press("Enter")
    emma.wait_for_url("**/tickets/T-0003")
    expect(bell).to_have_text("", timeout=15000)
    context.close()


def test_a_photo_is_cut_to_a_small_square(emma: Page, desk: Desk, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(png(1600, 1200))
    emma.goto(f"{desk.url}/profile")
    emma.get_by_label("Picture").set_input_files(photo)
    expect(emma.locator("[data-picture]")).to_have_js_property("value", r"C:\fakepath\picture.png")
    emma.get_by_role("button", name="Save").click()
    expect(emma.get_by_text("Profile saved")).to_be_visible()
    shown = emma.locator(".me .avatar img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [256, 256]
