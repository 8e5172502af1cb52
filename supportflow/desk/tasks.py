"""What happens to tickets when its time has come."""

from supportflow.core import clock
from supportflow.core.actors import System
from supportflow.desk.models import Reading
from supportflow.desk.operations.snoozing import wake_ticket
from supportflow.jobs import task


@task
def wake(reading: int) -> None:
    """Of several for one mark, only that of the last snooze finds its time past."""
    asleep = Reading.objects.filter(pk=reading, snoozed_until__lte=clock.now())
    for row in asleep:
        wake_ticket(row, "time", by=System("snooze"))
