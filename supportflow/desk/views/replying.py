"""A reply or a note: at once, or a reply after the moment in which it can be taken back."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.core.errors import Refused
from supportflow.desk.collision import refuse_unread
from supportflow.desk.content import Content
from supportflow.desk.draft_models import Draft, chosen_macro
from supportflow.desk.forms import CommentForm
from supportflow.desk.macro_models import MacroKind
from supportflow.desk.mentions import mentions_in
from supportflow.desk.models import Comment, Ticket, Visibility
from supportflow.desk.operations import (
    apply_macro,
    discard_draft,
    hold_reply,
    note_on_ticket,
    reply_to_ticket,
    take_back,
)
from supportflow.desk.operations.macros import macro_for
from supportflow.desk.views.tickets import find, ticket_page
from supportflow.files.models import Attachment
from supportflow.pages.once import Done, done_before, once, tell


@login_required
@require_POST
def comments(request: ActingRequest, number: str) -> HttpResponse:
    """A reply to the customer, or a note for the team."""
    row = find(request, number)
    form = CommentForm(request.POST, request.FILES)
    done = done_before(request)
    if done is None and form.is_valid():
        with form.told():
            files = form.attachments(request.actor)
            refuse_unread(row, form.read_before_reply(), request.actor)
            content = Content.from_markdown(form.cleaned_data["body"])
            # Without a script nobody could take it back.
            act = _held if "HX-Request" in request.headers and settings.UNDO_SEND and not _is_note(form) else _said
            done = once(request, lambda: act(row, form, content, files, request.actor))
            if problem := mentions_in(content, row).problem():
                messages.warning(request, problem)
    if done is None:
        return ticket_page(request, number, form.answers_with, form=form)
    return tell(request, done)


def _is_note(form: CommentForm) -> bool:
    return bool(form.cleaned_data["kind"] == "note")


def _held(row: Ticket, form: CommentForm, content: Content, files: list[Attachment], by: User) -> Done:
    data = form.cleaned_data
    draft = hold_reply(
        row,
        content,
        attachments=files,
        cc=form.cc_addresses(),
        bcc=form.bcc_addresses(),
        then=data["then"] or None,
        macro=chosen_macro(data["macro"], data["macro_version"], form.steps()),
        by=by,
    )
    text = _("Reply to %(name)s goes out in %(seconds)s s")
    told = text % {"name": row.contact.name, "seconds": settings.UNDO_SEND}
    return Done(f"{row.get_absolute_url()}#held-{draft.pk}", told, f"unsend-{row.number}-{draft.pk} sent-reply")


def _said(row: Ticket, form: CommentForm, content: Content, files: list[Attachment], by: User) -> Done:
    data = form.cleaned_data
    cc, bcc, then = form.cc_addresses(), form.bcc_addresses(), data["then"] or None
    text = _("Note added") if _is_note(form) else _("Reply sent to %(name)s") % {"name": row.contact.name}
    if data["macro"]:
        comment = say_with_macro(row, form, content, files, by)
    elif _is_note(form):
        comment = note_on_ticket(row, content, attachments=files, by=by)
    else:
        comment = reply_to_ticket(row, content, attachments=files, cc=cc, bcc=bcc, then=then, by=by)
    for draft in Draft.objects.begun().filter(user=by.pk, ticket=row, kind=data["kind"]):
        discard_draft(draft, by=by)
    # static/js/drafts.js forgets the draft when it sees this tag.
    return Done(f"{row.get_absolute_url()}#comment-{comment.pk}", text, f"sent-{data['kind']}")


def say_with_macro(ticket: Ticket, form: CommentForm, content: Content, files: list[Attachment], by: User) -> Comment:
    """The reply or note and those of the macro's changes that the form still names, in one act."""
    data = form.cleaned_data
    applied = apply_macro(
        ticket,
        macro_for(data["macro"], by),
        content,
        kind=MacroKind.NOTE if _is_note(form) else MacroKind.REPLY,
        steps=form.steps(),
        version=data["macro_version"],
        then=None if _is_note(form) else data["then"] or None,
        attachments=files,
        cc=form.cc_addresses(),
        bcc=form.bcc_addresses(),
        by=by,
    )
    assert applied.comment is not None
    return applied.comment


@login_required
@require_POST
def unsend(request: ActingRequest, number: str, pk: int) -> HttpResponse:
    """Take a reply back that has not gone out; where it has, say so and show it."""
    row = find(request, number)
    draft = Draft.objects.filter(pk=pk, user=request.actor.pk, ticket=row).first()
    try:
        if draft is None:
            raise Refused("already_sent", _("It is too late: this reply went out."))
        take_back(draft, by=request.actor)
    except Refused as error:
        messages.error(request, str(error))
        return redirect(f"{row.get_absolute_url()}#{_newest_reply(row, request.actor)}")
    messages.success(request, _("The reply is a draft again"), extra_tags="back-reply")
    return redirect(row)


def _newest_reply(row: Ticket, by: User) -> str:
    mine = Comment.objects.filter(ticket=row, author_user=by.pk, visibility=Visibility.PUBLIC).order_by("-pk").first()
    return f"comment-{mine.pk}" if mine else "thread"
