from enum import IntEnum

from django.db import models


class Kind(IntEnum):
    """What can be found. The values stand in the keys of the documents."""

    TICKET = 1
    COMMENT = 2
    CONTACT = 3
    COMPANY = 4


_ROOM = 2**60  # keys for each kind


def key_of(kind: Kind, pk: int) -> int:
    """The documents of a kind lie side by side, the newest last: one range of keys, read backwards, is its latest."""
    return kind * _ROOM + pk


class Document(models.Model):
    """What is searched of one ticket, comment, contact or company: its words, without case and accents.

    Who may find it is not kept here but asked of the ticket or the customer itself, whenever somebody searches.
    """

    id = models.BigIntegerField(primary_key=True)  # `key_of`
    kind = models.PositiveSmallIntegerField()
    object_id = models.BigIntegerField()
    ticket_id = models.BigIntegerField(null=True)  # of a ticket and its comments
    is_internal = models.BooleanField(default=False)
    written_at = models.DateTimeField()
    title = models.TextField()
    body = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in Kind]), name="document_kind_known"
            )
        ]
        indexes = [
            # The documents of a ticket that is purged
            models.Index(fields=["ticket_id"], name="document_of_ticket", condition=models.Q(ticket_id__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{Kind(self.kind).name.lower()} {self.object_id}"


class Word(models.Model):
    """A word that stands in some document: what a beginning may go on as, and what a misspelling may have meant."""

    word = models.CharField(primary_key=True, max_length=24)
    backwards = models.CharField(max_length=24)

    class Meta:
        # Words that end alike
        indexes = [models.Index(fields=["backwards"], name="word_backwards", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.word


class Progress(models.Model):
    """How far the index is made of what was there before it; a kind without a row has not been begun."""

    kind = models.PositiveSmallIntegerField(primary_key=True)
    after = models.BigIntegerField(default=0)  # the primary key up to which it is made
    is_done = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{Kind(self.kind).name.lower()} {'done' if self.is_done else self.after}"
