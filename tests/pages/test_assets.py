"""One stylesheet, one script, small, and kept for ever."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.test import Client

from scripts import vendor
from supportflow.pages import assets

TEMPLATES = assets.SOURCE.parent / "templates"
ICON = re.compile(r"""(?:icon|say|Line)\(\s*["']([a-z0-9-]+)["']""")


def test_the_stylesheet_holds_every_part_in_its_layer() -> None:
    css = assets.stylesheet()
    assert "@import" not in css
    assert css.index("@layer reset, tokens, base, layout, components, utilities;") < css.index("@layer reset {")
    for part in (assets.SOURCE / "css").rglob("*.css"):
        assert part.name == "index.css" or part.read_text("utf-8") in css or "url(" in part.read_text("utf-8"), part


def test_what_the_stylesheet_names_is_there() -> None:
    for name in re.findall(r'url\("([^"]+)"\)', assets.stylesheet()):
        assert (assets.SOURCE / name).is_file(), name


def test_modules_of_the_script_keep_their_names_to_themselves() -> None:
    script = assets.script()
    assert script.count('"use strict";') == len(list((assets.SOURCE / "js").glob("*.js")))
    assert not re.search(r"^(?:import|export) ", script, re.MULTILINE)


def test_vendored_files_are_as_their_packages_made_them() -> None:
    assert vendor.check(vendor.load()) == []


def test_a_changed_vendored_file_is_noticed() -> None:
    entry = {**vendor.load()[0], "sha256": "0" * 64}
    assert "was changed" in "\n".join(vendor.check([entry]))


def test_the_sprite_holds_what_pages_show_and_no_more() -> None:
    sprite = (assets.SOURCE / "icons" / "sprite.svg").read_text("utf-8")
    there = {name for name in re.findall(r'symbol id="([^"]+)"', sprite) if name[:2] not in {"s-", "p-"}}
    sources = [*TEMPLATES.rglob("*.html"), *assets.SOURCE.parent.rglob("*.py")]
    texts = "\n".join(path.read_text("utf-8") for path in sources)
    assert set(ICON.findall(texts)) <= there
    assert [name for name in sorted(there) if f'"{name}"' not in texts] == []


def stored(name: str) -> str:
    """The name under which a file is published."""
    return static(name).removeprefix("/static/")


@pytest.mark.django_db
def test_the_first_visit_of_the_list_is_light(browser: Client) -> None:
    """At most 100 kB and 8 requests, as they go over the wire."""
    page = browser.get("/tickets", headers={"accept-encoding": "gzip"}).content
    names = set(re.findall(r'(?:href|src)="/static/([^"#]+)', gzip.decompress(page).decode())) | {
        stored("vendor/inter.woff2")
    }
    sizes = {name: _on_the_wire(Path(settings.STATIC_ROOT) / name) for name in names}
    assert len(sizes) + 1 <= 7  # and the stream of live hints
    assert sum(sizes.values()) + len(page) < 100_000, sizes


def _on_the_wire(path: Path) -> int:
    small = path.with_name(f"{path.name}.br")
    return (small if small.exists() else path).stat().st_size


@pytest.mark.django_db
def test_static_files_stay_in_the_browser_for_ever(client: Client) -> None:
    answer = client.get(f"/static/{stored('app.css')}", headers={"Accept-Encoding": "br"})
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Encoding"] == "br"
    b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_every_value_that_a_style_asks_for_is_defined() -> None:
    style = assets.stylesheet()
    asked = set(re.findall(r"var\((--[\w-]+)\)", style))  # those with a value to fall back on may be missing
    assert asked - set(re.findall(r"(--[\w-]+)\s*:", style)) == set()
