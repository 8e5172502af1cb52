"""The states of the operators' page in words."""

import json

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrPromise
from markupsafe import Markup, escape

from supportflow.browse.masking import without_secrets
from supportflow.core.models import Activity
from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk.models import Ticket
from supportflow.jobs.models import FAILED, RUNNING, SUCCESSFUL, Job
from supportflow.mail.account import Outcome, Problem
from supportflow.pages.numbers import whole

SHOWN = 10_000  # characters of a job's arguments

STATES: dict[str, StrPromise] = {
    "quarantined": gettext_lazy("In quarantine"),
    "received": gettext_lazy("Not read yet"),
    "failed": gettext_lazy("Failed"),
    "retrying": gettext_lazy("Next try later"),
    "ready": gettext_lazy("Next in line"),
    "running": gettext_lazy("Running"),
    "queued": gettext_lazy("On its way"),
    "bounced": gettext_lazy("Came back"),
}
MAIL_STATES: dict[str, StrPromise] = {
    "RECEIVED": gettext_lazy("Not read yet"),
    "DONE": gettext_lazy("Taken in"),
    "DUPLICATE": gettext_lazy("Came before"),
    "QUARANTINED": gettext_lazy("In quarantine"),
    "DISCARDED": gettext_lazy("Discarded"),
}
OUTCOMES: dict[str, StrPromise] = {
    Outcome.TICKET.value: gettext_lazy("Opened a ticket"),
    Outcome.ADDED.value: gettext_lazy("Added to a ticket"),
    Outcome.NOTED.value: gettext_lazy("Bounce, noted"),
    Outcome.DUPLICATE.value: gettext_lazy("Came before"),
    Outcome.QUARANTINED.value: gettext_lazy("In quarantine"),
    Outcome.DISCARDED.value: gettext_lazy("Discarded"),
    Outcome.PURGED.value: gettext_lazy("Its ticket was deleted for good"),
    Outcome.RECEIVED.value: gettext_lazy("Not read yet"),
    Outcome.LOST.value: gettext_lazy("Nowhere to be found"),
}
PLACES: dict[str, StrPromise] = {
    "mails": gettext_lazy("Received mails"),
    "jobs": gettext_lazy("Jobs"),
    "reactions": gettext_lazy("Reactions"),
    "outgoing": gettext_lazy("Outgoing mails"),
}


def said(act: str, done: int) -> str:
    """What came of a press of the button."""
    if not done:
        return _("Nothing left to do: somebody has seen to it already")
    if act == "retry":
        return ngettext("%(num)d is tried again", "%(num)d are tried again", done) % {"num": done}
    return ngettext("%(num)d discarded", "%(num)d discarded", done) % {"num": done}


def asks(where: str, count: int) -> str:
    """That so many rows wait for a person."""
    number = _("More than %(n)s") % {"n": whole(COUNTED_UP_TO)} if count > COUNTED_UP_TO else whole(count)
    texts = {
        "mails": ngettext("%(n)s mail is in quarantine", "%(n)s mails are in quarantine", count),
        "jobs": ngettext("%(n)s job failed", "%(n)s jobs failed", count),
        "reactions": ngettext("%(n)s change still owes its reactions", "%(n)s changes still owe reactions", count),
        "outgoing": ngettext("%(n)s mail could not be sent", "%(n)s mails could not be sent", count),
    }
    return texts[where] % {"n": number}


def unaccounted(problem: str, count: int) -> str:
    """What does not add up."""
    texts = {
        Problem.LOST: ngettext(
            "%(n)d mail counts as read, and there is no comment of it",
            "%(n)d mails count as read, and there is no comment of them",
            count,
        ),
        Problem.UNREAD: ngettext(
            "%(n)d mail was not read for over an hour", "%(n)d mails were not read for over an hour", count
        ),
        Problem.UNFETCHED: ngettext(
            "%(n)d mail of the IMAP mailbox could not be fetched for over an hour",
            "%(n)d mails of the IMAP mailbox could not be fetched for over an hour",
            count,
        ),
        Problem.PASSED_OVER: ngettext(
            "%(n)d mail of the IMAP mailbox had been passed over; it is fetched now",
            "%(n)d mails of the IMAP mailbox had been passed over; they are fetched now",
            count,
        ),
    }
    return texts[Problem(problem)] % {"n": count}


def examples(problem: str, told: list[str]) -> Markup:
    """A few of them: received mails as links to their pages, others in words."""
    if problem not in {Problem.LOST, Problem.UNREAD}:
        return escape("; ".join(told))
    links = ((reverse("upkeep_mail", args=[pk]), _("Mail %(number)s") % {"number": pk}) for pk in told)
    return Markup(", ").join(Markup('<a class="link" href="{}">{}</a>').format(*link) for link in links)


def state_of(job: Job) -> str:
    if job.status == SUCCESSFUL:
        return _("Done")
    state = {FAILED: "failed", RUNNING: "running"}.get(job.status) or ("retrying" if job.run_at else "ready")
    return str(STATES[state])


def short_name(task: str) -> str:
    """ "mail.send_mail" of a task in `supportflow.mail.tasks`."""
    return task.removeprefix("supportflow.").replace(".tasks.", ".")


def about(activity: Activity) -> str:
    if activity.ticket_id:
        return Ticket(pk=activity.ticket_id).number
    return f"{activity.subject_type} {activity.subject_id}"


def arguments(job: Job) -> str:
    given = [json.dumps(value, ensure_ascii=False, default=str) for value in job.args]
    given += [f"{name}={json.dumps(value, ensure_ascii=False, default=str)}" for name, value in job.kwargs.items()]
    return without_secrets(", ".join(given)[:SHOWN])


def last_line(report: str) -> str:
    """The line of a traceback that names the cause."""
    return without_secrets(report.strip().rpartition("\n")[2][:500])
