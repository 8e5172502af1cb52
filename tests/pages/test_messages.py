"""No text for people escapes gettext."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir

PACKAGE = Path(__file__).parents[2] / "supportflow"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    "pgettext": ((1, "c"), 2),
}
OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.do", "trim_blocks": "true", "silent": "false"}}
# The same in every language.
NAMES = {"SupportFlow", "Django", "Python", "Authorization", "Bearer sf", "api", "openapi.json"}


def test_every_message_can_be_extracted() -> None:
    found = extract_from_dir(PACKAGE, METHODS, options_map=OPTIONS, keywords=KEYWORDS)
    messages = {str(message) for _file, _line, message, _comments, _context in found}
    assert {"Remote image not loaded", "Waiting", "Keyboard shortcuts"} <= messages
    assert len(messages) > 500


def test_no_template_has_words_of_its_own() -> None:
    loose = []
    for path in sorted((PACKAGE / "templates").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\0", text, flags=re.DOTALL)
        said = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"\0]+)"', text)
        said += re.findall(r"[A-Za-z][A-Za-z ,.]{2,}", re.sub(r"<[^>]*>", "\n", text))
        loose += [f"{path.name}: {words.strip()}" for words in said if words.strip() not in NAMES]
    assert loose == []
