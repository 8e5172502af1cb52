from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.models import Trashable, Versioned
from supportflow.crm.models import Company, Contact
from supportflow.desk import bulk_models, relation_models  # noqa: F401  registers them
from supportflow.desk.draft_models import Draft  # noqa: F401  registers it
from supportflow.desk.macro_models import Macro  # noqa: F401  registers it
from supportflow.desk.value_models import TicketValue  # noqa: F401  registers it
from supportflow.files.models import Attachment
from supportflow.tags.models import Tag


class Status(StrEnum):
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    WAITING = "WAITING"
    RESOLVED = "RESOLVED"
    CLOSED = "CLOSED"


class Priority(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    URGENT = "URGENT"


class Category(StrEnum):
    BUG = "BUG"
    FEATURE_REQUEST = "FEATURE_REQUEST"
    QUESTION = "QUESTION"
    BILLING = "BILLING"
    INCIDENT = "INCIDENT"
    OTHER = "OTHER"


class Channel(StrEnum):
    EMAIL = "EMAIL"
    WEB = "WEB"
    API = "API"
    PORTAL = "PORTAL"
    PHONE = "PHONE"


class Visibility(StrEnum):
    PUBLIC = "PUBLIC"
    INTERNAL = "INTERNAL"


class DeliveryState(StrEnum):
    NONE = "NONE"
    HELD = "HELD"
    QUEUED = "QUEUED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    BOUNCED = "BOUNCED"


UNSETTLED = (Status.OPEN, Status.IN_PROGRESS, Status.WAITING)
SETTLED = (Status.RESOLVED, Status.CLOSED)
# Where each status may go; anything else is refused at every door. Undo alone may go around it.
MOVES: dict[str, tuple[Status, ...]] = {
    Status.OPEN: (Status.IN_PROGRESS, Status.WAITING, Status.RESOLVED),
    Status.IN_PROGRESS: (Status.OPEN, Status.WAITING, Status.RESOLVED),
    Status.WAITING: (Status.OPEN, Status.IN_PROGRESS, Status.RESOLVED),
    Status.RESOLVED: (Status.OPEN, Status.CLOSED),
    Status.CLOSED: (Status.OPEN,),
}


def _known(field: str, values: type[StrEnum], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": [str(value) for value in values]}), name=name)


def _rank(field: str, values: type[StrEnum]) -> models.GeneratedField:
    """The enum's order as a stored number, so that sorting by it is an index scan."""
    ranks = [When(**{field: str(value)}, then=Value(place)) for place, value in enumerate(values)]
    return models.GeneratedField(
        expression=Case(*ranks, default=Value(0)), output_field=models.SmallIntegerField(), db_persist=True
    )


# Conditions of partial indexes. They have no values: SQLite does not see that `status IN (?, ?, ?)` implies the same.
_IS_ALIVE = Q(deleted_at=None)
_IS_UNSETTLED = Q(resolved_at=None, closed_at=None)
_IS_OPEN_WORK = _IS_ALIVE & _IS_UNSETTLED
_IS_RESOLVED = Q(resolved_at__isnull=False, closed_at=None)
_IS_UNCLOSED = Q(closed_at=None)
_IS_NEVER_DUE = Q(due_at=None)
_IS_DUE = Q(due_at__isnull=False)


def _index(name: str, fields: list[str], condition: Q | None = None) -> models.Index:
    return models.Index(fields=fields, name=name, condition=condition)


class Mailbox(Versioned):
    """A support address: mail to it becomes tickets, answers leave from it."""

    address = models.CharField(max_length=254, unique=True)  # lower case
    name = models.CharField(max_length=120)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="mailboxes")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.address

    def about(self) -> dict[str, Any]:
        return {}


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, actor: Actor) -> Self:
        """Every read for a person starts here. Trash included: say `alive()` or `trashed()` next."""
        if actor.actor_type == "system":
            return self
        if isinstance(actor, Contact):
            return self.filter(Q(contact=actor) | Q(pk__in=actor.copied_into.values("pk")), deleted_at=None)
        if not isinstance(actor, User) or not actor.may("ticket.update"):
            return self.none()
        if hidden := actor.hidden_team_ids:
            return self.filter(Q(team=None) | ~Q(team__in=hidden))
        return self

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def trashed(self) -> Self:
        return self.filter(deleted_at__isnull=False)

    def unsettled(self) -> Self:
        return self.filter(_IS_UNSETTLED)

    def with_status(self, statuses: Collection[str]) -> Self:
        """Any of these. What it says twice is what the partial indexes are about."""
        rows = self.filter(status__in=statuses)
        if set(statuses) <= set(UNSETTLED):
            return rows.filter(_IS_UNSETTLED)
        if set(statuses) == {Status.RESOLVED}:
            return rows.filter(_IS_RESOLVED)
        return rows if Status.CLOSED in statuses else rows.filter(_IS_UNCLOSED)

    def overdue(self, now: datetime | None = None) -> Self:
        return self.unsettled().filter(due_at__lt=now or clock.now())


