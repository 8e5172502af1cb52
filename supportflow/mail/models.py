from enum import StrEnum
from typing import Any

from django.db import models

from supportflow.core import clock


class InboundState(StrEnum):
    RECEIVED = "RECEIVED"  # durable, not looked at yet
    DONE = "DONE"
    DUPLICATE = "DUPLICATE"  # its Message-ID and sender came before
    QUARANTINED = "QUARANTINED"  # a person must look; the reason says why
    DISCARDED = "DISCARDED"  # a person has looked, and nothing comes of it


class InboundMail(models.Model):
    """One received mail, stored before its sender was told that we have it. Every one ends in a state."""

    sha256 = models.CharField(max_length=64, unique=True)  # of the raw bytes: the same mail twice is one row
    size = models.PositiveIntegerField()  # bytes
    source = models.CharField(max_length=8)  # smtp, file
    envelope_from = models.CharField(max_length=320, blank=True, default="")
    envelope_to = models.JSONField(default=list)
    state = models.CharField(max_length=12, default=InboundState.RECEIVED.value)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True, default="")
    # SHA-256 of Message-ID and sender; set with the comment it became, so that two workers make one.
    identity = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001  unset is not unique
    message_id = models.CharField(max_length=400, blank=True, default="")  # a longer one is left out
    ticket_id = models.BigIntegerField(null=True)
    comment_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Mails that wait, and mails that need a person: few, whatever the number of mails. Two, as SQLite uses a
            # partial index for the very condition alone.
            models.Index(fields=["received_at"], name="inbound_received", condition=models.Q(state="RECEIVED")),
            models.Index(fields=["received_at"], name="inbound_quarantined", condition=models.Q(state="QUARANTINED")),
            # The mail that a comment came from: the next answer refers to its Message-ID
            models.Index(fields=["ticket_id", "id"], name="inbound_of_ticket"),
            # An answer to a mail of the customer's own
            models.Index(fields=["message_id"], name="inbound_message_id"),
        ]

    def __str__(self) -> str:
        return f"{self.state} mail {self.pk}"

    def about(self) -> dict[str, Any]:
        return {"ticket_id": self.ticket_id}


class RawMail(models.Model):
    """The bytes of a received mail, in a table of their own so that no list ever loads them."""

    mail = models.OneToOneField(InboundMail, on_delete=models.CASCADE, primary_key=True, related_name="raw")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"raw mail {self.pk}"


class OutgoingState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    KEPT = "KEPT"  # no SMTP server is set: the .eml lies in the data folder
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"  # its ticket was purged before it left, or a person gave it up


class OutgoingMail(models.Model):
    """A mail that is owed. Claimed by one conditional UPDATE, which also books the next try."""

    message_id = models.CharField(max_length=250, unique=True)  # stable over all tries: a receiver drops a repeat
    comment_id = models.BigIntegerField(null=True, unique=True)
    ticket_id = models.BigIntegerField(null=True)
    sender = models.CharField(max_length=254)
    recipients = models.JSONField(default=list)
    subject = models.CharField(max_length=998)
    # The whole message of a mail that the system itself writes; a comment's is composed when it leaves.
    raw = models.BinaryField(null=True)
    state = models.CharField(max_length=10, default=OutgoingState.QUEUED.value)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    due_at = models.DateTimeField(default=clock.now)
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # What is due to be sent
            models.Index(fields=["due_at"], name="outgoing_due", condition=models.Q(state="QUEUED")),
            # The operators' page: what could not be sent
            models.Index(fields=["-id"], name="outgoing_failed", condition=models.Q(state="FAILED")),
            # The thread of a ticket
            models.Index(fields=["ticket_id", "id"], name="outgoing_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.message_id}"

    @property
    def file_name(self) -> str:
        """Of the kept .eml, in the folder `outgoing` of the data folder."""
        return f"{self.pk:08d}.eml"

    def about(self) -> dict[str, Any]:
        return {"ticket_id": self.ticket_id}
