"""One reply or note to many tickets: held for a moment in which it can be taken back whole, then said piece by piece.

Nothing of it is told before it goes out; then each ticket's own activity does, as for a single reply.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import clock, text
from supportflow.core.actors import Actor, is_self
from supportflow.core.bulk import each
from supportflow.core.door import change, lock, lock_all, operation
from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused
from supportflow.core.paging import COUNTED_UP_TO
from supportflow.desk import macros
from supportflow.desk.bulk_models import BulkReply, BulkState
from supportflow.desk.bulk_replies import Check, Letter, check
from supportflow.desk.content import Content
from supportflow.desk.draft_models import DraftKind, chosen_macro
from supportflow.desk.macro_models import Macro, MacroKind
from supportflow.desk.models import Status, Ticket
from supportflow.desk.operations.conversation import note_on_ticket, reply_to_ticket
from supportflow.desk.operations.macros import apply_macro, clean_body, macro_for, usable_macro
from supportflow.desk.operations.marks import stay_read
from supportflow.desk.operations.status import set_status

MOST = COUNTED_UP_TO  # tickets of one reply
PIECE = 20  # tickets of one transaction
KEPT_FOR = timedelta(days=90)


def prepare_bulk_reply(
    ids: Sequence[int],
    kind: str,
    body: str = "",
    *,
    macro: Macro | None = None,
    version: int | None = None,
    then: str = "",
    by: Actor,
) -> tuple[BulkReply, Check]:
    """The reply as it would be, not kept yet, and whom it would reach; raises what is wrong with it.

    Without words of its own it has those of the macro. A macro without words changes the tickets and says nothing.
    `version` is the macro's, as somebody saw it.
    """
    by.must("ticket.comment")
    if not isinstance(by, User):
        raise Forbidden("ticket.comment")
    if not 0 < len(set(ids)) <= MOST:
        raise Invalid({"tickets": _("Choose 1 to %(most)s tickets.") % {"most": MOST}})
    macro = usable_macro(macro, version, by) if macro else None
    reply = BulkReply(
        user=by,
        kind=text.one_of("kind", kind, DraftKind),
        body=clean_body(body if body.strip() or not macro else macro.body, required=not macro),
        macro=chosen_macro(macro.pk, macro.version, ()) if macro else {},
        then=text.one_of("then", then, Status) if then else "",
    )
    return reply, check(ids, letter_of(reply, macro), by)


def letter_of(reply: BulkReply, macro: Macro | None) -> Letter:
    sets = reply.then or (macro.changes.get("status", "") if macro else "")
    return Letter(is_mailed=bool(reply.body) and not reply.is_note, status=sets)


@operation
def hold_bulk_reply(reply: BulkReply, found: Check, *, by: Actor) -> BulkReply:
    """What `prepare_bulk_reply` gave goes out in SUPPORTFLOW_UNDO_SEND seconds; `refused` names who does not get it."""
    from supportflow.desk.tasks import send_bulk_reply  # the task calls back into this module

    by.must("ticket.comment")
    if not is_self(by, reply.user_id):
        raise Forbidden("ticket.comment")
    if not found.tickets:
        raise Refused("nobody_gets_it", _("None of these tickets can get it: %(why)s") % {"why": found.left_out[0][1]})
    reply.waiting = [ticket.pk for ticket in found.tickets]
    reply.total, reply.addresses = len(found.tickets), found.addresses
    reply.refused = [[pk, why] for pk, why in found.left_out]
    reply.send_at = clock.now() + timedelta(seconds=settings.UNDO_SEND)
    reply.save(force_insert=True)
    send_bulk_reply.using(run_after=reply.send_at).enqueue(reply.pk)
    return reply


@operation
def take_back_bulk_reply(reply: BulkReply, *, by: Actor) -> BulkReply:
    """Nothing of it goes out. Refused when some of it has."""
    if not isinstance(by, User) or reply.user_id != by.pk:
        raise NotFound
    reply = lock(reply)
    if reply.state in (BulkState.SENDING, BulkState.SENT):
        told = _("It is too late: it went out on %(done)s of %(total)s tickets, and goes on.")
        raise Refused("already_sent", told % {"done": reply.handled, "total": reply.total})
    change(reply, taken_back_at=reply.taken_back_at or clock.now())
    return reply


@operation
def send_bulk_piece(reply: BulkReply, *, by: User) -> bool:
    """Say it on the next few tickets, once: they leave `waiting` in the same transaction. Whether others wait still."""
    reply = lock(reply)
    if reply.taken_back_at or not reply.waiting:
        return False
    ids, left = reply.waiting[:PIECE], reply.waiting[PIECE:]
    macro = Macro.objects.filter(pk=reply.macro.get("id", 0)).first()
    # All of them first: what they share, such as the macro's use, comes after (see apply_macro).
    lock_all(Ticket.objects.filter(pk__in=ids))
    found = check(ids, letter_of(reply, macro), by)  # much may have happened since
    outcome = each(found.tickets, lambda ticket: _say(reply, ticket, by))
    stay_read(outcome.done, by)
    failed = [*found.left_out, *((ticket.pk, str(error)) for ticket, error in outcome.refused)]
    change(reply, waiting=left, refused=[*reply.refused, *([pk, why] for pk, why in failed)])
    return bool(left)


def _say(reply: BulkReply, ticket: Ticket, by: User) -> bool:
    words = Content.from_markdown(macros.filled(reply.body, ticket, by)) if reply.body else None
    if reply.macro:
        macro, version = macro_for(reply.macro["id"], by), reply.macro["version"]
        kind = MacroKind.NOTE if reply.is_note else MacroKind.REPLY
        apply_macro(ticket, macro, words, kind=kind, version=version, then=reply.then or None, by=by)
    elif words and reply.is_note:
        note_on_ticket(ticket, words, by=by)
        if reply.then:
            set_status(ticket, reply.then, by=by)
    elif words:
        reply_to_ticket(ticket, words, then=reply.then or None, by=by)
    return True


def drop_old_bulk_replies() -> int:
    old = BulkReply.objects.filter(created_at__lt=clock.now() - KEPT_FOR)
    return BulkReply.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1000])).delete()[0]