def number_of(pk: int) -> str:
    """What a ticket is called: T-0042."""
    return f"T-{pk:04d}"


class Ticket(Trashable):
    """One customer request. Its primary key is the number in its name and is never given twice."""

    subject = models.CharField(max_length=250)
    status = models.CharField(max_length=12, default=Status.OPEN.value)
    priority = models.CharField(max_length=8, default=Priority.MEDIUM.value)
    category = models.CharField(max_length=20, default=Category.QUESTION.value)
    channel = models.CharField(max_length=8, default=Channel.WEB.value)
    status_rank = _rank("status", Status)
    priority_rank = _rank("priority", Priority)
    # Those without an index of their own begin one of the indexes below.
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    further_contacts = models.ManyToManyField(Contact, related_name="copied_into", blank=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="tickets", db_index=False)
    # True once somebody chose the company; until then it follows the requester.
    company_is_set = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="assigned_tickets", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="tickets", db_index=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="created_tickets")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.PROTECT, null=True, related_name="tickets")
    due_at = models.DateTimeField(null=True)
    first_responded_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened_count = models.PositiveIntegerField(default=0)
    # An agent wrote first: the opening comment is hers and is mailed.
    is_outbound = models.BooleanField(default=False)
    follow_up_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="follow_ups")
    # A mail from someone who is no participant answered one of our messages: believed by nobody, shown to agents.
    claims_to_answer = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="claims")
    # The ticket that this one became a part of; it is closed and stays so until the merge is undone.
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged", db_index=False)
    tags = models.ManyToManyField(Tag, related_name="tickets", blank=True)
    custom = models.JSONField(default=dict)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [
            _known("status", Status, "ticket_status_known"),
            _known("priority", Priority, "ticket_priority_known"),
            _known("channel", Channel, "ticket_channel_known"),
            models.CheckConstraint(
                condition=(Q(status__in=["OPEN", "IN_PROGRESS", "WAITING"]) & _IS_UNSETTLED)
                | (Q(status="RESOLVED") & _IS_RESOLVED)
                | Q(status="CLOSED", resolved_at__isnull=False, closed_at__isnull=False),
                name="ticket_stamps_fit_status",
            ),
        ]
        indexes = [
            # All tickets in each of their orders; that of the number is the primary key
            _index("ticket_by_update", ["-updated_at", "-id"], _IS_ALIVE),
            _index("ticket_by_age", ["-created_at", "-id"], _IS_ALIVE),
            _index("ticket_by_due", ["due_at", "id"], _IS_ALIVE & _IS_DUE),
            _index("ticket_never_due", ["-id"], _IS_ALIVE & _IS_NEVER_DUE),
            _index("ticket_by_priority", ["-priority_rank", "-id"], _IS_ALIVE),
            _index("ticket_by_status", ["-status_rank", "-id"], _IS_ALIVE),
            # Open work, which is little of all, in each of its orders: the pages that are open all day
            _index("ticket_unsettled", ["-updated_at", "-id"], _IS_OPEN_WORK),
            _index("ticket_unsettled_by_age", ["-created_at", "-id"], _IS_OPEN_WORK),
            _index("ticket_unsettled_by_due", ["due_at", "id"], _IS_OPEN_WORK & _IS_DUE),
            _index("ticket_unsettled_never_due", ["-id"], _IS_OPEN_WORK & _IS_NEVER_DUE),
            _index("ticket_unsettled_by_priority", ["-priority_rank", "-id"], _IS_OPEN_WORK),
            _index("ticket_unsettled_by_status", ["-status_rank", "-id"], _IS_OPEN_WORK),
            _index("ticket_unsettled_by_number", ["-id"], _IS_OPEN_WORK),
            _index("ticket_unsettled_of_assignee", ["assignee", "-updated_at", "-id"], _IS_OPEN_WORK),
            _index("ticket_unsettled_of_team", ["team", "-updated_at", "-id"], _IS_OPEN_WORK),
            # All but the closed, which are most
            _index("ticket_unclosed", ["-updated_at", "-id"], _IS_ALIVE & _IS_UNCLOSED),
            _index("ticket_resolved", ["-updated_at", "-id"], _IS_ALIVE & _IS_RESOLVED),
            # One agent's, team's, contact's or company's tickets, newest activity first
            _index("ticket_of_assignee", ["assignee", "-updated_at", "-id"], _IS_ALIVE),
            _index("ticket_of_team", ["team", "-updated_at", "-id"], _IS_ALIVE),
            _index("ticket_of_contact", ["contact", "-updated_at", "-id"]),
            _index("ticket_of_company", ["company", "-updated_at", "-id"]),
            # The tickets that were merged into one
            _index("ticket_merged", ["merged_into"], Q(merged_into__isnull=False)),
            _index("ticket_trashed", ["-updated_at", "-id"], Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    @property
    def number(self) -> str:
        return number_of(self.pk)

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED

    @property
    def is_closed(self) -> bool:
        return self.status == Status.CLOSED

    @property
    def is_overdue(self) -> bool:
        return self.due_at is not None and not self.is_settled and self.due_at < clock.now()

    @property
    def is_fixed(self) -> bool:
        """In the trash, or a part of another ticket: it stays as it is."""
        return self.is_trashed or self.merged_into_id is not None

    @property
    def moves(self) -> tuple[Status, ...]:
        """Where the status may go from here."""
        return MOVES[self.status] if self.merged_into_id is None else ()

    def is_visible_to(self, actor: Actor) -> bool:
        """The same rule as `TicketQuerySet.visible_to`, for a row in hand."""
        if actor.actor_type == "system":
            return True
        if isinstance(actor, Contact):
            mine = self.contact_id == actor.pk or self.further_contacts.filter(pk=actor.pk).exists()
            return mine and not self.is_trashed
        return isinstance(actor, User) and actor.may("ticket.update") and self.team_id not in actor.hidden_team_ids

    def about(self) -> dict[str, int | None]:
        return {"ticket_id": self.pk, "contact_id": self.contact_id, "company_id": self.company_id}

    def get_absolute_url(self) -> str:
        return f"/tickets/{self.number}"


class CommentQuerySet(models.QuerySet["Comment"]):
    def visible_to(self, actor: Actor) -> Self:
        """Of tickets the actor sees; a contact gets the public ones that are on their way or out."""
        seen = Ticket.objects.visible_to(actor).filter(pk=OuterRef("ticket_id"))
        rows = self.filter(Exists(seen)) if actor.actor_type != "system" else self
        if actor.actor_type == "contact":
            rows = rows.filter(visibility=Visibility.PUBLIC).exclude(delivery_state=DeliveryState.HELD)
        return rows


class Comment(models.Model):
    """One entry in a ticket's conversation: written once, never edited."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments")
    visibility = models.CharField(max_length=8)
    author_type = models.CharField(max_length=8)
    author_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="comments")
    author_contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="comments")
    body = models.TextField()  # as typed: Markdown from people, plain text from mail
    body_html = models.TextField()  # sanitised, without style attributes
    body_text = models.TextField()
    # The whole mail where `body` is only its new part: shown behind "show quoted text". Sanitised too.
    full_html = models.TextField(blank=True, default="")
    is_opening = models.BooleanField(default=False)
    is_automatic = models.BooleanField(default=False)  # an out-of-office answer and the like
    cc = models.JSONField(default=list)  # addresses that stood on the mail, or that this reply also goes to
    # Null where there are none: a column that may be null is added to a million rows in no time.
    bcc = models.JSONField(null=True)  # addresses that this reply also goes to and that nobody else is told of
    mentions = models.JSONField(null=True)  # ids of the colleagues whom its author called
    attachments = models.ManyToManyField(Attachment, related_name="comments", blank=True)
    delivery_state = models.CharField(max_length=10, default=DeliveryState.NONE.value)
    delivery_at = models.DateTimeField(null=True)
    delivery_error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)

    objects = CommentQuerySet.as_manager()

    class Meta:
        constraints = [
            _known("visibility", Visibility, "comment_visibility_known"),
            _known("delivery_state", DeliveryState, "comment_delivery_known"),
            models.CheckConstraint(
                condition=Q(author_type="user", author_user__isnull=False, author_contact=None)
                | Q(author_type="contact", author_user=None, author_contact__isnull=False)
                | Q(author_type="system", author_user=None, author_contact=None),
                name="comment_exactly_one_author",
            ),
            # Whatever goes wrong elsewhere, a note is never on its way out.
            models.CheckConstraint(
                condition=Q(visibility="PUBLIC") | Q(delivery_state="NONE"), name="comment_note_never_delivered"
            ),
            models.UniqueConstraint(fields=["ticket"], condition=Q(is_opening=True), name="comment_one_opening"),
        ]
        indexes = [
            # The conversation of one ticket in its order
            models.Index(fields=["ticket", "id"], name="comment_of_ticket"),
            # The operators' page: replies whose mail came back
            models.Index(fields=["-id"], name="comment_bounced", condition=Q(delivery_state="BOUNCED")),
        ]

    def __str__(self) -> str:
        return f"{self.visibility} comment {self.pk}"

    @property
    def is_internal(self) -> bool:
        return self.visibility == Visibility.INTERNAL

    @property
    def author_name(self) -> str:
        author = self.author_user or self.author_contact
        return author.name if author else "SupportFlow"

    @property
    def author(self) -> dict[str, Any]:
        return {"type": self.author_type, "id": self.author_user_id or self.author_contact_id, "name": self.author_name}

    def is_visible_to(self, actor: Actor) -> bool:
        if actor.actor_type == "contact" and (self.is_internal or self.delivery_state == DeliveryState.HELD):
            return False
        return self.ticket.is_visible_to(actor)

    def about(self) -> dict[str, int | None]:
        return self.ticket.about()


class Reading(models.Model):
    """One user's own marks on a ticket: when they last looked at it, their star, whether they follow or snooze it."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="readings", db_index=False)
    seen_at = models.DateTimeField(null=True)
    is_starred = models.BooleanField(default=False)
    is_following = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="reading_once")]
        indexes = [
            # The starred tickets of one user
            models.Index(fields=["user", "-ticket"], name="reading_starred", condition=Q(is_starred=True)),
            # The snoozed tickets of one user, and who snoozed a ticket
            models.Index(fields=["user", "-ticket"], name="reading_snoozed", condition=Q(snoozed_until__isnull=False)),
            models.Index(fields=["ticket"], name="reading_asleep", condition=Q(snoozed_until__isnull=False)),
            # Who follows a ticket
            models.Index(fields=["ticket"], name="reading_following", condition=Q(is_following=True)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.ticket_id}"
