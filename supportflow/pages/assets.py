"""Static files: a stylesheet and few scripts out of many small files, hashed, compressed and kept for ever by browsers.

Nothing is built by hand: `collect` runs at the first start and whenever a source file changed (about half a second).
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import django
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from whitenoise.compress import Compressor  # type: ignore[import-untyped]
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

SOURCE = Path(__file__).resolve().parent.parent / "static"
STYLES = "css/index.css"
# What installed packages would publish and no page of ours uses.
UNUSED = ["django_htmx", "account"]
# htmx first; then every module of ours in the order of its name. They speak to each other through the page alone.
LIBRARIES = ["vendor/htmx.min.js"]

_IMPORT = re.compile(r'^@import "([^"]+)" layer\((\w+)\);$', re.MULTILINE)
_URL = re.compile(r'url\("([^":]+)"\)')


def stylesheet(source: Path = SOURCE) -> str:
    """Return index.css with its imports in place, each in its layer; addresses are made relative to `app.css`."""

    def inline(found: re.Match[str]) -> str:
        name = posixpath.normpath(posixpath.join(posixpath.dirname(STYLES), found[1]))
        text = (source / name).read_text("utf-8")
        text = _URL.sub(lambda url: f'url("{posixpath.normpath(posixpath.join(name, "..", url[1]))}")', text)
        return f"@layer {found[2]} {{\n{text}}}\n"

    return _IMPORT.sub(inline, (source / STYLES).read_text("utf-8"))


def script(source: Path = SOURCE) -> str:
    """Return the libraries and our modules in one file; each module keeps its names to itself."""
    libraries = [(source / name).read_text("utf-8") for name in LIBRARIES]
    modules = [path.read_text("utf-8") for path in sorted((source / "js").glob("*.js"))]
    return "\n".join([*libraries, *(f'(() => {{\n"use strict";\n{text}}})();' for text in modules)])


def later(source: Path = SOURCE) -> dict[str, str]:
    """Return what pages load when somebody first asks for it: each folder of modules as one file of its name.

    The modules of one folder share their names.
    """
    folders = sorted(path for path in (source / "js").iterdir() if path.is_dir())
    return {
        f"{folder.name}.js": "\n".join(p.read_text("utf-8") for p in sorted(folder.glob("*.js"))) for folder in folders
    }


class _Compressor(Compressor):  # type: ignore[misc]  # whitenoise brings no types
    """Brotli at full strength costs a second for each half megabyte; large files of others get less."""

    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return bytes(brotli.compress(data, quality=11 if len(data) < 2**18 else 4))


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Publishes `app.css` and `app.js` in place of their parts, all under names that carry their hash."""

    # A missing file shows as its plain name and a 404 in the browser, never as a page that fails.
    manifest_strict = False

    def post_process(self, paths: dict[str, Any], *, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            for name in [name for name in paths if name.startswith(("css/", "js/"))]:
                del paths[name]
            for name, text in {"app.css": stylesheet(), "app.js": script(), **later()}.items():
                self.delete(name)
                self.save(name, ContentFile(text.encode()))
                paths[name] = (self, name)
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def create_compressor(self, **options: Any) -> Compressor:
        return _Compressor(**options)


def _stamp() -> str:
    """Return a digest that changes whenever what `collect` would make could change."""
    told = [django.__version__, *settings.INSTALLED_APPS]
    for path in [Path(__file__), *sorted(SOURCE.rglob("*"))]:
        if path.is_file():
            state = path.stat()
            told.append(f"{path.name} {state.st_size} {state.st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


@functools.cache
def collect() -> None:
    """Bring STATIC_ROOT up to date; processes that start together wait for the first of them."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        noted, stamp = root / ".stamp", _stamp()
        if not noted.exists() or noted.read_text() != stamp:
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
            noted.write_text(stamp)


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves STATIC_ROOT, which it first brings up to date."""

    def __init__(self, get_response: Any = None) -> None:
        collect()
        super().__init__(get_response)

    def immutable_file_test(self, path: str, url: str) -> bool:
        return bool(re.search(r"\.[0-9a-f]{12}\.", url))
