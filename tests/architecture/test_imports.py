"""Apps import downwards only; the contracts stand in pyproject.toml."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run([program, "--no-cache"], check=False, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("core/clock.py", "from supportflow.desk import models", "Apps import downwards only"),
        ("tags/models.py", "from supportflow.files import models", "Apps import downwards only"),
        ("supervisor.py", "import django", "The supervisor stays small"),
    ],
)
def test_an_import_against_the_order_is_refused(tmp_path: Path, file: str, line: str, contract: str) -> None:
    shutil.copytree(
        PACKAGE, tmp_path / "supportflow", ignore=shutil.ignore_patterns("static", "templates", "__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "supportflow" / file).open("a") as source:
        source.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert any(contract in row and "BROKEN" in row for row in done.stdout.splitlines()), done.stdout


def test_all_contracts_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout
