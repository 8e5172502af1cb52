"""What an operator does with work that failed. Every row that was moved is one Activity with who did it."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from supportflow.browse.masking import without_secrets
from supportflow.core.actors import Actor
from supportflow.core.door import operation, record
from supportflow.core.errors import NotFound, Refused
from supportflow.jobs import operations as jobs
from supportflow.jobs.models import Job
from supportflow.mail.operations import discard_inbound, discard_outgoing, retry_inbound, retry_outgoing
from supportflow.mail.tasks import check_account
from supportflow.upkeep.queries import failed_rows

AT_ONCE = 500  # rows of one transaction
TOLD = 1000  # characters of what the trail keeps of a job


@operation
def retry_job(job: Job, *, by: Actor) -> None:
    """Give a failed job all its tries again. Where the same unique work waits already, that stands for it."""
    by.must("job.retry")
    if not jobs.retry(job):
        raise _not_failed()
    record("job.retried", job, by=by, meta={"task": job.task})


@operation
def discard_job(job: Job, *, by: Actor) -> None:
    """Remove a failed job for good; the trail keeps what it was and why it failed."""
    by.must("job.discard")
    if not jobs.discard(job):
        raise _not_failed()
    record("job.discarded", job, by=by, meta=_told(job))


@operation
def ask_for_account(*, by: Actor) -> None:
    """Have the mails counted now; nothing changes by it, so the trail does not tell of it."""
    by.must("upkeep.view")
    check_account.enqueue()


# Where the rows stand → what can be done with one of them.
ACTS: dict[str, dict[str, Callable[..., Any]]] = {
    "jobs": {"retry": retry_job, "discard": discard_job},
    "reactions": {"retry": retry_job, "discard": discard_job},
    "mails": {"retry": retry_inbound, "discard": discard_inbound},
    "outgoing": {"retry": retry_outgoing, "discard": discard_outgoing},
}


@operation
def act_on(where: str, act: str, keys: Iterable[int], *, by: Actor) -> int:
    """`act` on these failed rows; returns on how many. What has not failed, or not any more, is left alone."""
    by.must("upkeep.view")
    return _act_on(ACTS[where][act], list(failed_rows(where).filter(pk__in=list(keys)[:AT_ONCE])), by)


@operation
def act_on_all(where: str, act: str, kind: str = "", before: int | None = None, *, by: Actor) -> int:
    """On all failed rows of a kind: the newest at once, the rest in jobs that follow.

    `before`: on those with a lower key alone, so that what fails again meanwhile is not taken twice.
    """
    from supportflow.upkeep.tasks import act_on_the_rest  # the task calls back into this module

    by.must("upkeep.view")
    rows = failed_rows(where, kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: AT_ONCE + 1])
    if len(found) > AT_ONCE:
        found.pop()
        assert by.actor_id is not None  # it is people who press the button
        act_on_the_rest.enqueue(where, act, kind, found[-1].pk, by.actor_id)
    return _act_on(ACTS[where][act], found, by)


def _act_on(act: Callable[..., Any], rows: list[Any], by: Actor) -> int:
    done = 0
    # In the order of their keys, so that two operators who do the same cannot wait for each other.
    for row in sorted(rows, key=lambda row: int(row.pk)):
        try:
            act(row, by=by)
        except (Refused, NotFound):
            continue  # a colleague was faster
        done += 1
    return done


def _not_failed() -> Refused:
    return Refused("not_failed", _("This job has not failed, or somebody has seen to it already."))


def _told(job: Job) -> dict[str, str]:
    arguments = json.dumps([job.args, job.kwargs], ensure_ascii=False, default=str)
    reason = job.error.strip().rpartition("\n")[2]
    told = {"task": job.task, "arguments": arguments, "reason": reason}
    return {name: without_secrets(text[:TOLD]) for name, text in told.items()}
