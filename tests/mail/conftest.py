from collections.abc import Iterator
from typing import Any

import pytest

from supportflow.mail.address import ImapAddress
from tests.mail.dovecot import Dovecot, dovecot


@pytest.fixture(scope="session")
def running_dovecot() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def server(running_dovecot: Dovecot, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """An empty mailbox, which IMAP_URL names. What a test takes down, it brings up again."""
    monkeypatch.setenv("SSL_CERT_FILE", running_dovecot.certificate)
    with running_dovecot.client() as client:
        client.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
        client.expunge()
    use(settings, running_dovecot.url)
    return running_dovecot


def use(settings: Any, url: str) -> None:
    settings.IMAP_URL, settings.IMAP = url, ImapAddress.parse(url)
