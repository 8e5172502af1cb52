"""Reads of tickets and of what belongs to them."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from supportflow.accounts.models import User
from supportflow.accounts.permissions import Role
from supportflow.core.models import Activity
from supportflow.crm.models import Company, Contact
from supportflow.desk.models import Comment, DeliveryState, Ticket
from supportflow.files.models import Attachment

_RELATED = {
    "contact": ("first_name", "last_name"),
    "company": ("name",),
    "assignee": ("name",),
    "team": ("name",),
    "created_by": ("name",),
}
_COLUMNS = [
    *(field.name for field in Ticket._meta.concrete_fields),
    *(f"{relation}__{column}" for relation, columns in _RELATED.items() for column in columns),
]
_OPENING = Prefetch("comments", Comment.objects.filter(is_opening=True).only("ticket_id", "body"), to_attr="opening")
_COPIED_IN = Prefetch("further_contacts", Contact.objects.only("first_name", "last_name").order_by("pk"))


def whole_tickets(rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Tickets with the names of what they refer to, their tags and (as `opening`) the first comment: four queries."""
    return rows.select_related(*_RELATED).only(*_COLUMNS).prefetch_related("tags", _COPIED_IN, _OPENING)


def readable_comments(actor: User) -> QuerySet[Comment]:
    """What the actor may see and what is out: one that waits for its undo-send time is nobody's to read yet."""
    return Comment.objects.visible_to(actor).exclude(delivery_state=DeliveryState.HELD)


def whole_comments(rows: QuerySet[Comment]) -> QuerySet[Comment]:
    return rows.select_related("author_user", "author_contact").prefetch_related("attachments")


def attachments_visible_to(actor: User) -> QuerySet[Attachment]:
    """Files of comments the actor reads, the actor's own that wait for a comment, and companies' logos."""
    mine = Q(is_attached=False, uploader_type=actor.actor_type, uploader_id=actor.actor_id)
    held = Comment.attachments.through.objects.filter(
        attachment=OuterRef("pk"), comment__in=readable_comments(actor).values("pk")
    )
    logos = Company.objects.visible_to(actor).filter(logo=OuterRef("pk"))
    return Attachment.objects.filter(mine | Exists(held) | Exists(logos))


# Whose activities each role reads besides its own. Users, tokens and mailboxes are the administrators'; a file's name
# may be as private as the ticket it went to.
_OPEN = ("ticket", "contact", "company", "tag")
_SUBJECTS: dict[str, tuple[str, ...]] = {Role.AGENT: _OPEN, Role.SUPERVISOR: (*_OPEN, "attachment", "team")}


def activities_visible_to(actor: User) -> QuerySet[Activity]:
    """The trail of what the actor may see today; nothing of a ticket that is hidden from the actor."""
    rows = Activity.objects.all()
    if actor.role in _SUBJECTS:
        own = Q(actor_type=actor.actor_type, actor_id=actor.actor_id)
        rows = rows.filter(Q(subject_type__in=_SUBJECTS[actor.role]) | own)
    if actor.hidden_team_ids:
        rows = rows.filter(Q(ticket_id=None) | Q(ticket_id__in=Ticket.objects.visible_to(actor).values("pk")))
    return rows


def names_of(activities: list[Activity]) -> dict[str, dict[int, Any]]:
    """The tickets, contacts and companies that these tell of, by id: three queries. Purged ones are missing."""
    ids = {
        kind: {pk for activity in activities if (pk := getattr(activity, f"{kind}_id")) is not None}
        for kind in ("ticket", "contact", "company")
    }
    return {
        "ticket": Ticket.objects.only("subject").in_bulk(ids["ticket"]),
        "contact": Contact.objects.only("first_name", "last_name").in_bulk(ids["contact"]),
        "company": Company.objects.only("name").in_bulk(ids["company"]),
    }
