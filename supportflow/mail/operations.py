"""The rows of mail: received, quarantined, owed, claimed, settled. Tickets change through desk's operations alone."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from supportflow.core import clock
from supportflow.core.actors import Actor
from supportflow.core.door import lock, operation, record
from supportflow.core.errors import Refused
from supportflow.core.text import tidy_line
from supportflow.mail.models import InboundMail, InboundState, OutgoingMail, OutgoingState, RawMail

MAX_ATTEMPTS = 14  # over about two days
LONGEST_WAIT = timedelta(hours=4)


def keep_raw(raw: bytes, envelope_from: str, envelope_to: Sequence[str], *, source: str) -> tuple[InboundMail, bool]:
    """Store a mail durably and owe its reading; returns (row, whether it is new). The same bytes are one row.

    When this returns, the commit is on the disk: the sender may be told 250.
    """
    from supportflow.mail.tasks import read_mail  # the task calls back into this module

    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        with transaction.atomic():
            mail = InboundMail(
                sha256=sha256,
                size=len(raw),
                source=source,
                envelope_from=tidy_line(envelope_from)[:320],
                envelope_to=[tidy_line(address)[:320] for address in envelope_to][:100],
            )
            mail.save(force_insert=True)
            RawMail(mail=mail, content=raw).save(force_insert=True)
            read_mail.enqueue(mail.pk)
    except IntegrityError:
        return InboundMail.objects.get(sha256=sha256), False
    return mail, True


def begin_attempt(mail: InboundMail) -> int:
    """Count a try before it is made, so that a mail which kills its reader is counted too; returns which one it is."""
    InboundMail.objects.filter(pk=mail.pk).update(attempts=F("attempts") + 1)
    mail.refresh_from_db(fields=["attempts", "state"])
    return mail.attempts


def forgive_attempt(mail: InboundMail) -> None:
    """A try that failed for a reason outside the mail does not count."""
    InboundMail.objects.filter(pk=mail.pk, attempts__gt=0).update(attempts=F("attempts") - 1)


def claim_identity(mail: InboundMail, identity: str | None) -> bool:
    """Whether this is the first mail of that identity; a second worker waits here for the first, then is refused."""
    mail.identity = identity
    try:
        with transaction.atomic():
            mail.save(update_fields=["identity"])
    except IntegrityError:
        mail.identity = None
        return False
    return True


def settle_inbound(
    mail: InboundMail, state: str, *, reason: str = "", ticket_id: int | None = None, comment_id: int | None = None
) -> None:
    """Inside the operation that did what the state says."""
    mail.state, mail.reason, mail.settled_at = state, reason[:500], clock.now()
    mail.ticket_id, mail.comment_id = ticket_id, comment_id
    mail.save(update_fields=["state", "reason", "settled_at", "ticket_id", "comment_id", "identity", "message_id"])


@operation
def quarantine(mail: InboundMail, reason: str, *, by: Actor) -> InboundMail:
    """Nothing comes of this mail until a person has looked."""
    by.must("mail.quarantine")
    mail = lock(mail)
    if mail.state == InboundState.RECEIVED:
        mail.identity = None
        settle_inbound(mail, InboundState.QUARANTINED, reason=reason)
        record("mail.quarantined", mail, by=by, meta={"reason": mail.reason})
    return mail


@operation
def retry_inbound(mail: InboundMail, *, by: Actor) -> InboundMail:
    """Read a mail in quarantine once more, with all its tries."""
    from supportflow.mail.tasks import read_mail  # the task calls back into this module

    by.must("mail.retry")
    mail = _in_quarantine(mail)
    mail.state, mail.attempts, mail.settled_at = InboundState.RECEIVED, 0, None
    mail.save(update_fields=["state", "attempts", "settled_at"])
    record("mail.released", mail, by=by, meta={"reason": mail.reason})
    read_mail.enqueue(mail.pk)
    return mail


@operation
def discard_inbound(mail: InboundMail, *, by: Actor) -> InboundMail:
    """Nothing comes of this mail: a person has looked. Its bytes stay."""
    by.must("mail.discard")
    mail = _in_quarantine(mail)
    settle_inbound(mail, InboundState.DISCARDED, reason=mail.reason)
    record("mail.discarded", mail, by=by, meta={"reason": mail.reason})
    return mail


def _in_quarantine(mail: InboundMail) -> InboundMail:
    mail = lock(mail)
    if mail.state != InboundState.QUARANTINED:
        raise Refused("not_quarantined", _("This mail is not in quarantine, or somebody has seen to it already."))
    return mail


def owe(mail: OutgoingMail) -> bool:
    """Write a mail that must go out, and the job that sends it; False when its comment's mail is owed already."""
    from supportflow.mail.tasks import send_mail  # the task calls back into this module

    try:
        with transaction.atomic():
            mail.save(force_insert=True)
    except IntegrityError:
        if mail.comment_id is None or not OutgoingMail.objects.filter(comment_id=mail.comment_id).exists():
            raise
        return False
    send_mail.enqueue(mail.pk)
    return True


