"""A row of any of the lists as the same few things: what it is, why it stands here, since when, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from supportflow.browse.masking import without_secrets
from supportflow.desk.models import Comment
from supportflow.jobs.models import FAILED, RUNNING, Job
from supportflow.mail.models import InboundMail, OutgoingMail
from supportflow.upkeep import words
from supportflow.upkeep.queries import Owed, owed

SHORT = 200  # characters


@dataclass(frozen=True)
class Line:
    pk: int
    title: str
    link: str
    note: str
    reason: str
    tries: str
    since: datetime
    next_at: datetime | None = None


def lines(where: str, state: str, rows: list[Any]) -> list[Line]:
    if where == "mails":
        return [_of_mail(row) for row in rows]
    if where == "jobs":
        return [_of_job(row) for row in rows]
    if where == "reactions":
        owing = owed(rows)
        return [_of_reactions(row, owing.get(row.pk)) for row in rows]
    return [_of_bounce(row) if state == "bounced" else _of_outgoing(row) for row in rows]


def _of_mail(mail: InboundMail) -> Line:
    sender = mail.envelope_from or _("No return path")
    to = ", ".join(str(address) for address in mail.envelope_to[:5])
    reason = mail.reason or _("Waits to be read.")
    link = reverse("upkeep_mail", args=[mail.pk])
    return Line(mail.pk, sender, link, to[:SHORT], reason, str(mail.attempts), mail.received_at)


def _of_job(job: Job) -> Line:
    return _line_of(job, words.short_name(job.task), words.arguments(job)[:SHORT])


def _of_reactions(job: Job, owing: Owed | None) -> Line:
    if owing is None or not owing.activities:
        return _line_of(job, _("A batch that is gone"), words.arguments(job)[:SHORT])
    first = owing.activities[0]
    title = f"{first.action} {words.about(first)}".strip()
    return _line_of(job, title, ", ".join(owing.reactions)[:SHORT])


def _line_of(job: Job, title: str, note: str) -> Line:
    tries = _("%(n)s of %(most)s") % {"n": job.attempts, "most": job.max_attempts}
    # What is named here is when the row came into the state that it is in.
    since = {FAILED: job.finished_at, RUNNING: job.started_at}.get(job.status) or job.created_at
    link = reverse("upkeep_job", args=[job.pk])
    return Line(job.pk, title, link, note, words.last_line(job.error), tries, since, job.run_at)


def _of_outgoing(mail: OutgoingMail) -> Line:
    to = ", ".join(str(address) for address in mail.recipients[:5])
    link = reverse("outgoing_mail", args=[mail.pk])
    reason, since = without_secrets(mail.error), mail.settled_at or mail.created_at
    next_at = None if mail.settled_at else mail.due_at
    return Line(mail.pk, mail.subject or _("No subject"), link, to[:SHORT], reason, str(mail.attempts), since, next_at)


def _of_bounce(comment: Comment) -> Line:
    ticket = comment.ticket
    link = f"{ticket.get_absolute_url()}#comment-{comment.pk}"
    since = comment.delivery_at or comment.created_at
    return Line(comment.pk, f"{ticket.number} {ticket.subject}", link, "", comment.delivery_error, "", since)
