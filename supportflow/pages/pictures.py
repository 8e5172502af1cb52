"""Pictures that a mail left on other servers: nothing is fetched, words stand in their place, until somebody asks."""

from __future__ import annotations

import html as entities
import re

from django.utils.translation import gettext as _
from markupsafe import Markup

# As the sanitiser writes it: every value between double quotes, and none of these within one.
_PICTURE = re.compile(r'<img((?: [a-z-]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_MARK = 'class="remote-image"'
_UNSEEN = {"0", "1", "2"}  # pixels: such a picture only tells its sender who reads


def without_remote(html: str, instead: str = "") -> Markup:
    """Return sanitised `html` with the words of each sleeping picture; those made not to be seen are left out.

    With `instead`, an address of ours, the picture stands there: `{instead}/0` for the first, and so on.
    """
    if _MARK not in html:
        return Markup(html)  # noqa: S704  sanitised when it was stored
    place = -1

    def put(found: re.Match[str]) -> str:
        nonlocal place
        attributes: dict[str, str] = dict(_ATTRIBUTE.findall(found[1]))
        if not _sleeps(attributes):
            return found[0]
        place += 1
        if _is_unseen(attributes):
            return ""
        return _picture(attributes, f"{instead}/{place}") if instead else _words(attributes)

    return Markup(_PICTURE.sub(put, html))  # noqa: S704  sanitised when it was stored


def sleeping(html: str) -> list[str]:
    """The addresses of the sleeping pictures in their order; empty for those made not to be seen."""
    if _MARK not in html:
        return []
    pictures: list[dict[str, str]] = [dict(_ATTRIBUTE.findall(found[1])) for found in _PICTURE.finditer(html)]
    return [
        "" if _is_unseen(one) else entities.unescape(one.get("data-remote", "")) for one in pictures if _sleeps(one)
    ]


def _sleeps(attributes: dict[str, str]) -> bool:
    return attributes.get("class") == "remote-image"


def _is_unseen(attributes: dict[str, str]) -> bool:
    return bool({attributes.get("width"), attributes.get("height")} & _UNSEEN)


def _picture(attributes: dict[str, str], address: str) -> str:
    kept = "".join(f' {name}="{attributes[name]}"' for name in ("alt", "width", "height") if name in attributes)
    alt = "" if "alt" in attributes else ' alt=""'
    return f'<img src="{Markup.escape(address)}"{kept}{alt} loading="lazy">'


def _words(attributes: dict[str, str]) -> str:
    words = Markup.escape(_("Remote image not loaded"))
    alt = attributes.get("alt", "").strip()  # escaped by the sanitiser
    return f'<span class="remote-image" title="{words}">{f"{words}: {alt}" if alt else words}</span>'
