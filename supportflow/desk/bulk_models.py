"""One reply or note to many tickets, which waits a moment before it goes out. `desk/models.py` registers it."""

from enum import StrEnum

from django.db import models
from django.db.models import Q

from supportflow.accounts.models import User
from supportflow.core import clock


class BulkState(StrEnum):
    HELD = "HELD"  # nothing has left
    SENDING = "SENDING"
    SENT = "SENT"
    TAKEN_BACK = "TAKEN_BACK"


class BulkReply(models.Model):
    """What is to be said on each of its tickets; those that wait stand in `waiting`, and leave it as they are done."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bulk_replies")
    kind = models.CharField(max_length=5)
    body = models.TextField(blank=True, default="")  # Markdown with placeholders, filled for each ticket by itself
    # The macro that was chosen for it (see `chosen_macro`), and the status to set with it.
    macro = models.JSONField(default=dict)
    then = models.CharField(max_length=12, blank=True, default="")
    waiting = models.JSONField(default=list)  # ids of tickets, in their order
    total = models.PositiveIntegerField()  # that waited at first
    addresses = models.PositiveIntegerField()  # that were to get it
    refused = models.JSONField(default=list)  # [id of a ticket, why it was left out]
    send_at = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=["reply", "note"]), name="bulk_reply_kind_known")]
        # The daily look for those of months ago
        indexes = [models.Index(fields=["created_at"], name="bulk_reply_by_age")]

    def __str__(self) -> str:
        return f"bulk {self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        return f"/tickets/replies/{self.pk}"

    @property
    def is_note(self) -> bool:
        return self.kind == "note"

    @property
    def state(self) -> BulkState:
        if self.taken_back_at:
            return BulkState.TAKEN_BACK
        if len(self.waiting) == self.total:
            return BulkState.HELD
        return BulkState.SENDING if self.waiting else BulkState.SENT

    @property
    def may_go_on(self) -> bool:
        """Whether somebody may write on: what was taken back, or what some tickets did not get."""
        return self.state == BulkState.TAKEN_BACK or (self.state == BulkState.SENT and bool(self.refused))

    @property
    def handled(self) -> int:
        """How many of those that waited have had their turn."""
        return self.total - len(self.waiting)
