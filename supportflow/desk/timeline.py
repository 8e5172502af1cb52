"""A ticket's story: comments and, between them, what was done, bursts of one person folded into one entry."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from supportflow.core.models import Activity
from supportflow.core.prepared import Prepared
from supportflow.desk import relation_stories  # noqa: F401  it tells its own actions
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.relation_models import MovedComment
from supportflow.pages.stories import Line, say, tell, tells
from supportflow.pages.times import clock
from supportflow.pages.words import word

# What a comment shows: the other forms of its text weigh as much again.
_COLUMNS = [field.name for field in Comment._meta.concrete_fields if field.name not in {"body", "body_text"}]
BURST = timedelta(minutes=5)
SHOWN = 200  # newest comments on the page; older ones are a link away


@dataclass
class Event:
    """What one actor did within a few minutes."""

    pk: int  # of its first activity
    actor: str
    at: datetime
    lines: list[Line] = field(default_factory=list)
    is_event: bool = True


def comments_of(ticket: Ticket, before: int | None = None) -> list[Comment]:
    """The newest SHOWN + 1 comments in their order; the one too many says that there are older ones."""
    rows = _comments_before(ticket.pk, before) if before else _newest_comments(ticket.pk)
    return rows[::-1]


def _with_authors(rows: QuerySet[Comment]) -> QuerySet[Comment]:
    authors = ("author_user__name", "author_user__picture", "author_contact__first_name", "author_contact__last_name")
    whole = rows.select_related("author_user", "author_contact").only(*_COLUMNS, *authors)
    # The ticket that it was written on, where a merge brought it here
    origin = MovedComment.objects.filter(comment=OuterRef("pk")).order_by("pk").values("merge")[:1]
    whole = whole.annotate(origin=Subquery(origin))
    return whole.order_by("-pk")[: SHOWN + 1]


_newest_comments = Prepared(lambda ticket: _with_authors(Comment.objects.filter(ticket=ticket)), int)
_comments_before = Prepared(
    lambda ticket, before: _with_authors(Comment.objects.filter(ticket=ticket, pk__lt=before)), int, int
)


def story(comments: list[Comment], activities: list[Activity]) -> list[Comment | Event]:
    """Comments and events in the order of time."""
    entries: list[Comment | Event] = []
    both: list[Comment | Activity] = [*comments, *activities]
    for entry in sorted(both, key=lambda one: one.created_at):
        if isinstance(entry, Comment):
            entries.append(entry)
        elif lines := tell(entry):
            last = entries[-1] if entries else None
            if isinstance(last, Event) and last.actor == entry.actor_name and entry.created_at - last.at < BURST:
                last.lines += lines
            else:
                entries.append(Event(entry.pk, entry.actor_name, entry.created_at, lines))
    return entries


@tells("ticket.created", "ticket.replied", "ticket.noted", "ticket.answered", "ticket.delivery_noted")
def _stands_elsewhere(activity: Activity) -> list[Line]:
    """The comment itself, or the head of the page, says it."""
    return []


@tells("ticket.status_changed", "ticket.reopened")
def _status(activity: Activity) -> list[Line]:
    _old, new = activity.changes.get("status", ["", ""])
    if activity.action.startswith("ticket.reopened"):
        return [say("refresh-cw", _("reopened this"))]
    return [say("circle-check", _("set the status to {}"), word(new))]


@tells("ticket.assigned")
def _assigned(activity: Activity) -> list[Line]:
    _old, new = activity.metadata.get("names", [None, None])
    return [say("user-plus", _("assigned this to {}"), new) if new else say("user-x", _("took the assignee off"))]


@tells("ticket.moved")
def _moved(activity: Activity) -> list[Line]:
    _old, new = activity.metadata.get("names", [None, None])
    moved = say("users", _("moved this to the team {}"), new) if new else say("users", _("took this out of its team"))
    return [moved, say("user-x", _("took the assignee off"))] if "taken_off" in activity.metadata else [moved]


@tells("ticket.requester_changed")
def _requester(activity: Activity) -> list[Line]:
    old, new = activity.metadata.get("names", ["", ""])
    return [say("circle-user-round", _("changed the customer from {} to {}"), old, new)]


@tells("ticket.contacts_changed")
def _copied_in(activity: Activity) -> list[Line]:
    names = activity.metadata.get("names", [])
    if not names:
        return [say("users", _("copied nobody in any more"))]
    return [say("users", _("copied in {}"), ", ".join(names))]


@tells("ticket.tagged")
def _tagged(activity: Activity) -> list[Line]:
    old, new = activity.changes.get("tags", [[], []])
    added, removed = sorted(set(new) - set(old)), sorted(set(old) - set(new))
    lines = [say("tag", _("added the tag {}"), name) for name in added]
    return lines + [say("tag", _("removed the tag {}"), name) for name in removed]


@tells("ticket.updated")
def _updated(activity: Activity) -> list[Line]:
    return [_field(name, *values) for name, values in activity.changes.items() if name != "company_is_set"]


def _field(name: str, old: Any, new: Any) -> Line:
    match name:
        case "subject":
            return say("pencil", _("changed the subject from “{}”"), old)
        case "priority":
            return say("flag", _("set the priority to {}"), word(new))
        case "category":
            return say("tag", _("set the category to {}"), word(new))
        case "due_at":
            moment = parse_datetime(str(new)) if new else None
            return (
                say("calendar", _("set the due date to {}"), clock(moment))
                if moment
                else say("calendar", _("took the due date off"))
            )
        case "company":
            return say("building-2", _("changed the company")) if new else say("building-2", _("took the company off"))
        case "custom":
            changed = sorted(
                slug for slug in {**(old or {}), **(new or {})} if (old or {}).get(slug) != (new or {}).get(slug)
            )
            return say("pencil", _("changed {}"), ", ".join(slug.replace("_", " ") for slug in changed))
    return say("pencil", _("changed {}"), name.replace("_", " "))


@tells("ticket.followed", "ticket.unfollowed")
def _following(activity: Activity) -> list[Line]:
    name = activity.metadata.get("name", "")
    if activity.actor_id == activity.metadata.get("user"):
        return []  # who follows is nobody else's news
    return [
        say(
            "bell",
            _("lets {} follow this") if activity.action == "ticket.followed" else _("stopped {} from following this"),
            name,
        )
    ]


@tells("ticket.trashed")
def _trashed(activity: Activity) -> list[Line]:
    return [say("trash-2", _("moved this to the trash"))]


@tells("ticket.restored")
def _restored(activity: Activity) -> list[Line]:
    return [say("undo-2", _("took this out of the trash"))]


def activities_of(ticket: Ticket, comments: list[Comment]) -> list[Activity]:
    """What was done to the ticket in the time of these comments, newest 500."""
    if len(comments) <= SHOWN:
        return _newest_activities(ticket.pk)[::-1]
    since = Activity.objects.filter(ticket_id=ticket.pk, created_at__gte=comments[1].created_at)
    return list(_as_told(since))[::-1]


def _as_told(rows: QuerySet[Activity]) -> QuerySet[Activity]:
    fields = ("action", "actor_name", "changes", "metadata", "created_at")
    return rows.only(*fields).order_by("-pk")[:500]


_newest_activities = Prepared(lambda ticket: _as_told(Activity.objects.filter(ticket_id=ticket)), int)
