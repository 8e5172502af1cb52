"""What we take from other people's packages for the browser: checked offline, renewed with one command.

    python scripts/vendor.py check     every file is there, byte for byte as the manifest says (used by the tests)
    python scripts/vendor.py renew     fetch the packages again with `npm pack` and make the files anew (needs npm)

The manifest names package, version, licence and the file inside the package; nothing of Node is needed to run, build
or test. To take a new version, change it in the manifest and renew. A font or a sprite is made from several parts:
`make` says how.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent.parent / "supportflow" / "static"
MANIFEST = STATIC / "vendor" / "manifest.json"
GLYPHS = STATIC / "icons" / "glyphs.svg"
# Latin-1 and the punctuation, arrows and currency that our own texts use.
CHARACTERS = (
    "U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+2002,U+2009,U+2013-2014,U+2018-201A,U+201C-201E,U+2022,U+2026"
)
SYMBOLS = "U+2030,U+2032-2033,U+2039-203A,U+2044,U+20AC,U+2122,U+2190-2193,U+2212"

Entry = dict[str, Any]


def load() -> list[Entry]:
    entries: list[Entry] = json.loads(MANIFEST.read_text("utf-8"))["files"]
    return entries


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check(entries: list[Entry]) -> list[str]:
    """Return what is wrong, a line for each file."""
    wrong = []
    for entry in entries:
        path = STATIC / entry["file"]
        if not path.is_file():
            wrong.append(f"{entry['file']}: missing; run `python scripts/vendor.py renew`")
        elif digest(path.read_bytes()) != entry["sha256"]:
            wrong.append(f"{entry['file']}: was changed; change the package or the manifest instead, then renew")
    listed = {entry["file"] for entry in entries} | {"vendor/manifest.json"}
    strangers = {
        path.relative_to(STATIC).as_posix() for path in (STATIC / "vendor").rglob("*") if path.is_file()
    } - listed
    return wrong + [f"{name}: stands in no manifest entry" for name in sorted(strangers)]


def unpack(package: str, version: str, folder: Path) -> tarfile.TarFile:
    command = ["npm", "pack", f"{package}@{version}", "--silent", "--pack-destination", str(folder)]
    name = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout.split()[-1]
    return tarfile.open(folder / name)


def read(package: tarfile.TarFile, name: str) -> bytes:
    member = package.extractfile(f"package/{name}")
    if member is None:
        raise SystemExit(f"{name}: the package has no such file")
    return member.read()


def font(source: bytes) -> bytes:
    """Return the variable font with the weights 400 to 650 and the characters above, as woff2."""
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    face = TTFont(io.BytesIO(source), recalcTimestamp=False)
    features = ["kern", "mark", "mkmk", "ccmp", "calt", "tnum", "locl"]
    subsetter = subset.Subsetter(subset.Options(layout_features=features, hinting=False))
    subsetter.populate(unicodes=subset.parse_unicodes(f"{CHARACTERS},{SYMBOLS}"))
    subsetter.subset(face)
    small = instancer.instantiateVariableFont(face, {"wght": (400, 650)})
    small.flavor = "woff2"
    target = io.BytesIO()
    small.save(target, reorderTables=False)
    return target.getvalue()


def sprite(package: tarfile.TarFile, icons: list[str]) -> bytes:
    """Return one SVG with a symbol for each icon of the package and our own status and priority glyphs."""
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', "<!-- Lucide, ISC licence; s-* and p-*: SupportFlow -->"]
    for name in sorted(icons):
        drawing = read(package, f"icons/{name}.svg").decode()
        body = re.sub(r"<!--.*?-->|</?svg[^>]*>", "", drawing, flags=re.DOTALL)
        body = re.sub(r"\s*\n\s*", "", body).replace(" />", "/>")
        lines.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    lines += [line for line in GLYPHS.read_text("utf-8").splitlines() if line.startswith("<symbol")]
    return ("\n".join(lines) + "\n</svg>\n").encode()


def make(entry: Entry, package: tarfile.TarFile) -> bytes:
    match entry.get("make", "copy"):
        case "sprite":
            return sprite(package, entry["icons"])
        case "font":
            return font(read(package, entry["source"]))
        case "copy":
            # The map that the file points to is not served.
            return re.sub(rb"\n?//# sourceMappingURL=\S+\s*$", b"\n", read(package, entry["source"]))
        case other:
            raise SystemExit(f"{entry['file']}: the manifest asks for {other!r}; use copy, font or sprite")


def renew(entries: list[Entry]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for entry in entries:
            with unpack(entry["package"], entry["version"], Path(folder)) as package:
                data = make(entry, package)
            path = STATIC / entry["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            entry["sha256"], entry["bytes"] = digest(data), len(data)
            print(f"{entry['file']}: {entry['package']} {entry['version']}, {len(data):,} bytes")
    MANIFEST.write_text(json.dumps({"files": entries}, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["check", "renew"])
    entries = load()
    if parser.parse_args().command == "renew":
        renew(entries)
    wrong = check(entries)
    print("\n".join(wrong) or f"{len(entries)} vendored files are as the manifest says")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
