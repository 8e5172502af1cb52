"""Outgoing mail: owed in the transaction of its cause, sent after it, settled with what the server said."""

import structlog
from django.conf import settings
from django.db import transaction

from supportflow.core.actors import System
from supportflow.desk.models import Comment, DeliveryState, Mailbox
from supportflow.desk.operations import note_delivery
from supportflow.mail import transport
from supportflow.mail.composing import compose, recipients_of, subject_of, wire_address
from supportflow.mail.identity import new_message_id
from supportflow.mail.models import OutgoingMail, OutgoingState
from supportflow.mail.operations import MAX_ATTEMPTS, claim, owe, settle_outgoing

BY = System("mail")
KEPT = "Kept on this server: no SMTP server is set."
log = structlog.get_logger("supportflow.mail")


def owe_comment(comment: Comment) -> None:
    """Owe the mail of a public comment. Asked again for the same comment, it does nothing."""
    if comment.is_internal or comment.author_type != "user" or comment.delivery_state != DeliveryState.QUEUED:
        return
    recipients = recipients_of(comment)
    if not recipients:
        note_delivery(comment, DeliveryState.FAILED, "Nobody here has an e-mail address.", by=BY)
        return
    mailbox = comment.ticket.mailbox or Mailbox.objects.filter(is_active=True).order_by("pk").first()
    sender = mailbox.address if mailbox else settings.MAIL_ADDRESS
    owe(
        OutgoingMail(
            message_id=new_message_id(sender.rpartition("@")[2]),
            comment_id=comment.pk,
            ticket_id=comment.ticket_id,
            sender=sender,
            recipients=recipients,
            subject=subject_of(comment),
        )
    )


def send(mail_id: int) -> None:
    """One try of one owed mail; quiet when it is settled, not due, or another worker's."""
    mail = claim(mail_id)
    if mail is None:
        return
    comment = None
    if mail.comment_id is not None:
        comment = Comment.objects.select_related("ticket__contact", "author_user").filter(pk=mail.comment_id).first()
        if comment is None:
            settle_outgoing(mail, OutgoingState.CANCELLED, "Its ticket was purged.")
            return
    try:
        state, error = _deliver(mail, comment)
    except transport.NotSent as failure:
        state, error = OutgoingState.QUEUED, failure.reason
        if failure.permanent or mail.attempts >= MAX_ATTEMPTS:
            state = OutgoingState.FAILED
        log.warning("mail.not_sent", mail=mail.pk, attempt=mail.attempts, final=state == OutgoingState.FAILED)
    _settle(mail, comment, state, error)


def _deliver(mail: OutgoingMail, comment: Comment | None) -> tuple[str, str]:
    try:
        content = compose(mail, comment) if comment else bytes(mail.raw or b"")
        sender, recipients = wire_address(mail.sender), [wire_address(address) for address in mail.recipients]
    except (UnicodeError, OSError, ValueError) as error:
        missing = isinstance(error, OSError)  # a file that the storage does not give right now
        raise transport.NotSent(f"{type(error).__name__}: {error}", permanent=not missing) from error
    if not settings.EMAIL_URL:
        _keep(mail, content)
        return OutgoingState.KEPT, KEPT
    return OutgoingState.SENT, transport.deliver(sender, recipients, content)


def _keep(mail: OutgoingMail, content: bytes) -> None:
    folder = settings.DATA / "outgoing"
    folder.mkdir(mode=0o700, exist_ok=True)
    unfinished = folder / f".{mail.file_name}"
    unfinished.write_bytes(content)
    unfinished.rename(folder / mail.file_name)


DELIVERY = {
    OutgoingState.SENT: DeliveryState.SENT,
    OutgoingState.KEPT: DeliveryState.SENT,
    OutgoingState.QUEUED: DeliveryState.QUEUED,
    OutgoingState.FAILED: DeliveryState.FAILED,
}


def _settle(mail: OutgoingMail, comment: Comment | None, state: str, error: str) -> None:
    # At one stroke: a worker that died between the two would leave a comment that says "on its way" for ever.
    with transaction.atomic():
        if settle_outgoing(mail, state, error) and comment is not None:
            note_delivery(comment, DELIVERY[OutgoingState(state)], error, by=BY)
