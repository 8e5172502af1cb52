"""The rows of mail: received, fetched, quarantined, owed, claimed, settled.

Tickets change through desk's operations alone.
"""

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
from supportflow.mail.models import (
    FetchState,
    FolderMail,
    InboundMail,
    InboundState,
    MailAccount,
    MailFolder,
    OutgoingMail,
    OutgoingState,
    RawMail,
)

MAX_ATTEMPTS = 14  # over about two days
LONGEST_WAIT = timedelta(hours=4)
LONGEST_PAUSE = timedelta(minutes=15)  # until a mailbox elsewhere is looked at again
ACCOUNTS_KEPT = 60
LARGEST = 2**31 - 1  # bytes that the column holds


def keep_raw(
    raw: bytes, envelope_from: str, envelope_to: Sequence[str], *, source: str, size: int | None = None
) -> tuple[InboundMail, bool]:
    """Store a mail durably and owe its reading; returns (row, whether it is new). The same bytes are one row.

    When this returns, the commit is on the disk: the sender may be told 250. `size`: of the whole, where `raw` is no
    more than its beginning.
    """
    from supportflow.mail.tasks import read_mail  # the task calls back into this module

    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        with transaction.atomic():
            mail = InboundMail(
                sha256=sha256,
                size=len(raw) if size is None else min(size, LARGEST),
                source=source,
                envelope_from=tidy_line(envelope_from)[:320],
                envelope_to=[tidy_line(address)[:320] for address in envelope_to][:100],
            )
            mail.save(force_insert=True)
            RawMail(mail=mail, content=raw).save(force_insert=True)
            read_mail.enqueue(mail.pk)
    except IntegrityError:
        known = InboundMail.objects.filter(sha256=sha256)
        known.update(copies=F("copies") + 1)
        return known.get(), False
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


def folder_called(name: str) -> MailFolder:
    return MailFolder.objects.get_or_create(name=name)[0]


def number_anew(folder: MailFolder, uidvalidity: int, last_uid: int, uids: Sequence[int]) -> None:
    """The folder is new to us, or its server has numbered it anew: these messages are owed, up to `last_uid`."""
    with transaction.atomic():
        fresh = lock(folder)
        if fresh.uidvalidity != uidvalidity:
            old = FolderMail.objects.filter(folder=folder)
            reason = _("The server has numbered its folder anew; it is looked for under its new number.")
            old.filter(state=FetchState.FOUND).update(state=FetchState.GONE, reason=reason)
            old.filter(state=FetchState.KEPT).update(state=FetchState.DONE)
            fresh.uidvalidity, fresh.first_uid, fresh.last_uid = uidvalidity, last_uid, last_uid
            fresh.save(update_fields=["uidvalidity", "first_uid", "last_uid"])
            note_messages(fresh, uids)
    folder.refresh_from_db()


def find_messages(folder: MailFolder, uids: Sequence[int]) -> None:
    """These have come since the last look."""
    if not uids:
        return
    with transaction.atomic():
        fresh = lock(folder)
        if fresh.uidvalidity == folder.uidvalidity:
            note_messages(fresh, uids)
            fresh.last_uid = max(fresh.last_uid, *uids)
            fresh.save(update_fields=["last_uid"])
    folder.refresh_from_db()


def note_messages(folder: MailFolder, uids: Sequence[int]) -> None:
    rows = (FolderMail(folder=folder, uidvalidity=folder.uidvalidity, uid=uid) for uid in uids)
    FolderMail.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def claim_message(row: FolderMail) -> bool:
    """Take it for one try; the same UPDATE books the next one, also where this one ends the connection or us."""
    tries = row.attempts + 1
    owed = FolderMail.objects.filter(pk=row.pk, state=FetchState.FOUND, attempts=row.attempts)
    return bool(owed.update(attempts=min(tries, 1000), due_at=clock.now() + wait_after(tries)))


def keep_message(
    row: FolderMail, raw: bytes, envelope_from: str, size: int, *, state: str = FetchState.KEPT.value
) -> InboundMail | None:
    """Store what was fetched and note that it was, at one stroke; None when another worker has."""
    with transaction.atomic():
        row = lock(row)
        if row.state != FetchState.FOUND:
            return None
        mail, _is_new = keep_raw(raw, envelope_from, [], source="imap", size=size)
        row.state, row.mail, row.reason = state, mail, ""
        row.save(update_fields=["state", "mail", "reason"])
    return mail


def put_off_message(row: FolderMail, reason: str) -> None:
    """Why a try came to nothing; the claim has booked the next. One that is stored by now stays stored."""
    FolderMail.objects.filter(pk=row.pk, state=FetchState.FOUND).update(reason=reason[:500])


def give_up_message(row: FolderMail, reason: str) -> None:
    """It is not on the server any more."""
    found = FolderMail.objects.filter(pk=row.pk, state=FetchState.FOUND)
    found.update(state=FetchState.GONE, reason=reason[:500])


def settle_message(row: FolderMail) -> None:
    """The server knows that we have it."""
    FolderMail.objects.filter(pk=row.pk, state=FetchState.KEPT).update(state=FetchState.DONE)


def find_again(folder: MailFolder, uids: Sequence[int]) -> None:
    """These were passed over: they are owed."""
    if not uids:
        return
    with transaction.atomic():
        fresh = lock(folder)
        if fresh.uidvalidity == folder.uidvalidity:
            gone = FolderMail.objects.filter(folder=fresh, uidvalidity=fresh.uidvalidity, state=FetchState.GONE)
            for start in range(0, len(uids), 500):
                again = gone.filter(uid__in=uids[start : start + 500])
                again.update(state=FetchState.FOUND, attempts=0, due_at=clock.now())
            note_messages(fresh, uids)


def note_look(folder: MailFolder, problem: str = "", *, progress: bool = True) -> int:
    """How a look at the folder ended; returns how many failed in a row. After one that came to nothing the next waits
    longer each time.
    """
    fresh = MailFolder.objects.get(pk=folder.pk)
    fresh.problem = problem[:500]
    fresh.failures = fresh.failures + 1 if problem and not progress else int(bool(problem))
    fresh.due_at = clock.now() + (pause_after(fresh.failures) if problem else timedelta(0))
    if not problem:
        fresh.looked_at = clock.now()
    fresh.save(update_fields=["problem", "failures", "due_at", "looked_at"])
    return fresh.failures


def pause_after(failures: int) -> timedelta:
    """30 s, a minute, two … at most a quarter of an hour."""
    return min(timedelta(seconds=30 * 2 ** min(max(failures - 1, 0), 20)), LONGEST_PAUSE)


def note_account(counts: dict[str, int], problems: dict[str, int], examples: dict[str, list[str]]) -> MailAccount:
    """The last two months' stay."""
    account = MailAccount(counts=counts, problems=problems, examples=examples)
    account.save(force_insert=True)
    MailAccount.objects.filter(pk__lte=account.pk - ACCOUNTS_KEPT).delete()
    return account
