"""Fetches mail by IMAP into the same path as all other mail: noted, stored, then marked as read on the server.

What is on the server is written down first (FolderMail), so that every message has a row before its first byte comes.
Killed between any two lines, the next look goes on from the rows. Two at the same moment share them by claims.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from supportflow.core import clock
from supportflow.core.outage import is_outage
from supportflow.mail import imap
from supportflow.mail.models import FetchState, FolderMail, MailFolder
from supportflow.mail.operations import (
    claim_message,
    find_again,
    find_messages,
    folder_called,
    give_up_message,
    is_due,
    keep_message,
    note_look,
    number_anew,
    pause_after,
    put_off_message,
    settle_message,
)
from supportflow.mail.parsing import MAX_MAIL
from supportflow.mail.parsing.headers import split_block

BEGINNING = 100_000  # bytes kept of a mail that is too large
AT_ONCE = 10.0  # seconds of one look; a worker that is told to stop waits no longer than that for it
log = structlog.get_logger("supportflow.mail")


def is_time(folder: MailFolder, now: datetime) -> bool:
    """It never waits longer than its failures say, also when the clock was set back meanwhile."""
    return not now < folder.due_at <= now + pause_after(folder.failures)


def fetch() -> bool:
    """One look at the mailbox; whether there is more to fetch at once. Quiet while it is not due."""
    assert settings.IMAP is not None
    folder = folder_called(settings.IMAP.name)
    if not is_time(folder, clock.now()):
        return False
    look = Look(folder)
    try:
        with imap.opened(settings.IMAP) as box:
            look.take(box)
    except imap.NotFetched as error:
        look.trouble = str(error)
    except Exception as error:
        if is_outage(error):
            raise  # our own database: the next look finds what is owed
        log.exception("imap.broken", mailbox=folder.name)
        look.trouble = f"{type(error).__name__}: {error}"
    look.end()
    return look.is_cut_short and not look.trouble


class Look:
    """What one look at the folder comes to."""

    def __init__(self, folder: MailFolder) -> None:
        self.folder = folder
        self.stored = 0
        self.trouble = ""
        self.is_cut_short = False
        self._until = time.monotonic() + AT_ONCE

    def take(self, box: imap.Box) -> None:
        find(box, self.folder)
        while (row := next_owed(self.folder)) and claim_message(row):
            self._fetch(box, row)
            if time.monotonic() > self._until:
                self.is_cut_short = True
                return
        # Last, as a server that hangs up on a mark must not keep mails from coming in.
        for row in unmarked(self.folder):
            self._mark(box, row)

    def end(self) -> None:
        failures = note_look(self.folder, self.trouble, progress=self.stored > 0)
        if self.trouble:
            log.error("imap.failed", mailbox=self.folder.name, reason=self.trouble, failures=failures)
        elif self.folder.problem:
            log.info("imap.works_again", mailbox=self.folder.name)

    def _fetch(self, box: imap.Box, row: FolderMail) -> None:
        """Of one message; what is wrong with it is noted and stops no other."""
        try:
            self._store(box, row)
        except imap.Refusal as refusal:
            self._put_off(row, str(refusal))
        except imap.NotFetched as broken:
            self._put_off(row, str(broken))
            raise
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("imap.poison", mailbox=self.folder.name, uid=row.uid)
            self._put_off(row, f"{type(error).__name__}: {error}")

    def _store(self, box: imap.Box, row: FolderMail) -> None:
        fetched = box.fetch(row.uid)
        if fetched is None:
            return give_up_message(row, _("It was deleted on the server before it was fetched."))
        whole = fetched.size <= MAX_MAIL
        raw = fetched.content if whole else fetched.content[:BEGINNING]
        # Where we have no more than the beginning, it stays unread, for a person who looks into the mailbox.
        state = FetchState.KEPT if whole else FetchState.DONE
        mail = keep_message(row, raw, return_path(raw), fetched.size, state=state)
        if mail is None:
            return None  # another worker has
        self.stored += 1
        log.info("mail.received", mail=mail.pk, size=fetched.size, mailbox=self.folder.name, uid=row.uid)
        return self._mark(box, row) if whole else None

    def _mark(self, box: imap.Box, row: FolderMail) -> None:
        """Only after the commit: read means that it cannot be lost any more."""
        try:
            box.mark_read(row.uid)
        except imap.Refusal as refusal:
            self.trouble = _("A mail cannot be marked as read. %(answer)s") % {"answer": refusal}
        else:
            settle_message(row)

    def _put_off(self, row: FolderMail, reason: str) -> None:
        log.warning("imap.message_failed", mailbox=self.folder.name, uid=row.uid, tries=row.attempts + 1, reason=reason)
        put_off_message(row, reason)


def find(box: imap.Box, folder: MailFolder) -> None:
    """Write down what is owed: of a folder that is new to us the unread, then all that comes."""
    if folder.uidvalidity == box.uidvalidity:
        return find_messages(folder, box.after(folder.last_uid))
    # Numbered anew, the marks may be lost or not. What was read by others since our last look is ours too; what we have
    # already is recognised by its bytes. The server counts whole days, in a time zone of its own.
    since = (folder.looked_at - timedelta(days=1)).date() if folder.looked_at else None
    uids = [uid for uid in box.unread(since) if uid < box.uidnext]
    if folder.uidvalidity:
        log.warning("imap.numbered_anew", mailbox=folder.name, messages=len(uids))
    return number_anew(folder, box.uidvalidity, box.uidnext - 1, uids)


def noted(folder: MailFolder) -> QuerySet[FolderMail]:
    return FolderMail.objects.filter(folder=folder, uidvalidity=folder.uidvalidity)


def next_owed(folder: MailFolder) -> FolderMail | None:
    """Fresh ones first: one that breaks the connection each time holds no other up."""
    return noted(folder).filter(is_due(clock.now()), state=FetchState.FOUND).order_by("attempts", "uid").first()


def unmarked(folder: MailFolder) -> list[FolderMail]:
    return list(noted(folder).filter(state=FetchState.KEPT).order_by("uid")[:1000])


def return_path(raw: bytes) -> str:
    """The envelope's sender, as the server that took the mail wrote it on top; empty for a bounce's."""
    headers, _body_at = split_block(raw, 0, len(raw))
    return headers.text("return-path").strip(" <>")[:320]


def passed_over() -> tuple[list[int], str]:
    """UIDs that lie on the server, should be noted here and are not: owed from now on. And why it could not be told."""
    assert settings.IMAP is not None
    folder = folder_called(settings.IMAP.name)
    try:
        with imap.opened(settings.IMAP) as box:
            there = box.after(folder.first_uid) if box.uidvalidity == folder.uidvalidity else []
    except imap.NotFetched as error:
        return [], str(error)
    folder.refresh_from_db()
    missing = sorted({uid for uid in there if uid <= folder.last_uid} - set(known(folder, there)))
    find_again(folder, missing)
    return missing, ""


def known(folder: MailFolder, uids: list[int]) -> Iterator[int]:
    """Those of them that are owed or stored. One that was gone and is there counts as passed over."""
    rows = noted(folder).exclude(state=FetchState.GONE)
    for start in range(0, len(uids), 500):
        yield from rows.filter(uid__in=uids[start : start + 500]).values_list("uid", flat=True)
