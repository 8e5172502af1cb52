"""Which ticket a mail answers. Only exact ids that we gave or saw count; a number in the subject grants nothing."""

from dataclasses import dataclass

from supportflow.crm.models import Contact
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations.merging import holders
from supportflow.mail.identity import ours_among
from supportflow.mail.models import InboundMail, OutgoingMail
from supportflow.mail.parsing import ParsedMail

MAX_IDS = 100


@dataclass(frozen=True)
class Thread:
    """`answers`: the sender is a participant of it. `claimed`: the mail answers it, but its sender is nobody there."""

    answers: Ticket | None = None
    claimed: Ticket | None = None


def find_thread(parsed: ParsedMail, contact: Contact) -> Thread:
    ticket = _answered(parsed) or _continued(parsed, contact)
    if ticket is None or ticket.is_trashed:
        return Thread()
    if ticket.is_visible_to(contact):
        return Thread(answers=ticket)
    return Thread(claimed=ticket)


def _ids(parsed: ParsedMail) -> list[str]:
    """Oldest first, as References gives them; In-Reply-To is the newest."""
    given = [*parsed.references[-MAX_IDS:], parsed.in_reply_to]
    return [message_id for message_id in given if message_id]


def _answered(parsed: ParsedMail) -> Ticket | None:
    """The ticket whose mail of ours it answers; of several, the newest reference wins."""
    for message_id in ours_among(_ids(parsed)):
        mail = OutgoingMail.objects.filter(message_id=message_id).exclude(ticket_id=None).first()
        if mail is not None:
            return _where_it_is(mail)
    return None


def _where_it_is(mail: OutgoingMail) -> Ticket | None:
    """Where the conversation goes on: comments move when tickets are merged, split and parted again."""
    comment = Comment.objects.select_related("ticket").filter(pk=mail.comment_id or 0).first()
    ticket = comment.ticket if comment else Ticket.objects.filter(pk=mail.ticket_id or 0).first()
    return ticket and (holders(ticket) or [ticket])[-1]


def _continued(parsed: ParsedMail, contact: Contact) -> Ticket | None:
    """The ticket that this same sender's own earlier mail is part of: written again before we answered."""
    earlier = InboundMail.objects.filter(message_id__in=_ids(parsed), ticket_id__isnull=False, comment_id__isnull=False)
    newest = list(earlier.order_by("-pk").values_list("comment_id", flat=True)[:20])
    own = Comment.objects.filter(author_contact=contact).select_related("ticket").in_bulk(newest)
    return next((own[pk].ticket for pk in newest if pk in own), None)
