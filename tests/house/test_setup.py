"""What a checkout is set up from: the locks, and the script that installs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.venv import Venv
from supportflow import __version__
from tests.house.processes import ROOT

LOCKS = [f"requirements{kind}.lock" for kind in ("", "-s3", "-dev", "-tools")]


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+(?:\[[a-z,]+\])?)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_and_hashes_and_names_no_host_or_path(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"://|^\s*--(index|extra|find|trusted)|file:|^-", text, re.MULTILINE)
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        assert requirement.startswith("#") or ("==" in requirement and "--hash=sha256:" in requirement), requirement


def test_each_lock_holds_every_pin_of_the_one_before() -> None:
    product, s3, dev = (pins(lock).items() for lock in LOCKS[:3])
    assert product <= s3 <= dev


@pytest.mark.parametrize(
    ("place", "lock"),
    [
        ({}, "requirements.lock"),
        ({"STORAGE_URL": "/srv/files"}, "requirements.lock"),
        ({"STORAGE_URL": "s3://files"}, "requirements-s3.lock"),
        ({"STORAGE_URL_FILE": "/nowhere"}, "requirements.lock"),
    ],
)
def test_the_libraries_for_s3_come_where_they_are_asked_for(place: dict[str, str], lock: str) -> None:
    ask = f'. "{ROOT}/scripts/setup.sh"; product_lock'
    done = subprocess.run(
        ["sh", "-euc", ask, f"{ROOT}/bin/serve"],
        env={"PATH": os.defpath} | place,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == lock


def test_the_newest_release_in_the_changelog_is_the_version() -> None:
    releases = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert releases[:1] in ([], [__version__])


@pytest.fixture
def nothing_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SUPPORTFLOW_VENV", raising=False)
    for lock in LOCKS:
        (tmp_path / lock).write_text("# nothing\n")
    return tmp_path


def set_up(root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-S", str(ROOT / "scripts" / "venv.py"), str(root), "requirements.lock"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_starts_at_the_same_moment_install_once(nothing_to_install: Path) -> None:
    started = [set_up(nothing_to_install) for _ in range(2)]
    answers = [process.communicate() for process in started]
    python = nothing_to_install / ".venv" / "bin" / "python"
    assert [out for out, _ in answers] == [f"{python}\n"] * 2
    assert sum("Installing" in err for _, err in answers) == 1
    assert Venv(nothing_to_install).is_current("requirements.lock")


@pytest.fixture
def made(nothing_to_install: Path) -> Venv:
    """As if an installation had just ended."""
    venv = Venv(nothing_to_install)
    venv.python.parent.mkdir(parents=True)
    venv.python.symlink_to(sys.executable)
    venv.note("requirements-dev.lock")
    assert venv.is_current("requirements.lock")
    return venv


def test_an_installation_that_was_cut_off_is_made_anew(made: Venv) -> None:
    made.mark.touch()
    assert not made.is_whole()
    made.empty()
    assert not made.python.exists()
    assert made.mark.exists()


def test_a_changed_lock_is_installed_over_the_old(made: Venv) -> None:
    (made.root / "requirements.lock").write_text("# something\n")
    assert made.is_whole()
    assert not made.is_current("requirements.lock")


def test_an_environment_whose_python_has_gone_is_made_anew(made: Venv) -> None:
    made.made_with.write_text("/usr/bin/python2.7\n")
    assert not made.is_whole()


def test_the_shell_and_the_script_agree_on_what_is_current(made: Venv) -> None:
    def shell_says() -> bool:
        ask = f'. "{ROOT}/scripts/setup.sh"; root="{made.root}" venv="{made.path}"; is_current requirements.lock'
        return subprocess.run(["sh", "-c", ask, f"{ROOT}/bin/serve"], check=False).returncode == 0

    assert shell_says()
    for change in (made.mark.touch, made.mark.unlink, made.copy_of("requirements.lock").unlink):
        change()
        assert shell_says() == made.is_current("requirements.lock")
