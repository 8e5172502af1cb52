"""The moments that a ticket is put off to, as people choose them."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from supportflow.core import clock
from supportflow.core.errors import Invalid

MORNING = 9  # o'clock, where the reader is
LATER = timedelta(hours=3)


def moment(when: str, typed: str = "", now: datetime | None = None) -> datetime:
    """In the reader's zone; raises Invalid."""
    local = timezone.localtime(now or clock.now())
    match when:
        case "later":
            return (local + LATER).replace(minute=0, second=0, microsecond=0)
        case "tomorrow":
            return _morning(local, days=1)
        case "week":
            return _morning(local, days=7 - local.weekday())  # Monday
    try:
        found = parse_datetime(typed[:40])
    except ValueError:
        found = None
    if found is None:
        raise Invalid({"until": _("Choose a date and a time.")})
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _morning(local: datetime, days: int) -> datetime:
    return (local + timedelta(days=days)).replace(hour=MORNING, minute=0, second=0, microsecond=0)
