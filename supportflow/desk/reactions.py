from supportflow.core.actors import System
from supportflow.core.models import Activity
from supportflow.core.reactions import reaction
from supportflow.desk.models import Reading
from supportflow.desk.operations.snoozing import wake_ticket


@reaction("ticket.answered")
def wake_who_waits(activity: Activity) -> None:
    """The customer was faster than the time that somebody put the ticket off to."""
    if activity.metadata.get("automatic"):
        return
    for reading in Reading.objects.filter(ticket=activity.subject_id, snoozed_until__isnull=False).order_by("pk"):
        wake_ticket(reading, "answer", by=System("snooze"))
