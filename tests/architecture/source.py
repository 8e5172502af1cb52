"""The source tree as the architecture tests read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "supportflow"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours but migrations, by its path inside the package: "desk/operations/status.py"."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "migrations" not in path.parts
    }


def room(path: str) -> str:
    """What the file may do goes by its name, or by its folder's: "operations" for desk/operations/status.py."""
    folders, _, name = path.rpartition("/")
    folder = folders.rpartition("/")[2]
    return folder if folders.count("/") else name.removesuffix(".py")


def imports(tree: ast.Module) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def templates() -> list[Path]:
    return sorted((PACKAGE / "templates").rglob("*.html"))
