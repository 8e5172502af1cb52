"""What stands beside a ticket: other tickets, a checklist, time spent. `desk/models.py` registers them."""

from enum import StrEnum
from typing import Self

from django.db import models
from django.db.models import F, Q

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.encoding import TrailEncoder
from supportflow.core.models import Versioned


class Merge(models.Model):
    """What `ticket.merged_into` needs to be undone exactly: the ticket as it was, and who came along."""

    ticket = models.OneToOneField("desk.Ticket", on_delete=models.CASCADE, primary_key=True, related_name="merge")
    changes = models.JSONField(encoder=TrailEncoder)  # of the ticket's fields: name → [old, new]
    # By id, those who were not in the other ticket before, or were there for another merge alone.
    contacts = models.JSONField(default=list)
    followers = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"merge of {self.ticket_id}"


class MovedComment(models.Model):
    """A comment that a merge took along. Of several for one comment the oldest tells where it was written."""

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="moved")
    comment = models.ForeignKey("desk.Comment", on_delete=models.CASCADE, related_name="moves", db_index=False)
    was_opening = models.BooleanField(default=False)

    class Meta:
        # Where a comment was written
        constraints = [models.UniqueConstraint(fields=["comment", "merge"], name="moved_comment_once")]

    def __str__(self) -> str:
        return f"comment {self.comment_id} of {self.merge_id}"


class LinkKind(StrEnum):
    """What the other ticket is to this one."""

    RELATED = "RELATED"
    PARENT = "PARENT"
    CHILD = "CHILD"
    DUPLICATE = "DUPLICATE"
    ORIGINAL = "ORIGINAL"

    @property
    def inverse(self) -> "LinkKind":
        """What this ticket is to the other one."""
        return _INVERSE.get(self, self)


_INVERSE = {
    LinkKind.PARENT: LinkKind.CHILD,
    LinkKind.CHILD: LinkKind.PARENT,
    LinkKind.DUPLICATE: LinkKind.ORIGINAL,
    LinkKind.ORIGINAL: LinkKind.DUPLICATE,
}


class TicketLinkQuerySet(models.QuerySet["TicketLink"]):
    def of(self, ticket: int) -> Self:
        return self.filter(Q(first=ticket) | Q(second=ticket))


class TicketLink(models.Model):
    """Two tickets that have to do with each other: one row for a pair. `kind` is what `second` is to `first`."""

    first = models.ForeignKey("desk.Ticket", on_delete=models.CASCADE, related_name="links", db_index=False)
    second = models.ForeignKey("desk.Ticket", on_delete=models.CASCADE, related_name="linked_from")
    kind = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=clock.now)

    objects = TicketLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="ticket_link_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="ticket_link_in_order"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in LinkKind]), name="ticket_link_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.second_id} is {self.kind} of {self.first_id}"

    def seen_from(self, ticket: int) -> tuple[int, LinkKind]:
        """(the other ticket, what it is to this one)"""
        kind = LinkKind(self.kind)
        return (self.second_id, kind) if self.first_id == ticket else (self.first_id, kind.inverse)


class ChecklistItem(Versioned):
    """One thing to do on a ticket."""

    ticket = models.ForeignKey("desk.Ticket", on_delete=models.CASCADE, related_name="checklist", db_index=False)
    text = models.CharField(max_length=250)
    is_done = models.BooleanField(default=False)
    position = models.PositiveIntegerField()  # 1, 2 … without gaps

    class Meta:
        # The checklist of a ticket in its order
        indexes = [models.Index(fields=["ticket", "position", "id"], name="checklist_of_ticket")]

    def __str__(self) -> str:
        return self.text

    def about(self) -> dict[str, int | None]:
        return {"ticket_id": self.ticket_id}


class TimeEntry(models.Model):
    """Time that somebody spent on a ticket."""

    ticket = models.ForeignKey("desk.Ticket", on_delete=models.CASCADE, related_name="time_entries", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="time_entries")
    minutes = models.PositiveIntegerField()
    note = models.CharField(max_length=250, blank=True, default="")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="time_within_a_day")]
        # The time spent on a ticket, newest first
        indexes = [models.Index(fields=["ticket", "-id"], name="time_of_ticket")]

    def __str__(self) -> str:
        return f"{self.minutes} min on {self.ticket_id}"
