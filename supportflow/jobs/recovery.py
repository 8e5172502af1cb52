"""Jobs whose worker died: nothing is lost, and a job that kills its worker each time ends as FAILED."""

import time
from datetime import timedelta

import structlog

from supportflow.jobs.declaring import DEFAULT_BACKOFF, waiting_time
from supportflow.jobs.identity import is_gone
from supportflow.jobs.models import RUNNING, Job
from supportflow.jobs.queue import fail

log = structlog.get_logger("supportflow.jobs")

LEASE = 30.0  # seconds without a sign of life
DIED = "The worker that ran this job died, or gave no sign of life for {lease:g} seconds."


class Recovery:
    """Watches the signs of life of all running jobs by this process's own steady clock.

    No time is compared with another machine's, so neither a wrong nor a jumping clock ends a lease.
    """

    def __init__(self, lease: float = LEASE) -> None:
        self.lease = lease
        self._seen: dict[tuple[int, str, int, int], float] = {}

    def run(self) -> int:
        """Give up the leases of the dead. Returns how many."""
        now = time.monotonic()
        running = list(Job.objects.filter(status=RUNNING).defer("args", "kwargs", "error"))
        self._seen = {sign: self._seen.get(sign, now) for sign in map(_sign, running)}
        return sum(
            _give_up(job, self.lease)
            for job in running
            if now - self._seen[_sign(job)] >= self.lease or is_gone(job.worker)
        )


def _sign(job: Job) -> tuple[int, str, int, int]:
    return job.pk, job.worker, job.attempts, job.beat


def _give_up(job: Job, lease: float) -> bool:
    # The first death is most likely a restart: at once. Later ones wait, it may be the job that kills.
    wait = timedelta(0) if job.attempts == 1 else waiting_time(DEFAULT_BACKOFF, job.attempts)
    given_up = fail(job, DIED.format(lease=lease), wait)
    if given_up:
        log.warning("job.worker_died", job=job.pk, task=job.task, attempt=job.attempts, worker=job.worker)
    return given_up
