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
STRANGERS = ("/password/reset", "/password/reset/done", "/password/reset/key/1-abc", "/inactive", "/api/docs")
PAGES = (
    *("/tickets", "/tickets?q=nothing-like-it&status=OPEN", "/tickets?trash=true", "/tickets?assignee=me"),
    *("/tickets/filters?status=OPEN", "/tickets?layout=split&open=T-0004", "/tickets?layout=board", "/settings/views"),
    *("/tickets/T-0004", "/tickets/T-0004/edit", "/tickets/new", "/tickets?sort=password"),
    *("/tickets/T-0004/beside", "/tickets/T-0004/merge", "/tickets/T-0004/merge?into=T-0003", "/tickets?snoozed=true"),
    *("/tickets/T-0004/print?notes=true", "/comments/1/menu", "/comments/1/mail"),
    *("/contacts", "/contacts/1", "/contacts/1/edit", "/contacts/new", "/contacts?q=nobody-like-it"),
    *("/companies", "/companies/1", "/companies/1/edit", "/companies/new", "/companies?trash=true"),
    *("/settings/macros", "/settings/macros/new", "/tickets/T-0004/macros"),
    *("/settings/tags", "/settings/tags/1", "/settings/outgoing-mail", "/profile", "/keyboard", "/no/such/page"),
    *("/settings/users", "/settings/users/4", "/settings/users/4/departure", "/settings/teams", "/settings/fields"),
    *("/settings/fields/1", "/settings/tags/1/merging", "/notifications", "/settings/notifications"),
    *("/settings/operations", "/settings/operations/mails", "/settings/operations/jobs?state=retrying"),
    *("/data", "/data/desk/ticket", "/data/desk/comment/1", "/data/core/activity?ticket_id=999"),
)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
BODY = f"{LONG}\n\n```\n{LONG}\n```\n\n| a | b |\n|---|---|\n| {LONG} | 2 |\n\n> السلام عليكم\n\n1. [{LONG}](https://x.example/)\n"
# In the other theme the same elements stand there: what can differ is contrast.
COLOURS = """async () => (await axe.run(document, {runOnly: ["color-contrast", "link-in-text-block"]})).violations"""


def problems(page: Page, name: str, size: str) -> list[str]:
    """What is wrong with this page, in the light and in the dark theme."""
    found = list(Axe().run(page).response["violations"])
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(COLOURS)
    page.emulate_media(color_scheme="light")
    told = [f"{name}: {violation['id']} {violation['nodes'][0]['target']}" for violation in found]
    width = page.evaluate("document.documentElement.scrollWidth")
    return [*told, f"{name}: scrolls sideways"] if width > SIZES[size]["viewport"]["width"] else told


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(desk: Desk, chromium: Browser, size: str) -> None:
    context = chromium.new_context(color_scheme="light", reduced_motion="reduce", **SIZES[size])
    page, found = context.new_page(), []
    page.on("console", lambda said: found.append(said.text) if "Content Security Policy" in said.text else None)

    def look(name: str) -> None:
        found.extend(problems(page, name, size))

    page.goto(f"{desk.url}/login")
    look("/login")
    page.get_by_label("E-mail").fill("nobody@supportflow.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    look("/login, wrong")
    for path in STRANGERS:
        page.goto(f"{desk.url}{path}")
        look(path)
    sign_in(page, desk, "admin")
    for path in PAGES:
        page.goto(f"{desk.url}{path}")
        look(path)
    look_at_states(page, desk, look)
    context.close()
    assert found == []


def look_at_states(page: Page, desk: Desk, look: Any) -> None:
    """Menus, errors, the trash, words that do not fit, a refusal."""
    page.goto(f"{desk.url}/tickets")
    page.locator("tbody .c-check input").first.evaluate("box => box.click()")  # on phones a long press does it
    page.locator(".bulk").wait_for()
    look("tickets that are ticked")
    page.goto(f"{desk.url}/tickets/T-0004")
    page.click("[popovertarget=send-menu]")
    look("the menu of the composer")
    page.keyboard.press("Escape")
    look_at_macros(page, desk, look)
    page.locator("[name=kind][value=note]").check(force=True)
    page.locator(".as-note[data-send]").click()
    page.locator("[data-summary]").wait_for()
    look("an error in the composer")
    page.goto(f"{desk.url}/tickets/new")
    page.locator("#new-form").evaluate("form => (form.noValidate = true)")
    page.get_by_role("button", name="Create ticket").click()
    page.locator("[data-summary]").wait_for()
    look("errors in a form")
    page.locator("#id_contact").fill(f"{'W' * 100} <{'w' * 60}@long.example>")
    page.locator("#id_subject").fill(LONG)
    page.locator("#id_body").fill(BODY)
    page.locator("#id_tags").fill(", ".join(f"a-tag-with-a-long-name-{number}" for number in range(9)))
    page.get_by_role("button", name="Create ticket").click()
    page.wait_for_url("**/tickets/T-*")
    look("words that do not fit")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Move to the trash").click()
    page.wait_for_url("**/tickets")
    page.goto(f"{desk.url}/tickets?trash=true")
    page.locator("tbody a").first.click()
    page.get_by_role("button", name="Restore").wait_for()
    look("in the trash")
    sign_in_as_agent(page, desk)
    page.goto(f"{desk.url}/settings/outgoing-mail")
    look("a refusal")


def look_at_macros(page: Page, desk: Desk, look: Any) -> None:
    """Kept, in the menu, chosen, and before they are applied."""
    page.goto(f"{desk.url}/settings/macros/new")
    page.locator("#id_name").fill(LONG[:80])
    page.locator("#id_body").fill(f"Hello {{{{customer.first_name}}}},\n\n{LONG}")
    page.locator("#id_add_tags").fill("vip")
    page.locator("#id_status").select_option("WAITING")
    page.locator("#macro-preview .steps").wait_for()
    look("the preview of a macro")
    page.get_by_role("button", name="Save macro").click()
    page.wait_for_url("**/settings/macros")
    look("a macro in the list")
    page.locator("tbody .cover").first.click()
    look("a macro")
    page.goto(f"{desk.url}/tickets/T-0004/macros")
    page.locator(".choices a").first.click()
    look("a macro before it is applied")
    page.goto(f"{desk.url}/tickets/T-0004")
    page.locator("[data-menu-opener=macro-menu]").click()
    page.locator("#macro-menu [data-macro]").first.wait_for()
    look("the menu of macros")
    page.locator("#macro-menu [data-macro]").first.click()
    page.locator("#macro-chosen .step").first.wait_for()
    look("a macro in the composer")


def sign_in_as_agent(page: Page, desk: Desk) -> None:
    page.context.clear_cookies()
    sign_in(page, desk, "emma")
