import uuid
from typing import Any

from django.db import models

from supportflow.core import clock
from supportflow.core.encoding import TrailEncoder


class Versioned(models.Model):
    """A row that people edit. `version` counts changes of its fields and is its ETag."""

    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True


class Trashable(Versioned):
    """A row that is moved to the trash and can come back from it."""

    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_trashed(self) -> bool:
        return self.deleted_at is not None


class Activity(models.Model):
    """One line of the audit trail, the timeline, the feed and the outbox.

    Append-only: triggers in the database refuse an update or a delete outside a declared purge. Bare integers
    and names of the day instead of foreign keys: the trail outlives what it tells of.
    """

    action = models.CharField(max_length=60)
    actor_type = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=250)
    subject_type = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    # The subject's version after this change; null where the change left it alone (a comment).
    subject_version = models.PositiveIntegerField(null=True)
    ticket_id = models.BigIntegerField(null=True)
    contact_id = models.BigIntegerField(null=True)
    company_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict, encoder=TrailEncoder)
    metadata = models.JSONField(default=dict, encoder=TrailEncoder)
    batch_id = models.UUIDField(default=uuid.uuid4)
    cause_id = models.BigIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            # The timeline of one ticket, contact or company; GET /api/activities?ticket=
            models.Index(fields=["ticket_id", "id"], name="activity_of_ticket"),
            models.Index(fields=["contact_id", "id"], name="activity_of_contact"),
            models.Index(fields=["company_id", "id"], name="activity_of_company"),
            # What changed in a row since a version: conflicts and undo
            models.Index(fields=["subject_type", "subject_id", "subject_version"], name="activity_of_subject"),
            # The reactions to one batch
            models.Index(fields=["batch_id"], name="activity_of_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"

    @property
    def actor(self) -> dict[str, Any]:
        return {"type": self.actor_type, "id": self.actor_id, "name": self.actor_name}


class Receipt(models.Model):
    """This reaction to this activity has happened: written in the transaction of its effect."""

    activity_id = models.BigIntegerField()
    reaction = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["activity_id", "reaction"], name="receipt_once")]

    def __str__(self) -> str:
        return f"{self.reaction} of {self.activity_id}"


class PurgePermit(models.Model):
    """SQLite has no session variables: while such a row stands, its triggers let a declared purge through."""

    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.reason


class KeptAnswer(models.Model):
    """The answer to a POST with an Idempotency-Key, committed with the change it tells of."""

    token_id = models.BigIntegerField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_id", "key"], name="kept_answer_once")]
        # The daily clean-up of answers older than 24 hours
        indexes = [models.Index(fields=["created_at"], name="kept_answer_age")]

    def __str__(self) -> str:
        return self.key
