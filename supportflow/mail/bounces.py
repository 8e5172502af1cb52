"""A bounce marks the comment whose mail came back. It never makes a ticket and never causes an answer."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from supportflow.core.actors import System
from supportflow.desk.models import Comment, DeliveryState
from supportflow.desk.operations import note_delivery
from supportflow.mail.identity import ours_among
from supportflow.mail.models import OutgoingMail
from supportflow.mail.parsing import ParsedMail


@dataclass(frozen=True)
class Outcome:
    reason: str
    ticket_id: int | None = None


UNKNOWN = Outcome("A bounce of no mail that we sent.")


def note(parsed: ParsedMail, *, by: System) -> Outcome | None:
    """Believed only when it carries the unguessable Message-ID of the mail that it returns; else None."""
    ids = [*parsed.bounced_message_ids, *parsed.references, parsed.in_reply_to]
    sent = OutgoingMail.objects.filter(message_id__in=ours_among(ids)).exclude(comment_id=None).order_by("-pk").first()
    if sent is None:
        return None
    if not parsed.bounce_permanent:
        return Outcome(_("A warning: the other server still tries."), sent.ticket_id)
    comment = Comment.objects.select_related("ticket").filter(pk=sent.comment_id or 0).first()
    if comment is not None:
        who = ", ".join(parsed.bounce_addresses[:5])
        note_delivery(comment, DeliveryState.BOUNCED, _("Returned as undeliverable: %(who)s") % {"who": who}, by=by)
    return Outcome(_("A bounce; noted on the comment."), sent.ticket_id)
