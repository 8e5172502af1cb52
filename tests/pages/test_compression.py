"""What goes over the wire is compressed where that helps, and only there."""

import gzip

import pytest
from django.test import Client

from supportflow.accounts.operations import create_token
from supportflow.desk.operations import create_ticket
from supportflow.pages.compression import MOST_PADDING, gzipped
from tests.conftest import World

BROWSER = {"accept-encoding": "gzip, deflate, br"}


def test_a_list_of_fifty_is_under_twenty_kilobytes(browser: Client, world: World) -> None:
    for number in range(60):
        create_ticket(
            f"Printer {number} is on fire again", world.ticket.contact, by=world.emma, tags=[f"tag{number % 7}"]
        )
    plain, small = browser.get("/tickets"), browser.get("/tickets", headers=BROWSER)
    assert len(plain.content) > 60_000
    assert len(small.content) < 20_000
    assert small["Content-Encoding"] == "gzip"
    assert "Printer 59 is on fire again" in gzip.decompress(small.content).decode()


def test_caches_are_told_either_way(browser: Client) -> None:
    for headers in ({}, BROWSER):
        assert "Accept-Encoding" in browser.get("/contacts", headers=headers)["Vary"]


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "br, gzip; q=0.0, deflate", "notgzipped"])
def test_who_does_not_take_it_does_not_get_it(browser: Client, accepted: str) -> None:
    assert "Content-Encoding" not in browser.get("/tickets", headers={"accept-encoding": accepted})


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip;q=0.5", "gzip;q=0.8, *;q=0.1"])
def test_who_takes_it_gets_it(browser: Client, accepted: str) -> None:
    assert browser.get("/tickets", headers={"accept-encoding": accepted})["Content-Encoding"] == "gzip"


def test_what_names_its_bytes_stays_as_it_is(client: Client, world: World) -> None:
    _, token = create_token(world.emma, "a program", by=world.olivia)
    answer = client.get(f"/api/tickets/{world.ticket.number}", headers={**BROWSER, "authorization": f"Bearer {token}"})
    assert answer["ETag"] == '"v1"'
    assert "Content-Encoding" not in answer


def test_the_same_page_has_no_length_of_its_own() -> None:
    lengths = {len(gzipped(b"secret " * 500)) for _ in range(50)}
    assert len(lengths) > 5
    assert max(lengths) - min(lengths) <= MOST_PADDING + 1
