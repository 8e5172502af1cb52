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
    source = models.CharField(max_length=8)  # smtp, imap, file
    # How often the very same bytes came again. In the database too, for what is written past the model.
    copies = models.PositiveIntegerField(default=0, db_default=0)
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
            # The raw mail of a comment, and the mails of a comment that moved to another ticket
            models.Index(
                fields=["comment_id"], name="inbound_of_comment", condition=models.Q(comment_id__isnull=False)
            ),
            # An answer to a mail of the customer's own
            models.Index(fields=["message_id"], name="inbound_message_id"),
            # The operators' page: what became of the mails of the last day
            models.Index(fields=["received_at"], name="inbound_by_time"),
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


class MailFolder(models.Model):
    """A folder of a mailbox elsewhere that we fetch by IMAP: how far we have come, and how the last try went."""

    name = models.CharField(max_length=500, unique=True)  # user@host/INBOX
    # The server's numbering, 0 before the first look. Another value: all UIDs that we know are void.
    uidvalidity = models.BigIntegerField(default=0)
    # What had come when this numbering was first seen: of that, only what is noted is ours.
    first_uid = models.BigIntegerField(default=0)
    last_uid = models.BigIntegerField(default=0)  # all from `first_uid` up to this one are noted
    failures = models.PositiveIntegerField(default=0)  # since a mail was fetched, or a look went well
    problem = models.CharField(max_length=500, blank=True, default="")  # of the last look; empty when it went well
    due_at = models.DateTimeField(default=clock.now)
    looked_at = models.DateTimeField(null=True)  # when a look last went well

    def __str__(self) -> str:
        return self.name


class FetchState(StrEnum):
    FOUND = "FOUND"  # it lies on the server and is owed
    KEPT = "KEPT"  # its bytes are durable here; the server is owed the mark "read"
    DONE = "DONE"
    GONE = "GONE"  # somebody deleted it there before we had it, or the server numbered its folder anew


class FolderMail(models.Model):
    """One message of a folder, noted before it is fetched, so that none is passed over. The reason tells of trouble."""

    folder = models.ForeignKey(MailFolder, on_delete=models.CASCADE)
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    state = models.CharField(max_length=5, default=FetchState.FOUND.value)
    mail = models.ForeignKey(InboundMail, on_delete=models.PROTECT, null=True, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True, default="")
    due_at = models.DateTimeField(default=clock.now)
    found_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            # A message is noted once, whoever looks at the same moment
            models.UniqueConstraint(fields=["folder", "uidvalidity", "uid"], name="folder_mail_once"),
            # Only what is stored counts as fetched
            models.CheckConstraint(
                condition=models.Q(state__in=["FOUND", "GONE"]) | models.Q(mail__isnull=False), name="folder_mail_kept"
            ),
        ]
        indexes = [
            # What is owed: fresh ones first, so that one which breaks the connection each time holds no other up
            models.Index(
                fields=["folder", "attempts", "uid"], name="folder_mail_found", condition=models.Q(state="FOUND")
            ),
            # What the server has not been told yet
            models.Index(fields=["folder", "uid"], name="folder_mail_unmarked", condition=models.Q(state="KEPT")),
        ]

    def __str__(self) -> str:
        return f"{self.state} UID {self.uid}"


class MailAccount(models.Model):
    """What became of all mails that ever came, counted once a day, and what does not add up."""

    counts = models.JSONField(default=dict)  # outcome → number of mails
    problems = models.JSONField(default=dict)  # kind → number of mails, with none left out
    examples = models.JSONField(default=dict)  # kind → a few of them, by number
    checked_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.checked_at:%Y-%m-%d %H:%M}"


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
