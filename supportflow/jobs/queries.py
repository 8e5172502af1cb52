"""What the operators' page asks about jobs. Each reads few rows of a partial index, however many jobs there were."""

from collections import Counter

from django.db.models import QuerySet

from supportflow.jobs.models import FAILED, READY, RUNNING, Job, Schedule

STATES = ("failed", "retrying", "ready", "running")
LOOKED_THROUGH = 1000  # failed jobs, for the kinds there are
BEAT = "mail.sweep"  # the schedule that comes round most often


def jobs_in(state: str) -> QuerySet[Job]:
    """failed: given up. retrying: waits for its next try, or for its time. ready: a worker takes it next. running."""
    match state:
        case "failed":
            return Job.objects.filter(status=FAILED)
        case "retrying":
            return Job.objects.filter(status=READY, run_at__isnull=False)
        case "ready":
            return Job.objects.filter(status=READY, run_at__isnull=True)
        case "running":
            return Job.objects.filter(status=RUNNING)
    raise ValueError(state)


def sort_of(state: str) -> str:
    """The order that an index of that state gives: what comes next first, or the newest."""
    return {"retrying": "run_at", "ready": "-priority"}.get(state, "-id")


def kinds_of(jobs: QuerySet[Job]) -> Counter[str]:
    """The tasks of the newest of these jobs, with how many of them each has."""
    return Counter(jobs.order_by("-id").values_list("task", flat=True)[:LOOKED_THROUGH])


def working() -> list[str]:
    """The names of the workers that hold a job right now."""
    held = jobs_in("running").order_by("id").values_list("worker", flat=True)[:LOOKED_THROUGH]
    return sorted(set(held))


def next_beat() -> Schedule | None:
    """The schedule that says whether any worker looks at the clock: its time is never long ago."""
    return Schedule.objects.filter(name=BEAT).first()
