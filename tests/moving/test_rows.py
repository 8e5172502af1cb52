"""Every row into another database: all or none, each value as it was, and numbers that are never given twice."""

import re
import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from supportflow.core.models import Activity, KeptAnswer
from supportflow.crm.models import Company
from supportflow.desk.models import Ticket
from supportflow.desk.operations import purge_ticket, trash_ticket
from supportflow.mail.models import InboundMail, RawMail
from supportflow.moving import tables
from supportflow.moving.ends import SEEDED
from supportflow.search.operations import build_all
from tests.conftest import World, make_world
from tests.moving.conftest import postgres_database, supportflow

LEFT_BEHIND = {"django_migrations", "cache"}  # the target's own; counters of an hour
# SQLite's index of the search: triggers fill the target's while the documents arrive.
LEFT_BEHIND |= {"search_index", *(f"search_index_{part}" for part in ("config", "data", "docsize", "idx"))}
# Nor is this: triggers fill it while the tickets arrive.
LEFT_BEHIND |= {"desk_ticketvalue"}
NASTY = "Zoë – “ßpäñ” 🦊\r\n\t\\N\\x00 'quoted' " + "long " * 20_000


@pytest.fixture
def source(transactional_db: None) -> World:
    """The world, and beside it every kind of value that databases write differently."""
    world = make_world()
    moment = datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC)
    Company.objects.filter(pk=world.acme.pk).update(
        revenue_amount=Decimal("72000.10"),
        revenue_currency="EUR",
        customer_since=date(2021, 2, 28),
        custom={"b": [1, 1.5, None, True], "a": NASTY},
    )
    Ticket.objects.filter(pk=world.ticket.pk).update(subject="\u202e x", due_at=moment, created_at=moment)
    KeptAnswer(token_id=1, key="k", fingerprint="f", body=NASTY, created_at=moment.replace(microsecond=0)).save()
    mail = InboundMail(sha256="0" * 64, size=3, source="smtp", envelope_to=["a@b.example"])
    mail.save()
    RawMail(mail=mail, content=bytes(range(256)) * 100).save()
    gone = Ticket.objects.order_by("-pk")[0]
    trash_ticket(gone, by=world.priya)
    purge_ticket(Ticket.objects.get(pk=gone.pk), by=world.olivia)
    world.hidden.pk = gone.pk
    build_all()
    return world


def look(file: Path, sql: str) -> list[Any]:
    database = sqlite3.connect(file)
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def count(file: Path, table: str) -> int:
    return int(look(file, f"SELECT count(*) FROM {table}")[0][0])


def test_every_table_is_moved(db: None) -> None:
    known = {table.name for table in tables.all_tables()}
    assert set(connection.introspection.table_names()) - LEFT_BEHIND == known
    assert known >= SEEDED


def test_every_row_arrives_as_it_was_and_numbers_go_on(source: World, run: Any, empty: Path) -> None:
    done = run(f"sqlite:///{empty}")
    assert done.exit_code == 0, done.output
    assert "All rows are the same." in done.output
    told = {
        line[0]: int(line[1].replace(",", ""))
        for line in map(str.split, done.output.splitlines())
        if "same" in line[3:]
    }
    managed = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    assert told == {model._meta.db_table: model._default_manager.count() for model in managed}
    assert look(empty, f"SELECT due_at, subject FROM desk_ticket WHERE id = {source.ticket.pk}") == [
        ("2026-03-29 01:59:59.999999", "\u202e x")
    ]
    assert look(empty, "SELECT revenue_amount, customer_since FROM crm_company") == [(72000.1, "2021-02-28")]
    assert look(empty, "SELECT content FROM mail_rawmail") == [(bytes(range(256)) * 100,)]
    assert look(empty, "SELECT count(*) FROM search_index WHERE search_index MATCH 'johnson'") == [(2,)]
    # The highest ticket was purged: its number is not given to another one, here or there.
    assert look(empty, "SELECT seq FROM sqlite_sequence WHERE name = 'desk_ticket'") == [(source.hidden.pk,)]