def claim(mail_id: int) -> OutgoingMail | None:
    """Take a due mail for one try; the same UPDATE books the next one, so that a crash loses nothing."""
    now = clock.now()
    due = OutgoingMail.objects.filter(is_due(now), pk=mail_id, state=OutgoingState.QUEUED)
    mail = due.first()
    if mail is None:
        return None
    taken = due.filter(attempts=mail.attempts).update(
        attempts=mail.attempts + 1, due_at=now + wait_after(mail.attempts + 1)
    )
    if not taken:
        return None  # another worker was faster
    mail.attempts += 1
    return mail


def is_due(now: datetime) -> Q:
    """Of mails that are QUEUED. None waits longer than its try says, also when the clock was set back meanwhile."""
    put_off = (Q(attempts=tries, due_at__gt=now + wait_after(tries)) for tries in range(1, MAX_ATTEMPTS + 1))
    return reduce(or_, put_off, Q(due_at__lte=now) | Q(attempts=0))


def wait_after(attempt: int) -> timedelta:
    """30 s, a minute, two … at most four hours."""
    return min(timedelta(seconds=30 * 2 ** min(attempt - 1, 20)), LONGEST_WAIT)


def settle_outgoing(mail: OutgoingMail, state: str, error: str = "") -> bool:
    """Note what became of the claimed try; False when the mail is settled already."""
    values = {"state": state, "error": error[:500]}
    if state != OutgoingState.QUEUED:
        values["settled_at"] = clock.now()  # type: ignore[assignment]
    held = OutgoingMail.objects.filter(pk=mail.pk, state=OutgoingState.QUEUED)
    return bool(held.update(**values))


@operation
def retry_outgoing(mail: OutgoingMail, *, by: Actor) -> OutgoingMail:
    """Send a failed mail once more."""
    from supportflow.mail.tasks import send_mail

    by.must("outbox.retry")
    mail = lock(mail)
    if mail.state != OutgoingState.FAILED:
        raise Refused("not_failed", _("Only a mail that failed can be sent again."))
    mail.state, mail.attempts, mail.due_at, mail.settled_at = OutgoingState.QUEUED, 0, clock.now(), None
    mail.save(update_fields=["state", "attempts", "due_at", "settled_at"])
    record("mail.retried", mail, by=by, meta={"mail": mail.pk})
    send_mail.enqueue(mail.pk)
    return mail


@operation
def discard_outgoing(mail: OutgoingMail, *, by: Actor) -> OutgoingMail:
    """Give a failed mail up: it is not tried again. Its comment still says that it was not sent."""
    by.must("outbox.retry")
    mail = lock(mail)
    if mail.state != OutgoingState.FAILED:
        raise Refused("not_failed", _("Only a mail that failed can be given up."))
    mail.state, mail.settled_at = OutgoingState.CANCELLED, clock.now()
    mail.save(update_fields=["state", "settled_at"])
    record("mail.cancelled", mail, by=by, meta={"mail": mail.pk, "reason": mail.error})
    return mail
