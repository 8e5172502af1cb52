import pytest
from django.db import DatabaseError, connection
from django.test import Client


def test_a_process_that_answers_is_healthy_without_a_database() -> None:
    assert Client().get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_a_process_is_ready_while_its_database_answers() -> None:
    assert Client().get("/readyz").status_code == 200

    def away(*_args: object) -> None:
        raise DatabaseError

    with connection.execute_wrapper(away):
        assert Client().get("/readyz").status_code == 503
