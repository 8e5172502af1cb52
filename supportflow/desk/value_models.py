from django.db import models


class TicketValue(models.Model):
    """The value of one custom field of one ticket, for the filters: `custom` of the ticket itself is the truth.

    The database keeps it in step (migrations/0009_values_of_tickets.py), so that no door can forget to. A text, choice
    or date stands in `key` in small letters, a box as "true" or "false"; a number in `number`,
    with no key.
    """

    # Its primary key is ticket and slug. Rows are only ever asked for by conditions, so one of them does for Django.
    ticket_id = models.BigIntegerField(primary_key=True)
    slug = models.CharField(max_length=40)
    key = models.TextField()
    number = models.FloatField(null=True)

    class Meta:
        managed = False
        db_table = "desk_ticketvalue"

    def __str__(self) -> str:
        return f"{self.slug} of {self.ticket_id}"
