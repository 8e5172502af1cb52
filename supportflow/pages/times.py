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
    return _span_words(*_span(moment, now or timezone.now()))


def _span(moment: datetime, now: datetime) -> tuple[str, int]:
    """How many whole units have passed."""
    seconds = int((now - moment).total_seconds())
    if seconds < 60:
        return "now", 0
    if seconds < 3600:
        return "m", seconds // 60
    if seconds < 86400:
        return "h", seconds // 3600
    return "d", seconds // 86400


def _span_words(unit: str, n: int) -> str:
    match unit:
        case "m":
            return _("%(n)dm") % {"n": n}
        case "h":
            return _("%(n)dh") % {"n": n}
        case "d":
            return _("%(n)dd") % {"n": n}
    return _("now")


def clock(moment: datetime, now: datetime | None = None) -> str:
    """Return the time of day today, with the day before it on other days, the day alone in other years."""
    return _clock(timezone.localtime(moment), timezone.localtime(now).date())


def _clock(local: datetime, today: date) -> str:
    if local.date() == today:
        return date_format(local, pgettext("time format", "H:i"))
    if local.year == today.year:
        return date_format(local, pgettext("time format", "j M, H:i"))
    return date_words(local)


def day(moment: datetime) -> str:
    """Return the date alone: "3 Nov 2025"."""
    return date_words(timezone.localtime(moment))


def date_words(value: date) -> str:
    """Return a date that has no time, as `day` does."""
    return date_format(value, pgettext("time format", "j M Y"))


def iso_date_words(value: str) -> str:
    """Return a date that is kept as text, such as 2026-02-28, as people read it."""
    return date_words(date.fromisoformat(value))


def full(moment: datetime) -> str:
    """Return everything, for titles: "Monday 3 November 2025, 14:05 CET"."""
    return _full(timezone.localtime(moment))


def _full(local: datetime) -> str:
    return date_format(local, pgettext("time format", "l j F Y, H:i T"))


def when(moment: datetime, style: str = "clock") -> Markup:
    """Return a `<time>` element; with style "age" the browser keeps it current, others are "clock", "day", "full"."""
    return teller()(moment, style)


def teller() -> Callable[[datetime, str], Markup]:
    """Return `when` for the many times of a list: who reads, and when, is looked up once."""
    zone, language, now = timezone.get_current_timezone(), get_language(), timezone.now()
    today = now.astimezone(zone).date()

    def tell(moment: datetime, style: str) -> Markup:
        return _element(moment, style, _span(moment, now) if style == "age" else today, zone, language)

    return tell


@lru_cache(maxsize=8192)
def _element(moment: datetime, style: str, since: tuple[str, int] | date, zone: tzinfo, language: str | None) -> Markup:
    """`since` is all that its words know of the moment in which they are read: a list says the same for hours."""
    local = moment.astimezone(zone)
    if isinstance(since, tuple):
        shown, live = _span_words(*since), " data-age"
    else:
        words = {"clock": lambda: _clock(local, since), "day": lambda: date_words(local), "full": lambda: _full(local)}
        shown, live = words[style](), ""
    exact, title = moment.isoformat(timespec="seconds"), escape(_full(local))
    return Markup(f'<time datetime="{exact}" title="{title}"{live}>{escape(shown)}</time>')  # noqa: S704  escaped


def local_input(moment: datetime | None) -> str:
    """Return what `<input type=datetime-local>` shows: the reader's local time without a zone."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def lasting(minutes: int) -> str:
    """Return how long something took: "45m", "2h 5m"."""
    hours, rest = divmod(minutes, 60)
    parts = [_("%(n)dh") % {"n": hours}] if hours else []
    return " ".join([*parts, *([_("%(n)dm") % {"n": rest}] if rest or not hours else [])])
