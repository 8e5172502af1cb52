"""Drafts are kept, held for a moment before they are sent, taken back and let go here.

What somebody types is nobody else's business: the trail tells of it when it is sent, by the reply's own activity.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core import clock, text
from supportflow.core.actors import Actor
from supportflow.core.door import operation
from supportflow.core.errors import Forbidden, Invalid, NotFound, Refused
from supportflow.desk.content import Content
from supportflow.desk.draft_models import Draft, DraftKind, stamp_of
from supportflow.desk.macro_models import MacroKind
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import cleaning
from supportflow.desk.operations.conversation import reply_to_ticket
from supportflow.desk.operations.macros import apply_macro, macro_for, usable_macro
from supportflow.desk.operations.status import refuse_move
from supportflow.files.models import Attachment
from supportflow.files.operations import MAX_ON_ONE_COMMENT, loose_files

KEPT_FOR = timedelta(days=90)  # since somebody wrote at it last
TICK = timedelta(microseconds=1)
MAX_ADDRESSES = 10_000  # characters of a line of addresses
MAX_BYTES = 100 * 1024 * 1024  # of the files of one draft


@operation
def keep_draft(
    ticket: Ticket,
    kind: str,
    *,
    body: str = "",
    cc: str = "",
    bcc: str = "",
    file_ids: Iterable[int] = (),
    seen: str | None = None,
    by: Actor,
) -> Draft | None:
    """What its writer has so far; None when nothing is left of it.

    `seen` is the stamp of the state that was written on ("" for none): Refused when it was changed elsewhere since.
    None overwrites whatever is there.
    """
    user = _writer(ticket, by)
    kind = text.one_of("kind", kind, DraftKind)
    draft = _begun(ticket, kind, user)
    if seen is not None and seen != (draft.stamp if draft else ""):
        raise Refused("draft_changed", _("This draft was changed on another device or page."))
    values = {
        "body": text.prose("body", body, required=False),
        "cc": text.line("cc", cc, most=MAX_ADDRESSES, required=False),
        "bcc": text.line("bcc", bcc, most=MAX_ADDRESSES, required=False),
    }
    files = _own_files(file_ids, user)
    if not files and not any(value.strip() for value in values.values()):
        if draft:
            draft.delete()
        return None
    draft = _write(draft or Draft(ticket=ticket, user=user, kind=kind), **values)
    draft.attachments.set(files)
    return draft


@operation
def attach_to_draft(ticket: Ticket, kind: str, file: Attachment, *, by: Actor) -> Draft:
    """An upload joins the draft at once; its text and stamp stay as they are."""
    user = _writer(ticket, by)
    kind = text.one_of("kind", kind, DraftKind)
    draft = _begun(ticket, kind, user) or _begin(ticket, kind, user)
    [file] = loose_files([file.pk], by=user)
    held = draft.attachments.exclude(pk=file.pk)
    if len(held) >= MAX_ON_ONE_COMMENT:
        raise Invalid({"uploads": _("At most %(most)s files fit on one comment.") % {"most": MAX_ON_ONE_COMMENT}})
    if file.size + sum(one.size for one in held) > MAX_BYTES:
        megabytes = MAX_BYTES // 1024 // 1024
        raise Invalid({"uploads": _("The files of one message hold at most %(most)s MB.") % {"most": megabytes}})
    draft.attachments.add(file)
    return draft


@operation
def discard_draft(draft: Draft, *, by: Actor) -> None:
    """Let go of what was begun: it is sent, or not wanted. Its files go with the next clean-up."""
    if draft.user_id != _user(by).pk:
        raise NotFound
    if not Draft.objects.begun().filter(pk=draft.pk).delete()[0] and _held(draft):
        raise Refused("reply_waits", _("This reply waits to go out. Take it back first."))


@operation
def hold_reply(
    ticket: Ticket,
    content: Content,
    *,
    attachments: Sequence[Attachment] = (),
    cc: Iterable[str] = (),
    bcc: Iterable[str] = (),
    then: str | None = None,
    macro: dict[str, Any] | None = None,
    by: Actor,
) -> Draft:
    """A reply that goes out in SUPPORTFLOW_UNDO_SEND seconds unless it is taken back; until then it is a draft.

    Refused at once for whatever a reply would be refused for now.
    """
    from supportflow.desk.tasks import send_reply  # the task calls back into this module

    user = _writer(ticket, by)
    cleaning.refuse_trashed(ticket)
    if then:
        refuse_move(ticket, then)
    if macro:
        usable_macro(macro_for(macro["id"], user), macro["version"], user)
    send_at = clock.now() + timedelta(seconds=settings.UNDO_SEND)
    draft = _write(
        _begun(ticket, DraftKind.REPLY, user) or Draft(ticket=ticket, user=user, kind=DraftKind.REPLY.value),
        body=content.source,
        cc=", ".join(cleaning.addresses("cc", cc)),
        bcc=", ".join(cleaning.addresses("bcc", bcc)),
        then=then or "",
        macro=macro or {},
        problem="",
        send_at=send_at,
    )
    draft.attachments.set(attachments)
    send_reply.using(run_after=send_at).enqueue(draft.pk, stamp_of(send_at))
    return draft


@operation
def send_held(draft: Draft, at: str, *, by: User) -> Comment | None:
    """The reply goes out, once: its draft is gone in the same transaction. None when it does not wait for `at` (a
    stamp) any more: sent by an earlier run, taken back, or held anew.
    """
    held = _held(draft)
    if held is None or stamp_of(held.send_at) != at:
        return None
    content, files = Content.from_markdown(held.body), loose_files(_ids_of(held), by=by)
    cc, bcc = _addresses(held.cc), _addresses(held.bcc)
    if held.macro:
        comment = apply_macro(
            held.ticket,
            macro_for(held.macro["id"], by),
            content,
            kind=MacroKind.REPLY,
            steps=held.macro["steps"],
            version=held.macro["version"],
            then=held.then or None,
            attachments=files,
            cc=cc,
            bcc=bcc,
            by=by,
        ).comment
    else:
        then = held.then or None
        comment = reply_to_ticket(held.ticket, content, attachments=files, cc=cc, bcc=bcc, then=then, by=by)
    held.delete()
    return comment


@operation
def take_back(draft: Draft, *, by: Actor) -> Draft:
    """A held reply is a draft again. Refused when it is out."""
    if draft.user_id != _user(by).pk:
        raise NotFound
    held = _held(draft)
    if held is None:
        raise Refused("already_sent", _("It is too late: this reply went out."))
    return _return(held)


@operation
def give_back(draft: Draft, at: str, problem: str, *, by: Actor) -> None:
    """A held reply could not go out: it is a draft again, which says why."""
    held = _held(draft)
    if held is not None and stamp_of(held.send_at) == at:
        _return(held, problem[:500])


def drop_old_drafts() -> int:
    """What nobody has touched for a season. Their files go with the next clean-up."""
    old = Draft.objects.begun().filter(updated_at__lt=clock.now() - KEPT_FOR)
    return Draft.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:1000])).delete()[0]


def _user(by: Actor) -> User:
    if not isinstance(by, User):
        raise Forbidden("ticket.comment")
    return by


def _writer(ticket: Ticket, by: Actor) -> User:
    by.must("ticket.comment", ticket)
    return _user(by)


def _begun(ticket: Ticket, kind: str, user: User) -> Draft | None:
    rows = Draft.objects.begun().select_for_update(of=("self",))
    return rows.filter(user=user.pk, ticket=ticket, kind=kind).first()


def _held(draft: Draft) -> Draft | None:
    rows = Draft.objects.held().select_for_update(of=("self",)).select_related("ticket")
    return rows.filter(pk=draft.pk).first()


def _begin(ticket: Ticket, kind: str, user: User) -> Draft:
    try:
        with transaction.atomic():
            return _write(Draft(ticket=ticket, user=user, kind=kind))
    except IntegrityError:  # a save of the text came first
        draft = _begun(ticket, kind, user)
        if draft is None:
            raise
        return draft


def _write(draft: Draft, **values: Any) -> Draft:
    for name, value in values.items():
        setattr(draft, name, value)
    # Never the same stamp twice, whatever the clock does.
    draft.updated_at = max(clock.now(), draft.updated_at + TICK)
    draft.save()
    return draft


def _return(held: Draft, problem: str = "") -> Draft:
    begun = _begun(held.ticket, held.kind, held.user)
    if begun is None:
        return _write(held, send_at=None, problem=problem)
    # Its writer has gone on meanwhile: what was held comes first, and nothing of either is lost.
    values = {name: _joined(", ", getattr(held, name), getattr(begun, name)) for name in ("cc", "bcc")}
    begun.attachments.add(*held.attachments.all())
    body = _joined("\n\n", held.body, begun.body)
    _write(begun, body=body, macro=held.macro or begun.macro, problem=problem, **values)
    held.delete()
    return begun


def _joined(between: str, *parts: str) -> str:
    return between.join(dict.fromkeys(part for part in parts if part.strip()))


def _own_files(ids: Iterable[int], user: User) -> list[Attachment]:
    """Those of the ids that wait for a comment. One that was sent elsewhere meanwhile is no reason to keep nothing."""
    wanted = [pk for pk in dict.fromkeys(ids) if 0 < pk < 2**63][:MAX_ON_ONE_COMMENT]
    rows = Attachment.objects.filter(is_attached=False, uploader_type="user", uploader_id=user.pk)
    return list(rows.filter(pk__in=wanted))


def _ids_of(draft: Draft) -> list[int]:
    return list(draft.attachments.order_by("pk").values_list("pk", flat=True))


def _addresses(line: str) -> list[str]:
    return [address for address in line.split(", ") if address]