def test_a_row_that_is_not_the_same_is_named_and_nothing_is_kept(
    source: World, run: Any, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(self: tables.Column, vendor: str) -> Any:
        return str.lower if self.name == "subject" else writer(self, vendor)

    writer = tables.Column.writer
    Ticket.objects.filter(pk=source.ticket.pk).update(subject="UPPER")
    monkeypatch.setattr(tables.Column, "writer", forgetful)
    done = run(f"sqlite:///{empty}")
    assert done.exit_code == 1
    assert f"desk_ticket: row {source.ticket.pk} differs in subject" in done.output
    assert count(empty, "desk_ticket") == 0
    monkeypatch.undo()


def test_a_move_that_dies_half_way_leaves_the_target_empty_and_can_be_run_again(
    source: World, run: Any, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from supportflow.moving import rows

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rows, "compare", die)  # everything is copied by then
        assert run(f"sqlite:///{empty}").exit_code == 1
    assert count(empty, "core_activity") == 0
    assert count(empty, "accounts_user") == 1
    assert run(f"sqlite:///{empty}").exit_code == 0
    assert count(empty, "core_activity") == Activity.objects.count()


def test_a_target_that_holds_anything_is_left_alone(source: World, run: Any, empty: Path, tmp_path: Path) -> None:
    assert run(f"sqlite:///{empty}").exit_code == 0
    again = run(f"sqlite:///{empty}")
    assert again.exit_code == 1
    assert "The target is in use" in again.output
    foreign = tmp_path / "foreign.sqlite3"
    database = sqlite3.connect(foreign)
    database.execute("CREATE TABLE recipes (id integer)")
    database.close()
    assert "not SupportFlow's" in run(f"sqlite:///{foreign}").output
    assert look(foreign, "SELECT name FROM sqlite_master") == [("recipes",)]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("mysql://u:p@127.0.0.1/x", "DATABASE_URL: cannot be used"),
        ("nonsense", "DATABASE_URL: cannot be used"),
        ("sqlite:////nowhere/at/all.sqlite3", "The target cannot be used: unable to open"),
        ("postgres://u:top-secret@127.0.0.1:1/x", "The target cannot be used: "),
    ],
)
def test_a_target_that_is_none_is_one_clear_line(transactional_db: None, run: Any, target: str, problem: str) -> None:
    done = run(target)
    assert done.exit_code == 1
    [line] = done.output.splitlines()
    assert line.startswith(f"Error: {problem}")
    assert "top-secret" not in line


def test_a_target_of_a_newer_version_is_refused(transactional_db: None, run: Any, empty: Path) -> None:
    database = sqlite3.connect(empty)
    database.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('desk', '9999_later', '2030-01-01')")
    database.commit()
    database.close()
    assert "newer version (desk.9999_later)" in run(f"sqlite:///{empty}").output


def test_a_source_that_is_in_use_is_not_moved_behind_its_back(source: World, empty: Path) -> None:
    """These very tests have it open."""
    from tests.processes import environment

    done = supportflow("move", f"sqlite:///{empty}", **environment())
    assert done.returncode == 1
    assert re.search(r"in use \(\d+ more ha", done.stderr), done.stderr
    assert count(empty, "core_activity") == 0


def test_without_a_place_to_go_the_usage_is_told(db: None, run: Any) -> None:
    done = run()
    assert done.exit_code == 2
    assert "--files STORAGE_URL" in done.output


@pytest.mark.services
def test_there_and_back_through_postgresql(source: World, run: Any, tmp_path: Path, migrated: Path) -> None:
    """What PostgreSQL cannot store is mended and told; what it refuses is named by its row; back again it is equal."""
    Company.objects.filter(pk=source.acme.pk).update(custom={"note": "a\x00b", "half": "\\u0000 is fine"})
    KeptAnswer.objects.update(body="a\x00b")
    back = tmp_path / "back.sqlite3"
    back.write_bytes(migrated.read_bytes())
    with postgres_database() as url:
        Ticket.objects.filter(pk=source.ticket.pk).update(subject="x" * 251)  # SQLite does not count characters
        refused = run(url)
        assert refused.exit_code == 1
        assert f"does not take desk_ticket {source.ticket.pk}, column subject: value too long" in refused.output
        Ticket.objects.filter(pk=source.ticket.pk).update(subject="x" * 250)
        secret = tmp_path / "url"
        secret.write_text(url)
        done = run(str(secret))
        assert done.exit_code == 0, done.output
        assert len(re.findall("1 values? made storable", done.output)) == 2
        returned = supportflow("move", f"sqlite:///{back}", DATABASE_URL=url, SUPPORTFLOW_DATA=str(tmp_path / "data"))
        assert returned.returncode == 0, returned.stderr
    assert look(back, "SELECT body FROM core_keptanswer") == [("a\ufffdb",)]
    assert look(back, "SELECT seq FROM sqlite_sequence WHERE name = 'desk_ticket'") == [(source.hidden.pk,)]
    assert sums(returned.stdout).items() - sums(done.output).items() == set()


def sums(output: str) -> dict[str, str]:
    return {
        line[0]: line[2] for line in map(str.split, output.splitlines()) if len(line) > 3 and line[3].startswith("same")
    }
