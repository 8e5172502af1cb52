"""No text for people escapes gettext."""

import re

from scripts.messages import PACKAGE, source

# The same in every language.
NAMES = {"SupportFlow", "Django", "Python", "Authorization", "Bearer sf", "api", "openapi.json"}


def test_every_message_can_be_extracted() -> None:
    found = {str(message.id) for message in source()}
    assert {"Remote image not loaded", "Waiting", "Keyboard shortcuts"} <= found
    assert len(found) > 500


def test_no_template_has_words_of_its_own() -> None:
    loose = []
    for path in sorted((PACKAGE / "templates").rglob("*.html")):
        text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\0", text, flags=re.DOTALL)
        said = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"\0]+)"', text)
        said += re.findall(r"[A-Za-z][A-Za-z ,.]{2,}", re.sub(r"<[^>]*>", "\n", text))
        loose += [f"{path.name}: {words.strip()}" for words in said if words.strip() not in NAMES]
    assert loose == []
