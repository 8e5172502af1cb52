"""Commands: what the page has, found by typing."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Desk, sign_in

pytestmark = pytest.mark.browser


def options(page: Page) -> list[str]:
    return [text.split("\n")[0] for text in page.locator("#palette [role=option]").all_inner_texts()]


def ask(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    expect(page.locator("#palette [aria-selected=true]")).to_be_visible()


def test_words_in_any_order_find_an_act_and_it_is_done(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0002")
    ask(emma, "hi prio")
    assert options(emma) == ["Priority: High"]
    emma.keyboard.press("Enter")
    expect(emma.locator(".title-block [data-priority]")).to_have_text("High")
    ask(emma, "")
    expect(emma.get_by_role("group", name="Used last").get_by_role("option")).to_have_text(["Priority: High"])
    emma.keyboard.type("undo")
    emma.keyboard.press("Enter")
    expect(emma.locator(".title-block [data-priority]")).to_have_text("Medium")


def test_what_is_typed_while_it_loads_is_no_shortcut(desk: Desk, emma: Page) -> None:
    def slowly(route: Route) -> None:
        emma.wait_for_timeout(500)
        route.continue_()

    emma.route("**/palette*.js", slowly)
    emma.goto(f"{desk.url}/tickets/T-0002")
    emma.keyboard.press("Control+k")
    emma.keyboard.type("api")
    expect(emma.locator("#palette [aria-selected=true]")).to_contain_text("API")
    assert emma.locator(".menu:popover-open").count() == 0


def test_focus_goes_back_to_the_answer(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0001")
    emma.keyboard.press("r")
    emma.keyboard.type("One")
    ask(emma, "tick")
    emma.keyboard.press("Escape")
    emma.keyboard.type(" more")
    expect(emma.locator("#body")).to_have_value("One more")
    emma.fill("#body", "")


def test_arrows_move_and_the_input_names_what_is_chosen(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets")
    ask(emma, "co")
    box = emma.get_by_role("combobox", name="Type a command or search")
    expect(box).to_have_attribute("aria-activedescendant", "palette-0")
    emma.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "palette-1")
    emma.keyboard.press("ArrowUp")
    emma.keyboard.press("ArrowUp")
    expect(emma.locator("#palette [role=option]").last).to_have_attribute("aria-selected", "true")


def test_people_and_tickets_are_found_in_the_data(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/companies")
    ask(emma, "@sarah")
    expect(emma.locator("#palette [aria-selected=true]")).to_contain_text("Sarah Johnson")
    emma.keyboard.press("Control+a")
    emma.keyboard.type("#billing")
    expect(emma.locator("#palette [aria-selected=true]")).to_contain_text("T-0003 Billing inquiry")
    emma.keyboard.press("Enter")
    emma.wait_for_url("**/tickets/T-0003")
    kept = emma.evaluate("localStorage.getItem('palette:recent')") or ""
    assert "Billing" not in kept, "what a customer wrote does not stay on the device"


def test_bulk_changes_are_offered_where_something_is_chosen(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?sort=number")
    emma.keyboard.press("Control+k")
    emma.keyboard.type("priority low")
    expect(emma.locator("#palette [data-none]")).to_be_visible()
    emma.keyboard.press("Escape")
    emma.keyboard.press("j")
    ask(emma, "priority low")
    emma.keyboard.press("Enter")
    expect(emma.locator("tr", has_text="T-0001")).to_contain_text("Low")
    emma.keyboard.press("z")
    expect(emma.locator("tr", has_text="T-0001")).to_contain_text("High")


def test_the_open_ticket_is_what_commands_act_on_until_backspace_drops_it(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets/T-0002")
    emma.keyboard.press("Control+k")
    chip, none = emma.locator("[data-scope-chip]"), emma.locator("#palette [data-none]")
    expect(chip).to_have_text("T-0002")
    expect(emma.get_by_role("group", name="T-0002").get_by_role("option", name="Priority: High")).to_be_visible()
    emma.keyboard.type("x")
    emma.keyboard.press("Backspace")
    expect(chip).to_be_visible()
    emma.keyboard.press("Backspace")
    expect(chip).to_be_hidden()
    emma.keyboard.type("priority high")
    expect(none).to_be_visible()
    emma.keyboard.press("Control+a")
    emma.keyboard.type("new ticket")
    expect(emma.locator("#palette [aria-selected=true]")).to_contain_text("New ticket")
    emma.keyboard.press("Escape")
    emma.keyboard.press("Control+k")
    expect(chip).to_have_text("T-0002")
    emma.keyboard.press("Escape")


def test_what_is_ticked_is_what_commands_act_on(desk: Desk, emma: Page) -> None:
    emma.goto(f"{desk.url}/tickets?sort=number")
    chip = emma.locator("[data-scope-chip]")
    emma.keyboard.press("Control+k")
    expect(emma.locator("#palette [aria-selected=true]")).to_be_visible()
    expect(chip).to_be_hidden()
    emma.keyboard.press("Escape")
    emma.keyboard.press("j")
    ask(emma, "")
    expect(chip).to_have_text("T-0001")
    emma.keyboard.press("Escape")
    emma.keyboard.press("x")
    emma.keyboard.press("J")
    ask(emma, "")
    expect(chip).to_have_text("2 selected")
    expect(emma.get_by_role("group", name="2 selected").get_by_role("option", name="Reply")).to_be_visible()
    chip.click()
    expect(emma.get_by_role("option", name="Reply")).to_be_hidden()
    expect(emma.locator("#palette input")).to_be_focused()


def test_each_role_is_offered_its_own_places(desk: Desk, page: Page) -> None:
    for who, expected in (("emma", False), ("admin", True)):
        page.context.clear_cookies()
        sign_in(page, desk, who)
        ask(page, "operations")
        assert ("Operations" in options(page)) == expected
        page.keyboard.press("Escape")


def test_on_a_phone_it_opens_from_the_navigation(desk: Desk, chromium: Browser) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    sign_in(page, desk)
    page.goto(f"{desk.url}/tickets/T-0002")
    page.get_by_role("button", name="More", exact=True).tap()
    page.locator("[data-palette]").tap()
    page.keyboard.type("category")
    page.get_by_role("option", name="Category…").tap()
    expect(page.locator("#category-menu")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(desk: Desk, emma: Page, scheme: str) -> None:
    emma.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    emma.goto(f"{desk.url}/tickets/T-0002")
    ask(emma, "p")
    emma.wait_for_timeout(300)  # until it is quite there
    found = Axe().run(emma)
    assert found.violations_count == 0, found.generate_report()
