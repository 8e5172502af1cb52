"""A wrong value stops the start with one line that names the setting and says what would be right."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from supportflow.env import WrongValue
from tests.house.processes import ROOT, environment

WRONG = [
    ("DATABASE_URL", "mysql://user@host/name"),
    ("DATABASE_URL", "postgres://"),
    ("DATABASE_URL", "nonsense"),
    ("EMAIL_URL", "http://mail.example"),
    ("EMAIL_URL", "smtp://host:port"),
    ("IMAP_URL", "https://mail.example/INBOX"),
    ("IMAP_URL", "imaps://mail.example/INBOX"),
    ("IMAP_URL", "imaps://user@mail.example/INBOX"),
    ("IMAP_URL", "imaps://user:secret@/INBOX"),
    ("IMAP_URL", "imaps://user:secret@mail.example:mail/INBOX"),
    ("IMAP_URL", "imaps://user:secret@mail.example:99999/INBOX"),
    ("IMAP_URL", "imaps://user:sec%0d%0aret@mail.example/INBOX"),
    ("IMAP_URL", "imaps://user:secret@mail.example/INBOX?tls=off"),
    ("IMAP_URL_FILE", "/does/not/exist"),
    ("LOG_FORMAT", "xml"),
    ("SMTP_LISTEN", "2525"),
    ("SMTP_LISTEN", "127.0.0.1:99999"),
    ("SMTP_LISTEN", "127.0.0.1:²"),
    ("SUPPORTFLOW_API_RATE", "many"),
    ("SUPPORTFLOW_API_RATE", "0"),
    ("SUPPORTFLOW_BASE_URL", "help.example.com"),
    ("SUPPORTFLOW_BASE_URL", "https://help.example.com/desk"),
    ("SUPPORTFLOW_BASE_URL", "https://help.example.com#desk"),
    ("SUPPORTFLOW_BASE_URL", "https://admin:secret@help.example.com"),
    ("SUPPORTFLOW_DATA", "/dev/null/data"),
    ("SUPPORTFLOW_MAIL_ADDRESS", "support"),
    ("SUPPORTFLOW_MAIL_ADDRESS", "support@"),
    ("SUPPORTFLOW_MAIL_ADDRESS", "a<b@example.com"),
    ("SUPPORTFLOW_SECRET_KEY", "short"),
    ("SUPPORTFLOW_SECRET_KEY_FILE", "/does/not/exist"),
    ("SUPPORTFLOW_UNDO_SEND", "-1"),
    ("SUPPORTFLOW_UNDO_SEND", "601"),
    ("DATABASE_URL_FILE", "/does/not/exist"),
]


def read_settings() -> dict[str, object]:
    return runpy.run_path(str(ROOT / "supportflow" / "settings.py"))


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUPPORTFLOW_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={value}" for name, value in WRONG])
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongValue) as caught:
        read_settings()
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)
    assert name != "IMAP_URL" or "secret" not in str(caught.value)


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    monkeypatch.setenv("SUPPORTFLOW_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_settings()["SECRET_KEY"] == "k" * 40


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUPPORTFLOW_SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SUPPORTFLOW_SECRET_KEY", "k" * 40)
    with pytest.raises(WrongValue, match="set twice"):
        read_settings()


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = read_settings()["SECRET_KEY"], read_settings()["SECRET_KEY"]
    assert first == second
    assert len(str(first)) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_commands_stop_with_that_line_and_status_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "supportflow", "check"],
        check=False,
        cwd=ROOT,
        env=environment(SUPPORTFLOW_DATA=str(tmp_path), LOG_FORMAT="xml"),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: LOG_FORMAT: is 'xml'; use one of: console, json.\n"
