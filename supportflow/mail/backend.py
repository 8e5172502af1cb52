from collections.abc import Sequence
from email.message import Message

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from supportflow.mail.identity import new_message_id
from supportflow.mail.models import OutgoingMail
from supportflow.mail.operations import owe


class OutboxBackend(BaseEmailBackend):
    """Django's mail backend: what the system writes (a password reset) is owed like any mail, in this transaction."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        return sum(owe(_owed(message)) for message in email_messages if message.recipients())


def _owed(message: EmailMessage) -> OutgoingMail:
    sender = settings.MAIL_ADDRESS
    message_id = new_message_id(sender.rpartition("@")[2])
    # RFC 3834: nobody's out-of-office should answer a machine.
    message.extra_headers |= {"Message-ID": message_id, "Auto-Submitted": "auto-generated", "X-Loop": sender}
    wire: Message = message.message()
    return OutgoingMail(
        message_id=message_id,
        sender=sender,
        recipients=message.recipients(),
        subject=str(message.subject)[:998],
        raw=wire.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    )
