"""`supportflow check`: each thing that is wrong is named with how to mend it."""

import json
import socket
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from supportflow import checks
from supportflow.checks import Finding, data, machine, work
from supportflow.checks.configuration import dangers, valkey
from supportflow.cli import cli
from supportflow.core import clock
from supportflow.core.backups import LastBackup, note_failure, note_success
from supportflow.desk.operations import assign_ticket
from supportflow.jobs import signs
from supportflow.jobs.models import FAILED, Job, WorkerSign
from supportflow.mail.models import InboundMail, OutgoingMail
from tests.conftest import World


def wrong(found: Iterable[Finding]) -> str:
    """All that is wrong or notable, in one text."""
    return "\n".join(str(one) for one in found if one.is_wrong or one.is_notable)


@pytest.fixture
def own_folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    settings.BACKUPS = None
    return tmp_path


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:8000", ""),
        ("http://localhost", ""),
        ("http://[::1]:8000", ""),
        ("http://192.168.1.5", "note   address: http://192.168.1.5 is not encrypted"),
        ("http://helpdesk", "note   address: "),
        ("http://help.example.com", "WRONG  address: http://help.example.com is not encrypted"),
        ("http://8.8.8.8", "WRONG  address: "),
    ],
)
def test_an_address_that_is_not_encrypted_is_told_by_who_can_reach_it(settings: Any, url: str, says: str) -> None:
    settings.BASE_URL = url
    told = wrong(dangers())
    assert says in told
    assert bool(told) == bool(says)


def test_dangerous_settings_are_named(settings: Any, own_folder: Path) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.SECRET_KEY = True, ["*"], "changeme" * 8
    settings.BASE_URL, settings.BEHIND_TLS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = "https://help.example.com", True, 0
    (own_folder / "secret_key").write_text("x")
    (own_folder / "secret_key").chmod(0o644)
    told = wrong(dangers())
    for says in (
        "DEBUG is on",
        "SUPPORTFLOW_HOSTS allows",
        "KEY can be guessed",
        "chmod 600",
        "SUPPORTFLOW_PROXIES is 0",
    ):
        assert says in told


def test_a_valkey_that_is_gone_is_named(settings: Any) -> None:
    settings.VALKEY_URL = "redis://user:hush@127.0.0.1:1/0"
    told = wrong(valkey())
    assert "127.0.0.1 does not answer" in told
    assert "hush" not in told


def test_a_database_of_a_newer_version_is_told(world: World) -> None:
    MigrationRecorder(connection).record_applied("desk", "9999_of_the_future")
    told = wrong(checks.database())
    assert "newer version of SupportFlow (desk.9999_of_the_future)" in told
    assert "restore a backup" in told


