import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.conftest import World


def test_healthz_asks_nothing_of_the_database(client: Client) -> None:
    """Without the `db` fixture a query would fail."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_asks_the_database(client: Client, world: World) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_readyz_says_when_the_database_is_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"the database cannot be reached\n")


def test_they_are_read_only(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
