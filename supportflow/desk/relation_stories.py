"""How the timeline tells of merges, links, snoozing, the checklist and time."""

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.models import Activity
from supportflow.desk.relation_models import LinkKind
from supportflow.pages.stories import Line, say, tells
from supportflow.pages.times import clock, lasting


def _ticket(number: Any) -> StrOrPromise:
    """As a link; without a number it is one that not everybody sees."""
    return format_html('<a class="link" href="/tickets/{0}">{0}</a>', number) if number else _("another ticket")


@tells("ticket.merged")
def _merged(activity: Activity) -> list[Line]:
    return [say("merge", _("merged this into {}"), _ticket(activity.metadata.get("into")))]


@tells("ticket.absorbed")
def _absorbed(activity: Activity) -> list[Line]:
    return [say("merge", _("merged {} into this"), _ticket(activity.metadata.get("ticket")))]


@tells("ticket.unmerged")
def _unmerged(activity: Activity) -> list[Line]:
    return [say("split", _("took this out of {} again"), _ticket(activity.metadata.get("from")))]


@tells("ticket.released")
def _released(activity: Activity) -> list[Line]:
    return [say("split", _("took {} out of this again"), _ticket(activity.metadata.get("ticket")))]


@tells("ticket.split")
def _split(activity: Activity) -> list[Line]:
    return [say("split", _("made {} of a message"), _ticket(activity.metadata.get("ticket")))]


@tells("ticket.linked", "ticket.unlinked")
def _linked(activity: Activity) -> list[Line]:
    other = _ticket(activity.metadata.get("ticket"))
    if activity.action.startswith("ticket.unlinked"):
        return [say("unlink", _("took off the link to {}"), other)]
    template = {
        LinkKind.PARENT: _("made {} the parent of this"),
        LinkKind.CHILD: _("made this the parent of {}"),
        LinkKind.DUPLICATE: _("marked {} as a duplicate of this"),
        LinkKind.ORIGINAL: _("marked this as a duplicate of {}"),
    }.get(activity.metadata.get("kind", ""), _("linked {}"))
    return [say("link", template, other)]


@tells("ticket.snoozed")
def _snoozed(activity: Activity) -> list[Line]:
    until = parse_datetime(str(activity.metadata.get("until", "")))
    return [say("alarm-clock", _("put this off until {}"), clock(until) if until else "?")]


@tells("ticket.woken")
def _woken(activity: Activity) -> list[Line]:
    name = activity.metadata.get("name", "")
    match activity.metadata.get("why"):
        case "time":
            return [say("alarm-clock", _("brought this back to {}: it was the time"), name)]
        case "answer":
            return [say("alarm-clock", _("brought this back to {}: the customer answered"), name)]
    return [say("alarm-clock", _("puts this off no longer"))]


@tells("ticket.checklist_added")
def _added(activity: Activity) -> list[Line]:
    return [say("list-checks", _("added to the checklist: {}"), activity.metadata.get("text", ""))]


@tells("ticket.checklist_ticked")
def _ticked(activity: Activity) -> list[Line]:
    done = activity.metadata.get("changes", {}).get("is_done", [None, True])[1]
    template = _("ticked {}") if done else _("took the tick off {}")
    return [say("list-checks", template, activity.metadata.get("text", ""))]


@tells("ticket.checklist_changed")
def _changed(activity: Activity) -> list[Line]:
    if "text" not in activity.metadata.get("changes", {}):
        return []  # the order is nobody's news
    return [say("list-checks", _("changed in the checklist: {}"), activity.metadata.get("text", ""))]


@tells("ticket.checklist_removed")
def _removed(activity: Activity) -> list[Line]:
    return [say("list-checks", _("took off the checklist: {}"), activity.metadata.get("text", ""))]


@tells("ticket.time_logged", "ticket.time_removed")
def _time(activity: Activity) -> list[Line]:
    minutes, note = activity.metadata.get("minutes", 0), activity.metadata.get("note", "")
    if activity.action.startswith("ticket.time_removed"):
        return [say("clock", _("took off {} of time spent"), lasting(minutes))]
    spent = say("clock", _("spent {}"), lasting(minutes))
    return [Line("clock", format_html("{}: {}", spent.text, note)) if note else spent]
