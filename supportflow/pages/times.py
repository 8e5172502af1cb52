"""Times as people read them: in the reader's zone and language, with the full date as a title."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from markupsafe import Markup, escape


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
    """Return the time of day today, with the day before it on other days, the day alone in other years."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    if local.date() == today.date():
        return date_format(local, pgettext("time format", "H:i"))
    if local.year == today.year:
        return date_format(local, pgettext("time format", "j M, H:i"))
    return day(moment)


def day(moment: datetime) -> str:
    """Return the date alone: "3 Nov 2025"."""
    return date_format(timezone.localtime(moment), pgettext("time format", "j M Y"))


def date_words(value: date) -> str:
    """Return a date that has no time, as `day` does."""
    return date_format(value, pgettext("time format", "j M Y"))


def full(moment: datetime) -> str:
    """Return everything, for titles: "Monday 3 November 2025, 14:05 CET"."""
    return _full(moment, timezone.get_current_timezone(), get_language())


@lru_cache(maxsize=4096)
def _full(moment: datetime, zone: tzinfo, language: str | None) -> str:
    return date_format(moment.astimezone(zone), pgettext("time format", "l j F Y, H:i T"))


STYLES: dict[str, Callable[[datetime], str]] = {"age": age, "clock": clock, "day": day, "full": full}


def when(moment: datetime, style: str = "clock") -> Markup:
    """Return a `<time>` element; with style "age" the browser keeps it current."""
    live = " data-age" if style == "age" else ""
    exact, title, shown = moment.isoformat(timespec="seconds"), escape(full(moment)), escape(STYLES[style](moment))
    return Markup(f'<time datetime="{exact}" title="{title}"{live}>{shown}</time>')  # noqa: S704  escaped above


def local_input(moment: datetime | None) -> str:
    """Return what `<input type=datetime-local>` shows: the reader's local time without a zone."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""
