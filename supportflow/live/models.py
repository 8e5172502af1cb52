"""Who has a ticket on the screen at this moment."""

from django.db import models

from supportflow.accounts.models import User
from supportflow.desk.models import Ticket


class Presence(models.Model):
    """One tab of one browser: it looks at one ticket, and says so again every few seconds.

    Rows live for seconds and hold nobody up: no constraint ties them to the ticket or the user.
    """

    user = models.ForeignKey(User, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    ticket = models.ForeignKey(Ticket, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    tab = models.CharField(max_length=24)
    is_writing = models.BooleanField(default=False)
    # No index names the times: an update of them alone leaves all indexes as they are.
    heard_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tab"], name="presence_of_a_tab")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.ticket_id}"
