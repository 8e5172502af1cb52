"""A pytest plugin for `bin/test`: shows what this machine could not check just above pytest's closing line."""

import os

import pytest

VARIABLE = "SUPPORTFLOW_LACKS"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lacks := os.environ.get(VARIABLE):
        terminalreporter.section("skipped: this machine lacks")
        for lack in lacks.splitlines():
            terminalreporter.line(lack)
