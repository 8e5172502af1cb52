"""Helpers to run the commands as a person would, in a copy of the tree."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from supportflow.children import LIFELINE

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds; only a failure waits that long, and a machine that does much else


def environment(**values: str) -> dict[str, str]:
    """A person's environment: nothing of the test run in it, but its virtual environment, to spare the installation."""
    product = ("SUPPORTFLOW_", "DATABASE_URL", "EMAIL_URL", "SMTP_", "DJANGO_", "PYTHONPATH", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(product)}
    return kept | {"SUPPORTFLOW_VENV": sys.prefix, "SMTP_LISTEN": "", **values}


def copy_tree(target: Path) -> Path:
    """What git tracks or would track, as it stands in the work tree now."""
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE:g} s"
        time.sleep(0.05)


class Running:
    """A process and what it has printed so far."""

    def __init__(self, command: list[str], cwd: Path, **values: str) -> None:
        self.lines: list[str] = []
        # The supervisor's own lifeline, held by us: a test run that is killed leaves no server behind.
        self._lifeline: int | None
        reading, self._lifeline = os.pipe()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(**{LIFELINE: str(reading)}, **values),
            pass_fds=[reading],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        os.close(reading)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
        self.process.stdout.close()

    def wait_for_line(self, start: str) -> str:
        """The first line that begins so."""
        self._wait(lambda: self._found(start) or self.process.poll() is not None, f"a line {start!r}")
        assert self._found(start), self.lines
        return self._found(start)[0]

    def _wait(self, condition: Callable[[], object], what: str) -> None:
        try:
            wait_until(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; it printed: {self.lines}") from None

    def _found(self, start: str) -> list[str]:
        return [line for line in list(self.lines) if line.startswith(start)]

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def end(self, number: int = signal.SIGINT) -> int:
        """Send the signal to the process alone, as to a supervisor; its exit status."""
        self.process.send_signal(number)
        self._wait(lambda: self.process.poll() is not None, "the end of the process")
        self.close()
        return self.process.returncode

    def close(self) -> None:
        """After its end: all that it printed is in `lines`."""
        self._reader.join(PATIENCE)
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def children_of(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == parent and after_name[0] != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def descendants_of(parent: int) -> list[int]:
    return [pid for child in children_of(parent) for pid in [child, *descendants_of(child)]]


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def serving(tree: Path, data: Path, *options: str, **values: str) -> Iterator[Running]:
    """`bin/serve` on a free port, ended at the end."""
    running = Running([str(tree / "bin" / "serve"), "--port", "0", "--data", str(data), *options], tree, **values)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()
        else:
            running.close()
