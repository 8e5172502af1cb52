"""Pictures that a mail left on other servers: nothing is fetched, so words stand in their place."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from markupsafe import Markup

# As the sanitiser writes it: every value between double quotes, and none of these within one.
_PICTURE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_MARK = 'class="remote-image"'
_UNSEEN = {"0", "1", "2"}  # pixels: such a picture only tells its sender who reads


def without_remote(html: str) -> Markup:
    """Return sanitised `html` with the words of each sleeping picture; those made not to be seen are left out."""
    return Markup(_PICTURE.sub(_instead, html) if _MARK in html else html)  # noqa: S704  sanitised when it was stored


def _instead(found: re.Match[str]) -> str:
    attributes: dict[str, str] = dict(_ATTRIBUTE.findall(found[1]))
    if attributes.get("class") != "remote-image":
        return found[0]
    if {attributes.get("width"), attributes.get("height")} & _UNSEEN:
        return ""
    words = Markup.escape(_("Remote image not loaded"))
    alt = attributes.get("alt", "").strip()  # escaped by the sanitiser
    return f'<span class="remote-image" title="{words}">{f"{words}: {alt}" if alt else words}</span>'
