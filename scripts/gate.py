"""`bin/test`: everything this machine can check.

    bin/test                      all checks, then the tests on SQLite, in the browser and on PostgreSQL
    bin/test PYTEST-ARGUMENTS     pytest alone, on SQLite
    bin/test --postgres ARGUMENTS pytest alone, on a throw-away PostgreSQL
    bin/test --faults ARGUMENTS   the faults in their long form, on SQLite and on PostgreSQL
    bin/test --cov                pytest alone, and which lines no test reaches

What the machine lacks is listed as skipped; with CI=true a lack is a failure. The last line is pytest's own.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from scripts import lacks, postgres

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
PYTHON = [sys.executable, "-m"]
# What decides how the product runs; a developer's own values must not decide how it is tested.
PRODUCT_VARIABLES = (
    "SUPPORTFLOW_",
    "DATABASE_",
    "EMAIL_URL",
    "IMAP_URL",
    "LOG_FORMAT",
    "SMTP_",
    "STORAGE_URL",
    "VALKEY_URL",
)
# What the tests marked "services" start, by what they are for.
SERVICES = {
    "redis-server": "Redis",
    "nginx": "nginx",
    "pgbouncer": "PgBouncer",
    "dovecot": "Dovecot",
}
QUICK = "not browser and not services and not faults"
WAITING = ["-n", str(1 + (os.cpu_count() or 1))]  # these mostly wait for what they started
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass
class Gate:
    environment: dict[str, str]
    failed: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    def check_all(self) -> None:
        """The checks that need no test run, two at a time."""
        with ThreadPoolExecutor(2) as pool:
            for (name, _), problem in zip(
                CHECKS.items(), pool.map(lambda check: check(self), CHECKS.values()), strict=True
            ):
                if problem:
                    print(f"{problem}\n")
                print(f"{'FAILED' if problem else 'ok    '}  {name}", flush=True)
                if problem:
                    self.failed.append(name)

    def pytest(self, name: str, *arguments: str, **environment: str) -> int:
        print(f"\n--- {name}", flush=True)
        started = time.monotonic()
        code = subprocess.call([*PYTHON, "pytest", *arguments], env=self.environment | environment, cwd=ROOT)
        if code:
            print(f"FAILED  {name} ({time.monotonic() - started:.0f} s)", flush=True)
            self.failed.append(name)
        return code

    def lack(self, what: str) -> None:
        self.lacking.append(what)
        if CI:
            self.failed.append(what)


def tool(*command: str) -> Callable[[Gate], str]:
    """A check that is a command: what it printed if it failed, else nothing."""

    def check(gate: Gate) -> str:
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env=gate.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        return (done.stdout + done.stderr).strip() or "it gave no reason" if done.returncode else ""

    return check


def known_vulnerabilities(gate: Gate) -> str:
    """Asks about the locked dependencies; without an answer there is no verdict."""
    command = [*PYTHON, "pip_audit", "--disable-pip", "--require-hashes", "-r", "requirements.lock", "--format", "json"]
    try:
        done = subprocess.run(
            [*command, "--progress-spinner", "off", "--timeout", "10"],
            check=False,
            cwd=ROOT,
            env=gate.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        packages = []
    if not any("vulns" in package for package in packages):
        gate.lacking.append("a way to ask for known vulnerabilities (pip-audit got no answer)")
    found = [
        f"{package['name']} {package['version']}: {hole['id']}"
        for package in packages
        for hole in package.get("vulns", [])
    ]
    return "\n".join(found)


CHECKS: dict[str, Callable[[Gate], str]] = {
    "types (mypy)": tool(*PYTHON, "mypy"),
    "format (ruff)": tool(*PYTHON, "ruff", "format", "--check", "--quiet", "."),
    "lint (ruff)": tool(*PYTHON, "ruff", "check", "--quiet", "."),
    "import contracts (import-linter)": tool(str(Path(sys.executable).parent / "lint-imports"), "--no-cache"),
    "templates (djlint)": tool(*PYTHON, "djlint", "--quiet", "--lint", "supportflow/templates"),
    "migrations": tool(*PYTHON, "django", "makemigrations", "--check", "--dry-run"),
    "vendored files": tool(sys.executable, "scripts/vendor.py", "check"),
    "known vulnerabilities (pip-audit)": known_vulnerabilities,
}


def run_everything(gate: Gate, servers: ExitStack) -> None:
    before = git_status()
    gate.check_all()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    services = {name for name in SERVICES if find_server(name)}
    name_lacks(gate, browser, services)
    runs = list[tuple[str, list[str], dict[str, str]]]()
    if services == SERVICES.keys() and postgres.binaries():
        runs.append(("faults on SQLite, tests with other servers", ["-m", "faults or services", *WAITING], {}))
    else:
        runs.append(("faults on SQLite", ["-m", "faults and not services", *WAITING], {}))
    runs.append(("tests on SQLite", ["-m", QUICK, "--cov", "--cov-report="], {}))
    if browser:
        runs.append(("browser tests", ["-m", "browser", "--dist", "loadfile"], {}))
    if postgres.binaries():
        runs.append(("tests on PostgreSQL", ["-m", QUICK], {"DATABASE_URL": servers.enter_context(postgres.server())}))
    for number, (name, arguments, environment) in enumerate(runs, 1):
        if number == len(runs):
            environment |= {lacks.VARIABLE: "\n".join(gate.lacking)}
        gate.pytest(name, "-n", "logical", "--dist", "worksteal", "-p", "scripts.lacks", *arguments, **environment)
    if left := git_status() - before:
        gate.failed.append("a clean tree: the run left " + ", ".join(sorted(left)))


def name_lacks(gate: Gate, browser: str | None, services: set[str]) -> None:
    if not browser:
        gate.lack("Chromium, for the browser tests")
    if not postgres.binaries():
        gate.lack("PostgreSQL's server programs, for the tests on PostgreSQL")
    if not find_libfaketime():
        gate.lack("libfaketime, for the faults of the clock")
    for name in SERVICES.keys() - services:
        gate.lack(f"{SERVICES[name]}, for the tests with other servers")


def find_server(name: str) -> str | None:
    """Debian puts servers where only root's path leads."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


