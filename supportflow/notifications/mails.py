"""Mails of what a user wants to be told by mail: at once, or once a day. Owed through the outgoing mail."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.notifications.models import Mail, Notification
from supportflow.notifications.operations import settle_mails
from supportflow.notifications.queries import unread, visible_of, with_ticket
from supportflow.notifications.words import sentence

DIGEST_AT = time(8)
MOST_LINES = 100  # of one mail
MOST_ROWS = 1000
SETTINGS = "/settings/notifications"


@transaction.atomic
def mail_what_is_owed(user: User, mail: Mail, before: datetime | None = None) -> bool:
    """One mail of all that is owed, with today's rights; what was read by now is left out of the daily one. Returns
    whether anything was owed.

    Two workers at one moment: the second waits at the rows, and finds none owed.
    """
    owed = Notification.objects.filter(user=user, mail=mail, is_owed=True)
    if before is not None:
        owed = owed.filter(created_at__lt=before)
    rows = list(owed.select_for_update().order_by("pk")[:MOST_ROWS])
    if not rows:
        return False
    told = with_ticket(visible_of(user)).filter(pk__in=[row.pk for row in rows]).order_by("pk")
    if mail == Mail.DAILY:
        told = unread(told, user)
    lines = _lines(list(told))
    if lines and user.is_active:
        _message(user, lines, mail).send()
    settle_mails(rows)
    return True


def eight_o_clock(user: User) -> datetime:
    """Of the user's today. It exists on every day: no clock is moved at that time."""
    today = clock.now().astimezone(ZoneInfo(user.time_zone)).date()
    return datetime.combine(today, DIGEST_AT, ZoneInfo(user.time_zone)).astimezone(UTC)


def _lines(rows: list[Notification]) -> list[tuple[Notification, int]]:
    """Of several of one kind on one ticket the newest, and how many they are."""
    newest: dict[tuple[int, str], tuple[Notification, int]] = {}
    for row in rows:
        _older, count = newest.pop((row.ticket_id, row.kind), (row, 0))
        newest[row.ticket_id, row.kind] = (row, count + 1)
    return list(newest.values())


def _message(user: User, lines: list[tuple[Notification, int]], mail: Mail) -> EmailMessage:
    with translation.override(user.language or settings.LANGUAGE_CODE), timezone.override(ZoneInfo(user.time_zone)):
        parts = [
            f"{sentence(row, count)}\n{row.ticket.subject}\n{settings.BASE_URL}{row.ticket.get_absolute_url()}"
            for row, count in lines[:MOST_LINES]
        ]
        if (more := len(lines) - MOST_LINES) > 0:
            parts.append(ngettext("And %(num)d more.", "And %(num)d more.", more) % {"num": more})
        link = settings.BASE_URL + SETTINGS
        parts.append(_("How you are told: %(link)s") % {"link": link})
        return EmailMessage(
            _subject(lines, mail),
            "\n\n".join(parts),
            settings.DEFAULT_FROM_EMAIL,
            [user.email],
            headers={"List-Unsubscribe": f"<{link}>"},
        )


def _subject(lines: list[tuple[Notification, int]], mail: Mail) -> str:
    if len(lines) == 1 and mail == Mail.NOW:
        row, count = lines[0]
        return f"{sentence(row, count)}: {row.ticket.subject}"
    return ngettext("%(num)d notification", "%(num)d notifications", len(lines)) % {"num": len(lines)}
