"""Requests that nobody thought of: whatever comes, the answer is one that the document tells of.

A few for each route in every run; with API_FUZZ=1 thousands, which takes minutes: run that after a change of the API.
"""

import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from pytest_django import DjangoDbBlocker
from schemathesis.config import SchemathesisConfig

from tests.api.conftest import Caller
from tests.api.renew import SNAPSHOT
from tests.conftest import make_world

THOROUGH = bool(os.environ.get("API_FUZZ"))
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20260501,
        "analysis": {"constants": {"enabled": False}},  # else what is generated changes with our source
        "phases": {"coverage": {"enabled": THOROUGH}},  # made while pytest collects, for everybody's tests
        "checks": {
            # A schema cannot say that a contact must exist (422), or that the item is still the same (412).
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "422"]
            },
            "ignored_auth": {"enabled": False},  # test_signing_in.py asks every route, once
        },
    }
)
document = schemathesis.openapi.from_dict(json.loads(SNAPSHOT.read_text()), config=CONFIG)
django_app = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Closes the answer as servers do, and schemathesis does not."""
    answer = django_app(environ, start_response)
    try:
        return [b"".join(answer)]
    finally:
        answer.close()


document.app = application


@pytest.fixture(scope="module")
def olivia_calls(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Caller]:
    """One world for all: making it anew for every route would take longer than the requests."""
    ends = (request_started, request_finished)
    patch = pytest.MonkeyPatch()
    patch.setattr(django_settings, "API_RATE", 1_000_000)
    patch.setattr(django_settings, "MEDIA_ROOT", tmp_path_factory.mktemp("files"))
    for signal in ends:  # as Django's test client does: the connection holds the transaction
        signal.disconnect(close_old_connections)
    logging.disable(logging.WARNING)
    with django_db_blocker.unblock(), transaction.atomic():
        yield Caller(make_world().olivia)
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)
    for signal in ends:
        signal.connect(close_old_connections)
    patch.undo()


def test_the_document_is_served_to_anybody(db: None) -> None:
    # `db` also makes the database when these tests run alone: the fixture above asks for it behind pytest's back.
    assert Client().get("/api/openapi.json").json() == json.loads(SNAPSHOT.read_text())


@document.parametrize()
@settings(
    max_examples=50 if THOROUGH else 6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_document(case: Any, olivia_calls: Caller) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {olivia_calls.secret}", "Accept-Encoding": "identity"})
