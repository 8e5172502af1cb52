"""Who may use a data folder at the same time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from supportflow import folderlock
from supportflow.folderlock import FolderInUse, alone, holders, is_in_use, supervising
from tests.house.processes import ROOT

HOLD = "import sys, pathlib, supportflow.folderlock as f; {}; print('held', flush=True); sys.stdin.read()"


@contextmanager
def another(statement: str, data: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that did this with the folder, and stays."""
    program = HOLD.format(statement.replace("DATA", f"pathlib.Path({str(data)!r})"))
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_any_number_of_servers_share_it_and_nobody_has_it_alone_meanwhile(tmp_path: Path) -> None:
    assert not is_in_use(tmp_path)
    with another("f.keep_in_use(DATA)", tmp_path) as first, another("f.keep_in_use(DATA)", tmp_path) as second:
        assert holders(tmp_path) == sorted([first.pid, second.pid])
        with pytest.raises(FolderInUse, match=f"process .*{first.pid}"), alone(tmp_path):
            pass
        assert is_in_use(tmp_path)
        first.kill()
        first.wait()
        assert is_in_use(tmp_path)
        second.kill()
        second.wait()
    assert not is_in_use(tmp_path), "the kernel frees it after kill -9"


def test_nobody_starts_while_a_command_has_it_alone(tmp_path: Path) -> None:
    with alone(tmp_path):
        assert is_in_use(tmp_path)
        with pytest.raises(FolderInUse, match=f"worked on by process {os.getpid()}"):
            folderlock.keep_in_use(tmp_path)
        with pytest.raises(FolderInUse, match=str(os.getpid())), supervising(tmp_path):
            pass
    with alone(tmp_path):
        pass


def test_one_supervisor_beside_its_servers(tmp_path: Path) -> None:
    with supervising(tmp_path / "new"):
        with another("f.keep_in_use(DATA)", tmp_path / "new"):
            pass
        with pytest.raises(FolderInUse, match=f"already runs .* \\(process {os.getpid()}\\)"):
            supervising(tmp_path / "new").__enter__()
        with pytest.raises(FolderInUse), alone(tmp_path / "new"):
            pass
