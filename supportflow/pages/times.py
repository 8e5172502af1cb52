"""Times as people read them: in the reader's zone and language, with the full date as a title."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from markupsafe import Markup


class ReaderTimeZone:
    """Middleware: activates `request.user.time_zone` (an IANA name) for the request; unknown names mean the default."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = getattr(getattr(request, "user", None), "time_zone", "")
        try:
            zone = zoneinfo.ZoneInfo(name) if name else timezone.get_default_timezone()
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            zone = timezone.get_default_timezone()
        with timezone.override(zone):
            return self.get_response(request)


def age(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago `moment` was, in one unit: "4m", "2h", "3d"; "now" below a minute."""
    seconds = ((now or timezone.now()) - moment).total_seconds()
    if seconds < 60:
        return _("now")
    if seconds < 3600:
        return _("%(n)dm") % {"n": seconds // 60}
    if seconds < 86400:
        return _("%(n)dh") % {"n": seconds // 3600}
    return _("%(n)dd") % {"n": seconds // 86400}


def clock(moment: datetime, now: datetime | None = None) -> str:
    """Return the time of day today, with the day before it on other days, and the year in other years."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    hour = date_format(local, "TIME_FORMAT", use_l10n=True) if _needs_locale() else f"{local:%H:%M}"
    if local.date() == today.date():
        return hour
    if local.year == today.year:
        return _("%(day)s, %(time)s") % {"day": date_format(local, "j M"), "time": hour}
    return day(moment)


def day(moment: datetime) -> str:
    """Return the date alone: "3 Nov 2025"."""
    return date_format(timezone.localtime(moment), "j M Y")


def full(moment: datetime) -> str:
    """Return everything, for titles: "Monday 3 November 2025, 14:05 CET"."""
    return date_format(timezone.localtime(moment), "l j F Y, H:i T")


def _needs_locale() -> bool:
    # English readers get the 24-hour clock of the design; other languages their own.
    from django.utils.translation import get_language

    return not (get_language() or "en").startswith("en")


STYLES: dict[str, Callable[[datetime], str]] = {"age": age, "clock": clock, "day": day, "full": full}


def when(moment: datetime, style: str = "clock") -> Markup:
    """Return a `<time>` element; with style "age" the browser keeps it current."""
    live = Markup(" data-age") if style == "age" else ""
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        moment.isoformat(timespec="seconds"), full(moment), live, STYLES[style](moment)
    )