def find_libfaketime() -> str:
    return next(map(str, Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "")


def run_faults(gate: Gate, servers: ExitStack, arguments: list[str]) -> int:
    long_form = {"SUPPORTFLOW_FAULTS": "long"}
    code = gate.pytest("faults on SQLite", "-m", "faults", *arguments, **long_form)
    if not postgres.binaries():
        gate.lack("PostgreSQL's server programs, for the faults on PostgreSQL")
        return code
    url = servers.enter_context(postgres.server())
    return code | gate.pytest("faults on PostgreSQL", "-m", "faults", *arguments, DATABASE_URL=url, **long_form)


def git_status() -> set[str]:
    done = subprocess.run(["git", "status", "--porcelain"], check=False, cwd=ROOT, capture_output=True, text=True)
    return set(done.stdout.splitlines())


def clean_environment(folder: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PRODUCT_VARIABLES)}
    venv = os.environ.get("SUPPORTFLOW_VENV")
    return kept | {
        "SUPPORTFLOW_DATA": folder,
        "DJANGO_SETTINGS_MODULE": "supportflow.settings",
        "COVERAGE_FILE": f"{folder}/coverage",
        **({"SUPPORTFLOW_VENV": venv} if venv else {}),
    }


def as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, as_interrupt)
    with tempfile.TemporaryDirectory(prefix="supportflow-test-") as folder, ExitStack() as servers:
        gate = Gate(clean_environment(folder))
        if arguments[:1] == ["--postgres"]:
            return gate.pytest(
                "tests on PostgreSQL", *arguments[1:], DATABASE_URL=servers.enter_context(postgres.server())
            )
        if arguments[:1] == ["--faults"]:
            return run_faults(gate, servers, arguments[1:])
        if arguments:
            return gate.pytest("tests on SQLite", *arguments)
        run_everything(gate, servers)
    if gate.failed:
        print("\nFailed: " + "; ".join(gate.failed), file=sys.stderr)
    return 1 if gate.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
