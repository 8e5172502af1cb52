"""What somebody has begun to write: theirs alone, on every device of theirs, until it is sent or let go."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.files.models import Attachment


class DraftKind(StrEnum):
    REPLY = "reply"
    NOTE = "note"


class DraftQuerySet(models.QuerySet["Draft"]):
    def begun(self) -> "DraftQuerySet":
        return self.filter(send_at=None)

    def held(self) -> "DraftQuerySet":
        """Replies that go out by themselves when their time comes, unless they are taken back before."""
        return self.filter(send_at__isnull=False)


class Draft(models.Model):
    """One a user, ticket and kind; besides it, replies of the last seconds that may still be taken back."""

    ticket = models.ForeignKey("desk.Ticket", on_delete=models.CASCADE, related_name="drafts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    kind = models.CharField(max_length=5)
    body = models.TextField(blank=True, default="")
    # As they were typed: they may not be addresses yet.
    cc = models.TextField(blank=True, default="")
    bcc = models.TextField(blank=True, default="")
    attachments = models.ManyToManyField(Attachment, related_name="drafts", blank=True)
    # For a held reply: the status to set with it, and the macro that was chosen for it (see `chosen_macro`).
    then = models.CharField(max_length=12, blank=True, default="")
    macro = models.JSONField(default=dict)
    send_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True, default="")  # why a held reply did not go out
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "ticket", "kind"], condition=Q(send_at=None), name="draft_one_begun"
            ),
            models.CheckConstraint(condition=Q(kind__in=["reply", "note"]), name="draft_kind_known"),
            models.CheckConstraint(condition=Q(send_at=None) | Q(kind="reply"), name="draft_note_never_held"),
        ]
        indexes = [
            # Somebody's drafts on a ticket, held ones too; and all of theirs, newest first
            models.Index(fields=["user", "ticket"], name="draft_of_user"),
            models.Index(fields=["user", "-updated_at"], name="draft_by_update"),
            # The daily look for what nobody has touched for months
            models.Index(fields=["updated_at"], name="draft_untouched", condition=Q(send_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def stamp(self) -> str:
        """Which state of the text this is; a later one has a larger number."""
        return stamp_of(self.updated_at)

    @property
    def is_note(self) -> bool:
        return self.kind == DraftKind.NOTE


def stamp_of(moment: Any) -> str:
    """Microseconds: a whole number that scripts can compare."""
    return str(round(moment.timestamp() * 1_000_000))


def chosen_macro(pk: int | None, version: int | None, steps: Iterable[str]) -> dict[str, Any]:
    return {"id": pk, "version": version, "steps": list(steps)} if pk else {}
