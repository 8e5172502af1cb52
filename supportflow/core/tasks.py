from datetime import timedelta
from uuid import UUID

from supportflow.core import clock
from supportflow.core.models import KeptAnswer
from supportflow.core.reactions import run_reactions
from supportflow.jobs import schedule, task

ANSWERS_KEPT_FOR = timedelta(hours=24)


@task(max_attempts=10)
def react(batch_id: str) -> None:
    """What follows from one committed batch of activities."""
    run_reactions(UUID(batch_id))


@task(max_attempts=3)
def forget_kept_answers() -> None:
    KeptAnswer.objects.filter(created_at__lt=clock.now() - ANSWERS_KEPT_FOR).delete()


schedule("core.forget_kept_answers", timedelta(hours=1), forget_kept_answers)
