"""The catalogues of supportflow/locale, from the texts of the source.

    python -m scripts.messages renew     takes up what is new, drops what is gone, compiles
    python -m scripts.messages check     says what is not translated, not renewed or not compiled

A translator fills in the .po file of a language; the .mo file beside it, which the product reads, is made from it and
committed too: who runs SupportFlow needs no tool for it.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "supportflow"
LANGUAGES = ("de", "es")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    **dict.fromkeys(
        ("_", "gettext", "gettext_lazy", "now", "later")
    ),  # the last two: as modules that need both call them
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    "pgettext": ((1, "c"), 2),
}
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do", "trim_blocks": "true", "silent": "false"}}
DIFFERENT_EACH_TIME = (b'"POT-Creation', b'"PO-Revision', b'"Generated-By', b"#, fuzzy")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|%[sd]|\{\w*\}")


def source() -> Catalog:
    """Every text of the source, without the lines where it stands: they would change with each commit."""
    found = Catalog(project="SupportFlow", charset="utf-8")
    for file, _line, text, _comments, context in extract_from_dir(
        PACKAGE, METHODS, options_map=OPTIONS, keywords=KEYWORDS
    ):
        found.add(text, locations=[(f"supportflow/{file}", 0)], context=context)
    return found


def po_of(language: str) -> Path:
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"


def kept(language: str) -> Catalog:
    file = po_of(language)
    if not file.exists():
        return Catalog(locale=language, header_comment="", project="SupportFlow", charset="utf-8")
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def renewed(language: str, texts: Catalog) -> Catalog:
    catalog = kept(language)
    catalog.update(texts, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def po(catalog: Catalog) -> bytes:
    told = BytesIO()
    write_po(told, catalog, width=120, sort_output=True, omit_header=False, no_location=True, ignore_obsolete=True)
    return b"".join(line for line in told.getvalue().splitlines(True) if not line.startswith(DIFFERENT_EACH_TIME))


def mo(catalog: Catalog) -> bytes:
    told = BytesIO()
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same bytes each time
    write_mo(told, catalog)
    return told.getvalue()


def faults(language: str, texts: Catalog) -> Iterator[str]:
    catalog = renewed(language, texts)
    for message in catalog:
        if message.id and not is_whole(message):
            yield f"{language}: not translated, or with other placeholders: {message.id!r}"
    file = po_of(language)
    if not file.exists() or file.read_bytes() != po(catalog):
        yield f"{language}: {file.name} does not hold what the source has. Run: python -m scripts.messages renew"
    compiled = file.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != mo(kept(language)):
        yield f"{language}: {compiled.name} is not made from {file.name}. Run: python -m scripts.messages renew"


def is_whole(message: Message) -> bool:
    """Each form is there and holds the placeholders of its source, no more and no fewer."""
    ids = message.id if isinstance(message.id, (list, tuple)) else [message.id]
    told = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    wanted = {name for text in ids for name in PLACEHOLDER.findall(text)}
    least = set.intersection(*(set(PLACEHOLDER.findall(text)) for text in ids))
    return all(text and least <= set(PLACEHOLDER.findall(text)) <= wanted for text in told)


def renew() -> int:
    texts = source()
    for language in LANGUAGES:
        file = po_of(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(po(renewed(language, texts)))
        file.with_suffix(".mo").write_bytes(mo(kept(language)))
    return 0


def check() -> int:
    texts = source()
    found = [fault for language in LANGUAGES for fault in faults(language, texts)]
    print("\n".join(found) or f"{len(texts)} texts in {', '.join(LANGUAGES)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit({"renew": renew, "check": check}.get(" ".join(sys.argv[1:]), lambda: 2)())
