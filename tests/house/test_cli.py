"""The command line: exit 0 done, 1 refused or failed with one clear line, 2 wrong usage."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.test import Client

from supportflow import __version__
from supportflow.accounts.models import ApiToken, User
from supportflow.cli import cli
from supportflow.core.models import Activity
from supportflow.desk.models import Ticket
from tests.conftest import World
from tests.house.processes import ROOT, environment


def call(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def refusal(*arguments: str, stdin: bytes | None = None) -> str:
    """The one line on stderr of a command that is refused."""
    result = call(*arguments, stdin=stdin)
    assert (result.exit_code, result.stdout) == (1, ""), result.output
    (line,) = result.stderr.splitlines()
    return line


def test_it_imports_no_django_before_a_command_needs_it() -> None:
    program = "import sys, supportflow.cli; sys.exit('django' in sys.modules)"
    assert subprocess.call([sys.executable, "-c", program], cwd=ROOT) == 0


def test_it_names_its_version_and_commands() -> None:
    assert call("--version").stdout == f"supportflow, version {__version__}\n"
    listed = call("--help").stdout
    for command in ("serve", "web", "worker", "migrate", "demo", "user", "token", "mail", "check"):
        assert f"\n  {command} " in listed
    assert "prepare" not in listed


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["user"],
        ["user", "create"],
        ["user", "create", "a@b.example"],
        ["user", "create", "a@b.example", "--role", "KING"],
        ["token", "create", "--name", "x"],
        ["token", "create", "--user", "a@b.example"],
        ["web", "--port", "0"],
        ["web", "--workers", "none"],
        ["worker", "now"],
        ["mail", "parse", "/does/not/exist"],
        ["mail", "ingest", "one", "two"],
        ["check", "--all"],
    ],
)
def test_wrong_usage_is_exit_status_2(arguments: list[str]) -> None:
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage: ")


def test_a_user_is_created_and_can_sign_in_with_the_printed_password(world: World, client: Client) -> None:
    result = call("user", "create", "ada@supportflow.example", "--role", "supervisor", "--name", "Ada Obi")
    assert result.exit_code == 0, result.output
    ada = User.objects.get(email="ada@supportflow.example")
    assert (ada.name, ada.role) == ("Ada Obi", "SUPERVISOR")
    assert result.stdout.startswith("Sign in: ada@supportflow.example  password: ")
    password = result.stdout.strip().rpartition("password: ")[2]
    assert client.login(email=ada.email, password=password)
    (activity,) = world.trail()
    assert (activity.action, activity.actor_type, activity.actor_name) == (
        "user.created",
        "system",
        "SupportFlow (command line)",
    )


@pytest.mark.parametrize(
    ("email", "name", "says"),
    [
        ("JOHN@supportflow.example", "John", "There is a user with this address already."),
        ("nobody", "Nobody", "This is not an e-mail address."),
        ("", "Nobody", "email: "),
        ("ada@supportflow.example", "", "name: "),
        ("ada@supportflow.example", "A" * 1000, "name: "),
        ("ada@supportflow.example", "A\0da", "name: "),
        ("ada@supportflow.example" + "x" * 1_000_000, "Ada", "email: "),
    ],
    ids=["taken", "no address", "empty address", "empty name", "long name", "NUL", "1 MB address"],
)
def test_a_user_that_cannot_be_is_refused(world: World, email: str, name: str, says: str) -> None:
    assert says in refusal("user", "create", email, "--role", "AGENT", "--name", name)
    assert world.actions() == []


def test_a_token_is_printed_alone_and_works(world: World) -> None:
    result = call("token", "create", "--user", "John@supportflow.example", "--name", "nightly export")
    assert result.exit_code == 0, result.output
    text = result.stdout.removesuffix("\n")
    assert text.startswith("sf_")
    assert ApiToken.objects.get(digest=ApiToken.digest_of(text)).user == world.john
    assert world.actions() == ["token.created"]


def test_a_token_is_listed_without_its_text_and_revoked_once(world: World) -> None:
    secret = call("token", "create", "--user", world.john.email, "--name", "nightly export").stdout.strip()
    number = str(ApiToken.objects.get().pk)
    listed = call("token", "list").stdout
    assert "nightly export" in listed
    assert "live" in listed
    assert secret not in listed
    for _again in range(2):
        assert call("token", "revoke", number).exit_code == 0
    assert Client().get("/api/me", headers={"authorization": f"Bearer {secret}"}).status_code == 401
    assert "dead" in call("token", "list", "--user", world.john.email).stdout
    assert world.actions() == ["token.created", "token.revoked"]
    assert "no token 99" in refusal("token", "revoke", "99")


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("nobody@supportflow.example", "There is no user with the address nobody@supportflow.example."),
        ("system@supportflow.invalid", "There is no user with the address"),
        ("", "user: "),
        ("x\0y", "user: "),
    ],
)
def test_a_token_for_nobody_is_refused(world: World, email: str, says: str) -> None:
    assert says in refusal("token", "create", "--user", email, "--name", "x")
    assert world.actions() == []


def test_a_token_without_a_name_is_refused(world: World) -> None:
    assert "name: " in refusal("token", "create", "--user", world.john.email, "--name", " ")


def test_demo_data_goes_into_an_empty_database_alone(world: World) -> None:
    assert "empty database only" in refusal("demo")
    assert world.actions() == []


@pytest.mark.django_db
def test_demo_data_is_loaded_once() -> None:
    result = call("demo")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 5
    before = Activity.objects.count()
    refusal("demo")
    assert Activity.objects.count() == before


@pytest.mark.django_db
def test_a_current_database_has_nothing_to_migrate() -> None:
    assert call("migrate").stdout == "Nothing to do: the database is up to date.\n"


@pytest.mark.django_db
def test_check_tells_the_good_and_the_bad() -> None:
    lines = call("check").stdout.splitlines()
    assert any(line.startswith("ok     migrations: ") for line in lines)
    assert any(line.startswith("ok     disk: ") for line in lines)


@pytest.mark.django_db
def test_check_names_a_mail_server_that_does_not_answer(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://user:secret@127.0.0.1:1"
    result = call("check")
    assert result.exit_code == 1
    assert "WRONG  outgoing mail: 127.0.0.1 does not take it: ConnectionRefusedError" in result.stdout
    assert "secret" not in result.stdout


def test_mail_parse_prints_one_json_object_and_needs_no_database(tmp_path: Path) -> None:
    raw = b"From: Ada <ada@acme.example>\nSubject: =?utf-8?q?Caf=C3=A9?=\n\nCiao"
    file = tmp_path / "mail.eml"
    file.write_bytes(raw)
    from_file, from_stdin = call("mail", "parse", str(file)), call("mail", "parse", stdin=raw)
    assert from_file.stdout == from_stdin.stdout
    told = json.loads(from_file.stdout)
    assert (told["from"], told["from_name"], told["subject"], told["reply"]) == (
        "ada@acme.example",
        "Ada",
        "Café",
        "Ciao",
    )
    assert told["error"] is None


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\0", b"Subject: nobody\n\nx"], ids=["empty", "bytes", "no sender"])
def test_mail_that_cannot_become_a_ticket_is_told_in_the_object(raw: bytes) -> None:
    result = call("mail", "parse", stdin=raw)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["error"]


RAW = b"From: ada@acme.example\nTo: support@supportflow.example\nSubject: Help\nMessage-ID: <1@acme.example>\n\nPlease."


def test_mail_ingest_makes_a_ticket_once_and_says_which(world: World) -> None:
    first, again = (json.loads(call("mail", "ingest", stdin=RAW).stdout) for _ in range(2))
    ticket = Ticket.objects.get(subject="Help")
    assert (first["ticket"], first["duplicate"], first["reason"]) == (ticket.number, False, None)
    assert (again["ticket"], again["duplicate"]) == (ticket.number, True)
    assert world.actions().count("ticket.created") == 1


def test_mail_that_cannot_become_a_ticket_is_kept_and_told(world: World) -> None:
    told = json.loads(call("mail", "ingest", stdin=b"Subject: nobody\n\nx").stdout)
    assert told["ticket"] is None
    assert told["reason"]


def test_mail_that_is_too_large_is_refused(world: World) -> None:
    assert "larger than 35 MB" in refusal("mail", "ingest", stdin=RAW + b"x" * 36 * 1024 * 1024)
    assert world.actions() == []


def command(tmp_path: Path, *arguments: str, **values: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "supportflow", *arguments],
        check=False,
        cwd=ROOT,
        env=environment(SUPPORTFLOW_DATA=str(tmp_path), **values),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    away = "postgres://user:secret@127.0.0.1:1/name"
    code, out, err = command(tmp_path, "token", "create", "--user", "a@b.example", "--name", "x", DATABASE_URL=away)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "The database cannot be used" in err
    assert "secret" not in err
    code, out, err = command(tmp_path, "check", DATABASE_URL=away)
    assert (code, err) == (1, "")
    assert "WRONG  database: " in out


def test_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "supportflow.sqlite3").touch()
    code, out, _ = command(tmp_path, "check")
    assert code == 1
    assert "are not applied. Run: supportflow migrate" in out


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    assert command(tmp_path, "migrate")[0] == 0
    assert (tmp_path / "supportflow.sqlite3").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="asks what root may do")
def test_root_leaves_no_files_in_the_folder_of_another(tmp_path: Path) -> None:
    os.chown(tmp_path, 1, 1)
    for line in (["migrate"], ["backup", "/tmp/x.tar"], ["web"], ["worker"], ["serve", "--data", str(tmp_path)]):
        code, out, err = command(tmp_path, *line)
        assert (code, out) == (1, "")
        assert f"The data folder {tmp_path} is daemon's. Run it as that user: sudo -u daemon" in err
    assert not list(tmp_path.iterdir())


def test_a_port_that_is_taken_is_told_before_anything_is_invented(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = command(tmp_path, "bench", "--port", str(taken.getsockname()[1]))
    assert (code, "is in use" in err) == (1, True)
    assert not (tmp_path / "supportflow.sqlite3").exists()
