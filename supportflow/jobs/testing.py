"""For tests: the worker's own steps, in the test's thread and transaction."""

from supportflow.jobs import queue
from supportflow.jobs.identity import my_name
from supportflow.jobs.running import run


def run_due_jobs(*, delayed: bool = False, limit: int = 1000) -> int:
    """Run what is due, and what that enqueues, until nothing is. Returns how many runs there were.

    A failing job raises nothing here: look at its row. `delayed`: count waits (retries, run_after) as over.
    """
    worker, runs = my_name(), 0
    while runs < limit:
        queue.promote(delayed=delayed)
        jobs = queue.claim(1, worker)
        if not jobs:
            return runs
        run(jobs[0])
        runs += 1
    raise AssertionError(f"{limit} jobs ran and more are due: do they enqueue each other for ever?")
