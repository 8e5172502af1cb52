"""Notifications as sentences: on the page, in the API and in mails."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supportflow.notifications.models import Kind, Notification
from supportflow.pages.times import clock


def sentence(row: Notification, count: int | None = None) -> str:
    """What happened, without the ticket's subject. `row.ticket` is fetched already."""
    told_count = count or row.count
    told = {"who": row.actor_name, "num": told_count, "number": row.ticket.number}
    match row.kind:
        case Kind.ASSIGNED:
            return _("%(who)s assigned %(number)s to you") % told
        case Kind.MENTIONED:
            return (
                ngettext(
                    "%(who)s mentioned you in %(number)s",
                    "%(num)d mentions of you in %(number)s, by %(who)s last",
                    told_count,
                )
                % told
            )
        case Kind.ANSWERED:
            return (
                ngettext(
                    "%(who)s wrote in %(number)s", "%(num)d new messages in %(number)s, by %(who)s last", told_count
                )
                % told
            )
    if row.ticket.due_at is None:
        return _("%(number)s was due soon") % told
    return _("%(number)s is due %(time)s") % {**told, "time": clock(row.ticket.due_at)}
