"""What every page of the Jinja engine is given besides what its view passes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

THEMES = ("light", "dark", "system")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the theme the reader chose; it is rendered by the server, so that nothing flashes."""
    chosen = request.COOKIES.get("theme", "")
    return {"theme": chosen if chosen in THEMES else "system"}
