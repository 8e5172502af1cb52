import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from supportflow.jobs.models import FAILED, Job
from supportflow.mail.models import InboundMail, OutgoingMail, RawMail
from supportflow.upkeep.queries import REACT
from tests.conftest import World

SEND = "supportflow.mail.tasks.send_mail"
TRACE = "Traceback (most recent call last):\n  File …\nConnectionRefusedError: smtp://bot:hunter2x@mail.example:587\n"
RAW = b"From: a@customer.example\r\nSubject: <script>alert(1)</script>\r\n\r\nHello &amp; \xff\r\n"


@pytest.fixture
def olivia(world: World, sign_in: Any) -> Client:
    """The administrator's browser."""
    client: Client = sign_in(world.olivia)
    return client


def failed_job(task: str = SEND, *args: Any, **values: Any) -> Job:
    given = {"attempts": 5, "max_attempts": 5, "error": TRACE, "finished_at": timezone.now(), **values}
    return Job.objects.create(task=task, args=list(args), status=FAILED, **given)


def failed_reactions(batch: Any) -> Job:
    return failed_job(REACT, str(batch), error="ValueError: no")


def quarantined(raw: bytes = RAW, **values: Any) -> InboundMail:
    given = {"source": "smtp", "state": "QUARANTINED", "attempts": 3, "reason": "It cannot be read.", **values}
    mail = InboundMail.objects.create(
        sha256=hashlib.sha256(raw).hexdigest(), size=len(raw), envelope_from="a@customer.example",
        envelope_to=["support@supportflow.example"], **given,
    )  # fmt: skip
    RawMail.objects.create(mail=mail, content=raw)
    return mail


def outgoing(state: str = "FAILED", number: int = 1, **values: Any) -> OutgoingMail:
    given = {
        "recipients": ["sarah@acme.example"],
        "subject": "Re: Unable to login",
        "error": "550 no such user",
        **values,
    }
    return OutgoingMail.objects.create(
        message_id=f"<{number}@desk>", sender="support@supportflow.example", state=state, attempts=14,
        due_at=timezone.now() + timedelta(minutes=5), **given,
    )  # fmt: skip
