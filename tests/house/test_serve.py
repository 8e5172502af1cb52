"""`bin/serve` as a person meets it: a fresh copy of the tree, one command, Ctrl-C."""

import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.processes import (
    Running,
    children_of,
    copy_tree,
    descendants_of,
    environment,
    is_alive,
    serving,
    wait_until,
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("copy"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data") / "not-there-yet"


@pytest.fixture(scope="module")
def running(tree: Path, data: Path) -> Iterator[Running]:
    with serving(tree, data) as running:
        running.wait_for_line("Sign in: priya@")
        yield running


def address(running: Running) -> str:
    return running.wait_for_line("Ready: ").removeprefix("Ready: ")


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except OSError:
        return 0


def test_a_first_start_prints_where_it_is_and_who_may_sign_in(running: Running) -> None:
    assert address(running).startswith("http://127.0.0.1:")
    assert status(f"{address(running)}/healthz") == 200
    logins = [line for line in running.lines if line.startswith("Sign in: ")]
    assert len(logins) == 5
    assert logins[0].startswith("Sign in: admin@supportflow.example  password: ")


def test_a_second_supervisor_on_the_same_data_is_refused(running: Running, tree: Path, data: Path) -> None:
    with serving(tree, data) as second:
        line = second.wait_for_line("Error: ")
        second.process.wait()
    assert second.process.returncode == 1
    assert str(data) in line
    assert str(running.process.pid) in line


def test_a_web_server_that_dies_is_started_again(running: Running) -> None:
    before = running.children()
    web = next(pid for pid in before if b"web" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))
    os.kill(web, signal.SIGKILL)
    running.wait_for_line("web ended (signal SIGKILL); it starts again in")
    wait_until(lambda: status(f"{address(running)}/healthz") == 200, "the web server again")
    assert web not in running.children()
    assert len(running.children()) == len(before) == 2


def test_ctrl_c_ends_everything_and_a_later_start_keeps_the_data(running: Running, tree: Path, data: Path) -> None:
    family = descendants_of(running.process.pid)
    assert running.end(signal.SIGINT) == 0
    assert not [pid for pid in family if is_alive(pid)]
    with serving(tree, data) as again:
        again.wait_for_line("Sign in: priya@")
        family = descendants_of(again.process.pid)
        os.kill(again.process.pid, signal.SIGKILL)
        wait_until(lambda: not [pid for pid in family if is_alive(pid)], "the children of a killed supervisor to end")
    assert not children_of(again.process.pid)


def fails(tree: Path, *options: str, **values: str) -> tuple[int, list[str]]:
    """Exit status and the lines on stderr of a `bin/serve` that does not get to serve."""
    command = [str(tree / "bin" / "serve"), *options]
    done = subprocess.run(
        command, check=False, cwd=tree, env=environment(**values), capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr.splitlines()


def test_a_port_in_use_is_named(tree: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, lines = fails(tree, "--port", str(port), "--data", str(tmp_path))
    assert code == 1
    assert len(lines) == 1
    assert f"Port {port} at 127.0.0.1 is in use" in lines[0]


def test_a_data_folder_that_cannot_be_made_is_named(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, lines = fails(tree, "--port", "0", "--data", str(tmp_path / "file" / "data"))
    assert (code, len(lines)) == (1, 1)
    assert f"{tmp_path / 'file' / 'data'} cannot be used" in lines[0]


def test_a_host_that_is_not_ours_is_named(tree: Path, tmp_path: Path) -> None:
    code, lines = fails(tree, "--port", "0", "--host", "192.0.2.1", "--data", str(tmp_path))
    assert (code, len(lines)) == (1, 1)
    assert "192.0.2.1" in lines[0]


def test_a_wrong_setting_stops_the_start_with_one_line(tree: Path, tmp_path: Path) -> None:
    code, lines = fails(tree, "--port", "0", "--data", str(tmp_path), EMAIL_URL="carrier-pigeon://x")
    assert (code, len(lines)) == (1, 1)
    assert "EMAIL_URL" in lines[0]


@pytest.mark.parametrize("option", [["--port", "70000"], ["--port", "http"], ["--fast"], ["surplus"]])
def test_wrong_usage_is_exit_status_2(tree: Path, option: list[str]) -> None:
    code, lines = fails(tree, *option)
    assert code == 2
    assert option[-1] in lines[-1]


def test_a_python_that_is_too_old_is_told(tree: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    code, lines = fails(tree, PYTHON=str(old), SUPPORTFLOW_VENV=str(tmp_path / "venv"))
    assert (code, len(lines)) == (1, 1)
    assert "needs Python 3.11 or newer (found: Python 3.9.2)" in lines[0]
