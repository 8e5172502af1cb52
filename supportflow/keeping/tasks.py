"""The daily backup, where SUPPORTFLOW_BACKUPS names a folder for it."""

from datetime import timedelta

import structlog
from django.conf import settings

from supportflow.core.backups import note_failure
from supportflow.jobs import schedule, task
from supportflow.keeping import CannotKeep, schema

log = structlog.get_logger("supportflow.backup")


@task(max_attempts=3)
def back_up() -> None:
    """As a process of its own: its memory goes with it."""
    done = schema.run(["backup", "--keep", str(settings.BACKUPS_KEPT)])
    if done.returncode:
        problem = (done.stderr.strip().splitlines() or ["It was killed."])[-1].removeprefix("Error: ")
        log.error("backup.failed", problem=problem)
        note_failure(problem)
        raise CannotKeep(problem)


if settings.BACKUPS:
    schedule("keeping.back_up", timedelta(days=1), back_up)
