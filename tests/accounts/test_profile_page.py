from django.test import Client

from tests.conftest import World


def test_a_person_sets_name_and_zone(browser: Client, world: World) -> None:
    assert browser.post("/profile", {"name": "John R.", "time_zone": "Europe/Berlin"}).status_code == 302
    world.john.refresh_from_db()
    assert (world.john.name, world.john.time_zone) == ("John R.", "Europe/Berlin")
    assert browser.post("/profile", {"name": "", "time_zone": "Mars/Base"}).status_code == 422


def test_the_theme_is_rendered_by_the_server(browser: Client, world: World) -> None:
    assert b"data-theme" not in browser.get("/tickets").content.split(b">")[1]
    answer = browser.post("/theme", {"theme": "dark"}, headers={"Referer": "http://testserver/contacts"})
    assert answer["Location"] == "http://testserver/contacts"
    assert b'<html lang="en" data-theme="dark">' in browser.get("/tickets").content
    world.john.refresh_from_db()
    assert world.john.theme == "dark"
    del browser.cookies["theme"]
    assert b'data-theme="dark"' in browser.get("/tickets").content  # another device
    assert browser.post("/theme", {"theme": "pink"}).status_code == 400


def test_the_way_back_leads_to_ourselves_alone(browser: Client) -> None:
    answer = browser.post("/theme", {"theme": "light"}, headers={"Referer": "https://evil.example/"})
    assert answer["Location"] == "/"
