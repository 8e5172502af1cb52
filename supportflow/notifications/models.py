from enum import StrEnum

from django.db import models
from django.db.models import Q

from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.desk.models import Ticket


class Kind(StrEnum):
    ASSIGNED = "ASSIGNED"
    MENTIONED = "MENTIONED"
    ANSWERED = "ANSWERED"  # on a ticket that the user follows or is responsible for
    DUE = "DUE"  # soon, on such a ticket


class Mail(StrEnum):
    NOW = "NOW"
    DAILY = "DAILY"
    OFF = "OFF"


class Notification(models.Model):
    """Something that one user is told of, once. It holds no text of the ticket: that is asked for with today's rights.

    What comes while an older one of the same kind on the same ticket is unread takes its place, with a count.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=80)  # what it tells of: the activity, or the date that comes near
    actor_name = models.CharField(max_length=250, blank=True, default="")
    count = models.PositiveIntegerField(default=1)  # of what it stands for
    is_shown = models.BooleanField(default=True)  # False: for the mail alone, or another took its place
    mail = models.CharField(max_length=5, default=Mail.OFF.value)
    is_owed = models.BooleanField(default=False)  # by mail
    # Whoever looked at the ticket since then has read it, though nothing marked it so.
    fresh_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "user"], name="notification_once")]
        indexes = [
            # The page of one user, newest first
            models.Index(fields=["user", "-id"], name="notification_shown", condition=Q(is_shown=True)),
            # How many are unread: the bell
            models.Index(
                fields=["user", "ticket"], name="notification_unread", condition=Q(is_shown=True, read_at=None)
            ),
            # What is owed by mail
            models.Index(fields=["mail", "user"], name="notification_owed", condition=Q(is_owed=True)),
            # The clean-up of old ones
            models.Index(fields=["created_at"], name="notification_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user_id} about {self.ticket_id}"


class Wish(models.Model):
    """How one user wants to be told of one kind; without a row it is in the app alone."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    in_app = models.BooleanField(default=True)
    mail = models.CharField(max_length=5, default=Mail.OFF.value)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="wish_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"
