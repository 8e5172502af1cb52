"""The tail is where clarity dies: a file that outgrows one idea becomes a package of several."""

import re
from pathlib import Path

from tests.architecture.source import PACKAGE, ROOT, templates

INLINE = re.compile(r"""<style\b|<script(?![^>]*\bsrc=)|<[^>]*\s(?:style|on[a-z]+)\s*=""", re.IGNORECASE)


def longer_than(most: int, files: list[Path]) -> dict[str, int]:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in files}
    return {name: length for name, length in lengths.items() if length > most}


def test_python_files_have_at_most_400_lines() -> None:
    files = [path for folder in ("supportflow", "scripts", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert not longer_than(400, [path for path in files if "migrations" not in path.parts])


def test_fragments_have_at_most_60_lines() -> None:
    assert not longer_than(60, [path for path in templates() if path.name.startswith("_")])


def test_script_modules_have_at_most_60_lines() -> None:
    assert not longer_than(60, sorted((PACKAGE / "static" / "js").rglob("*.js")))


def test_templates_hold_no_inline_style_or_script() -> None:
    """Our Content-Security-Policy would block them."""
    found = {
        f"{path.relative_to(ROOT)}:{number}": line.strip()
        for path in templates()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if INLINE.search(line)
    }
    assert not found


def test_inline_style_and_script_are_recognised() -> None:
    for line in ('<p style="color: red">', "<script>alert(1)</script>", '<a href="#" onclick="go()">', "<style>"):
        assert INLINE.search(line)
    for line in ('<script src="/static/app.js" defer></script>', '<p class="style=x">', "<p>once = twice</p>"):
        assert not INLINE.search(line)
