from contextlib import suppress
from datetime import timedelta

from django.conf import settings

from supportflow.core import clock
from supportflow.core.errors import Unavailable
from supportflow.jobs import PATIENT, schedule, task
from supportflow.mail.models import InboundMail, InboundState, OutgoingMail, OutgoingState
from supportflow.mail.operations import is_due
from supportflow.mail.receiving import read
from supportflow.mail.sending import send

SWEEP_EVERY = timedelta(seconds=30)
ACCOUNT_EVERY = timedelta(days=1)
LEFT_ALONE = timedelta(minutes=10)  # a received mail, to its own job


@task(max_attempts=5)
def read_mail(mail_id: int) -> None:
    """Make a ticket or a comment of a received mail."""
    read(mail_id)


@task(max_attempts=1, unique=str)
def read_late_mail(mail_id: int) -> None:
    """A mail that was left unread: quiet while its files cannot be stored, as the next sweep asks for it again."""
    with suppress(Unavailable):
        read(mail_id)


# Unique: while one worker still waits for a slow server, no other begins to send the same.
@task(max_attempts=5, unique=str, priority=PATIENT)
def send_mail(mail_id: int) -> None:
    send(mail_id)


# Unique: one worker at a time looks into the mailbox, and a look that is asked for meanwhile follows.
@task(max_attempts=3, unique="imap", priority=PATIENT)
def fetch_mail() -> None:
    """Take in what lies in the mailbox of IMAP_URL."""
    from supportflow.mail.fetching import fetch  # spares the web processes the library

    if settings.IMAP is not None and fetch():
        fetch_mail.enqueue()


@task(max_attempts=3, unique="account", priority=PATIENT)
def check_account() -> None:
    """What became of all mails that ever came; an alarm for each that is in no end."""
    from supportflow.mail.account import check

    check()


@task(max_attempts=3)
def sweep() -> None:
    """What is due again, and received mails whose job got lost with a killed worker: nothing waits for ever."""
    now = clock.now()
    due = OutgoingMail.objects.filter(is_due(now), state=OutgoingState.QUEUED).order_by("due_at")
    for pk in due.values_list("pk", flat=True)[:500]:
        send_mail.enqueue(pk)
    # Of the future too: the clock was set back since.
    fresh = (now - LEFT_ALONE, now + LEFT_ALONE)
    stale = InboundMail.objects.filter(state=InboundState.RECEIVED).exclude(received_at__range=fresh)
    for pk in stale.order_by("received_at").values_list("pk", flat=True)[:500]:
        read_late_mail.enqueue(pk)
    if settings.IMAP is not None:
        fetch_mail.enqueue()


schedule("mail.sweep", SWEEP_EVERY, sweep)
schedule("mail.account", ACCOUNT_EVERY, check_account)
