"""Background work that survives crashes: `@task`, `.enqueue()` in the caller's transaction, `schedule` by the clock."""

from supportflow.jobs.declaring import PATIENT, exponential, task
from supportflow.jobs.schedules import every, schedule

__all__ = ["PATIENT", "every", "exponential", "schedule", "task"]
