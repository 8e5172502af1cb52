"""Every page at two sizes in two themes: nothing for axe to find, nothing sideways, nothing the policy blocks."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Desk, sign_in

pytestmark = pytest.mark.browser

SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    },
}
PAGES = (
    *("/tickets", "/tickets?q=nothing-like-it&status=OPEN", "/tickets/T-0004", "/tickets/T-0004/edit", "/tickets/new"),
    *("/contacts", "/contacts/1", "/contacts/1/edit", "/companies", "/companies/1", "/companies/1/edit"),
    *("/settings/tags", "/settings/outgoing-mail", "/profile", "/no/such/page"),
)


def problems(page: Page, name: str) -> list[str]:
    found = [
        f"{name}: {violation['id']} {violation['nodes'][0]['target']}"
        for violation in Axe().run(page).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{name}: scrolls sideways")
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(desk: Desk, chromium: Browser, size: str, theme: Any) -> None:
    context = chromium.new_context(color_scheme=theme, reduced_motion="reduce", **SIZES[size])
    page, found = context.new_page(), []
    page.on("console", lambda said: found.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{desk.url}/login")
    found += problems(page, "/login")
    page.get_by_label("E-mail").fill("nobody@supportflow.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    found += problems(page, "/login, wrong")
    sign_in(page, desk, "admin")
    for path in PAGES:
        page.goto(f"{desk.url}{path}")
        found += problems(page, path)
    page.goto(f"{desk.url}/tickets/T-0004")
    page.click("[popovertarget=send-menu]")
    found += problems(page, "the menu of the composer")
    page.keyboard.press("Escape")
    page.locator("[name=kind][value=note]").check(force=True)
    page.locator(".as-note[data-send]").click()
    page.locator("[data-summary]").wait_for()
    found += problems(page, "an error in the composer")
    context.close()
    assert found == []
