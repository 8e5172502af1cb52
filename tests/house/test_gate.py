"""`bin/test` itself: what it lists, what it ends with, what it keeps out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import gate, lacks
from tests.house.processes import ROOT


def test_what_the_machine_lacks_stands_above_the_closing_line(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    folder = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "scripts.lacks", "-p", "no:cacheprovider", "--rootdir", folder, folder],
        check=True,
        cwd=ROOT,
        env=os.environ | {lacks.VARIABLE: "Chromium, for the browser tests", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert "skipped: this machine lacks" in lines[-4]
    assert lines[-3] == "Chromium, for the browser tests"
    assert re.search(r"\b1 passed in ", lines[-1])


def test_a_lack_fails_in_ci_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    at_home, in_ci = gate.Gate({}), gate.Gate({})
    monkeypatch.setattr(gate, "CI", False)
    at_home.lack("Chromium")
    monkeypatch.setattr(gate, "CI", True)
    in_ci.lack("Chromium")
    assert (at_home.lacking, at_home.failed) == (["Chromium"], [])
    assert (in_ci.lacking, in_ci.failed) == (["Chromium"], ["Chromium"])


def test_a_check_that_fails_shows_what_its_tool_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = gate.tool(sys.executable, "-c", "import sys; print('line 3 is wrong'); sys.exit(1)")(gate.Gate({}))
    assert said == "line 3 is wrong"
    assert gate.tool(sys.executable, "-c", "print('fine')")(gate.Gate({})) == ""


def test_a_developers_own_settings_do_not_reach_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://live.example")
    monkeypatch.setenv("DATABASE_URL", "postgres://live.example/desk")
    monkeypatch.setenv("SUPPORTFLOW_DATA", "/var/lib/supportflow")
    environment = gate.clean_environment("/tmp/x")
    assert "EMAIL_URL" not in environment
    assert "DATABASE_URL" not in environment
    assert environment["SUPPORTFLOW_DATA"] == "/tmp/x"