def test_a_damaged_database_is_found(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        assert "connections are in use" not in wrong(checks.condition(thorough=False))
        return
    assert "all of it can be read" in "".join(map(str, data.condition(thorough=True)))
    monkeypatch.setattr(data, "READ_WHOLE_UP_TO", 0)
    assert "--thorough" in "".join(map(str, data.condition(thorough=False)))


def test_no_worker_failed_work_and_missing_backups_are_told(world: World, own_folder: Path) -> None:
    ago = clock.now() - timedelta(hours=1)
    Job.objects.create(task="x", created_at=ago)
    Job.objects.create(task="x", status=FAILED)
    InboundMail.objects.create(sha256="1", size=1, source="smtp", received_at=ago)
    InboundMail.objects.create(sha256="2", size=1, source="smtp", state="QUARANTINED")
    OutgoingMail.objects.create(message_id="1", sender="a@b.example", state="FAILED")
    told = wrong(work.standing())
    for says in (
        "no job runs",
        "jobs wait for 60 minutes",
        "received mail waits for 60 minutes",
        "jobs: 1 failed for good",
        "1 are in quarantine",
        "1 could not be sent",
        "note   backups: there is none yet",
    ):
        assert says in told


def test_a_good_day_has_nothing_to_mend(world: World, own_folder: Path) -> None:
    signs.give("place/1/1/a", 4)
    archive = own_folder / "backup.tar"
    archive.touch()
    note_success(LastBackup(file=str(archive), bytes=1, verified=True))
    assert wrong(work.standing()) == ""


def test_a_backup_that_is_gone_or_was_never_made_is_told(world: World, own_folder: Path, settings: Any) -> None:
    settings.BACKUPS = own_folder / "backups"
    assert "note   backups: there is none yet" in str(work.backups())
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert "WRONG  backups: there is none in" in str(work.backups())
    settings.BACKUPS.mkdir()
    archive = settings.BACKUPS / "supportflow.tar"
    note_success(LastBackup(file=str(archive), bytes=1, verified=True))
    assert f"WRONG  backups: the last is of {clock.now():%Y-%m-%d}" in str(work.backups())
    assert f"{archive} is gone" in str(work.backups())
    note_success(LastBackup(file=str(own_folder / "carried-away.tar"), bytes=1, verified=True))
    assert "note   backups: " in str(work.backups())
    archive.touch()
    note_success(LastBackup(file=str(archive), bytes=1))
    assert "was not read again" in str(work.backups())
    settings.BACKUPS = own_folder / "away" / "backups"
    assert "Is its disk mounted?" in str(work.backups())


def test_a_failure_is_noted_in_the_data_folder_when_the_other_place_takes_nothing(
    world: World, own_folder: Path, settings: Any
) -> None:
    settings.BACKUPS = own_folder / "away"
    note_failure("No space left on device")
    assert "the last try failed (No space left on device)" in str(work.backups())
    settings.BACKUPS.mkdir()
    note_success(LastBackup(file=str(own_folder), bytes=1, verified=True))
    assert "the last is of" in str(work.backups())
    assert not list(own_folder.glob(".last-backup*"))


def test_workers_of_two_versions_and_a_failed_backup_are_told(world: World, own_folder: Path) -> None:
    for version in ("1.0", "1.1"):
        signs.give(f"place/1/1/{version}", 4)
        WorkerSign.objects.filter(name__endswith=version).update(version=version)
    note_success(LastBackup(file="x", bytes=1))
    note_failure("no room")
    told = wrong(work.standing())
    assert "of several versions (1.0, 1.1)" in told
    assert "the last try failed (no room)" in told


def test_a_clock_that_is_three_hours_off_is_told_with_how_to_mend_it(world: World) -> None:
    assign_ticket(world.ticket, world.john, by=world.john)  # the world's own changes may be older than this test
    now = clock.now()
    with time_machine.travel(now - timedelta(hours=3), tick=True):
        told = wrong(machine.clocks())
    assert "WRONG  clock: " in told
    assert "3.0 hours" in told
    assert "timedatectl set-ntp true" in told
    if connection.vendor == "postgresql":
        with time_machine.travel(now + timedelta(hours=3), tick=True):
            assert "3.0 hours ahead of the database server's" in wrong(machine.clocks())


def test_a_full_disk_and_a_folder_without_rights_are_told(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(machine.disk()) == ""
    monkeypatch.setattr(machine, "LEAST_FREE", 1 << 60)
    assert "MB are free" in wrong(machine.disk())
    assert machine.unwritable(own_folder / "not-there") == "No such file or directory"


def test_programs_get_json(world: World) -> None:
    result = CliRunner().invoke(cli, ["check", "--json"])
    told = json.loads(result.stdout)
    assert told["ok"] == (result.exit_code == 0)
    assert {"subject": "migrations", "state": "ok", "text": "all are applied"} in told["findings"]


def test_nothing_is_left_changed(world: World, own_folder: Path) -> None:
    before: Callable[[], list[Path]] = lambda: sorted(own_folder.rglob("*"))  # noqa: E731
    was = before()
    checks.examine()
    assert before() == was
    assert world.actions() == []


def test_an_address_without_a_listener_is_told(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.SMTP_LISTEN = ("127.0.0.1", port)
    from supportflow.checks.mail import incoming_mail

    assert f"nothing answers at 127.0.0.1:{port}" in str(incoming_mail())


@pytest.mark.postgres
def test_a_planner_that_believes_in_a_spinning_disk_is_noted(world: World) -> None:
    def told() -> list[str]:
        return [str(finding) for finding in data.postgresql() if finding.subject == "planner"]

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL random_page_cost = 4")
        assert "random_page_cost is 4" in told()[0]
        cursor.execute("SET LOCAL random_page_cost = 1.1")
        assert told() == []
