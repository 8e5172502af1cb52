"""Placeholders in prepared text: `{{customer.first_name|there}}`.

A list of names and one substitution, no template language. What is put in is data: it reads on the page as it is
stored, whatever Markdown or braces it holds, and is never looked at a second time.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from django.utils.translation import gettext as _

from supportflow.core.text import tidy_line

KNOWN = (
    "customer.first_name",
    "customer.last_name",
    "customer.name",
    "customer.email",
    "company.name",
    "ticket.number",
    "ticket.subject",
    "agent.first_name",
    "agent.name",
    "today",
)
MOST = 250  # characters of one value

_PLACEHOLDER = re.compile(r"\{\{([^{}|\n]*)(?:\|([^{}\n]*))?\}\}")
# What Markdown obeys wherever it stands, and what begins an entity or a web address.
_ANYWHERE = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?\w+;|$)|:(?=//|$)")
# What it obeys at the start of a line, which is where a value may stand: headings, quotes, lists, rules.
_AT_START = re.compile(r"(\d{0,9})([-+#=.)/:])")


def fill(source: str, values: Mapping[str, str]) -> str:
    """`source` with each placeholder replaced by its value, or by its own fallback where that is empty."""

    def put(found: re.Match[str]) -> str:
        name, fallback = found[1].strip(), (found[2] or "").strip()
        return as_data(values[name]) or fallback if name in KNOWN else found[0]

    return _PLACEHOLDER.sub(put, source)


def as_data(value: str) -> str:
    """One line of Markdown that reads as exactly these words."""
    escaped = _ANYWHERE.sub(r"\\\g<0>", tidy_line(value)[:MOST])
    return _AT_START.sub(r"\1\\\2", escaped, count=1) if _AT_START.match(escaped) else escaped


def problem(source: str) -> str:
    """What is wrong with the placeholders, and what would be right; empty when they are all known."""
    for found in _PLACEHOLDER.finditer(source):
        if (name := found[1].strip()) not in KNOWN:
            return _unknown(name)
    if "{{" in _PLACEHOLDER.sub("", source):
        return _("“{{” begins a placeholder, such as {{customer.first_name|there}}. Finish it, or take it out.")
    return ""


def _unknown(name: str) -> str:
    near = get_close_matches(name[:60], KNOWN, n=1, cutoff=0.5)
    names = {"name": name[:60], "near": near[0] if near else "", "known": ", ".join(KNOWN)}
    if near:
        return _("There is no {{%(name)s}}. Did you mean {{%(near)s}}? Known ones: %(known)s.") % names
    return _("There is no {{%(name)s}}. Known ones: %(known)s.") % names
