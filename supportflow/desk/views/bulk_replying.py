"""One reply or note to all tickets that are ticked: written, looked at, sent, and for a moment taken back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.core import clock
from supportflow.core.errors import Refused
from supportflow.core.filtering import is_id
from supportflow.desk.bulk_forms import BulkReplyForm
from supportflow.desk.bulk_models import BulkReply
from supportflow.desk.bulk_replies import Check
from supportflow.desk.content import Content
from supportflow.desk.macro_models import Macro
from supportflow.desk.macros import Names, filled, steps
from supportflow.desk.operations import hold_bulk_reply, take_back_bulk_reply
from supportflow.desk.operations.bulk_replies import MOST, prepare_bulk_reply
from supportflow.desk.views.selecting import back_to, selected, told_together
from supportflow.pages.once import Done, done_before, once, tell


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: ActingRequest) -> HttpResponse:
    """POST alone asks for the words, with `step` check shows whom they reach, with send sends them. GET takes one up
    again (`again`) that was taken back."""
    if request.method != "POST":
        return _again(request)
    ids, step = selected(request, MOST), request.POST.get("step", "")
    form = BulkReplyForm(request.POST if step else None, actor=request.actor)
    done = done_before(request) if step == "send" else None
    if done is None and step in {"check", "send"} and form.is_valid():
        try:
            with form.told():
                if step == "check":
                    return _checked(request, ids, form)
                done = once(request, lambda: _held(ids, form, request.actor))
        except Refused as error:
            form.add_error(None, str(error))
    if done is not None:
        return tell(request, done)
    return _write(request, ids, form, status=422 if step in {"check", "send"} else 200)


def _again(request: ActingRequest) -> HttpResponse:
    pk = request.GET.get("again", "")
    row = _mine(request, int(pk)) if is_id(pk) else None
    if row is None or not row.may_go_on:
        return redirect("tickets")
    left_out = [ticket for ticket, _why in row.refused]
    return _write(request, [*row.waiting, *left_out], BulkReplyForm.of(row, request.actor))


def _write(request: ActingRequest, ids: list[int], form: BulkReplyForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "ids": ids, "back": back_to(request)}
    return render(request, "desk/bulk_reply.html", context, status=status)


def _checked(request: ActingRequest, ids: list[int], form: BulkReplyForm) -> HttpResponse:
    by = request.actor
    draft, found = prepare_bulk_reply(ids, **form.letter(), by=by)
    macro: Macro | None = form.cleaned_data["macro"]
    context: dict[str, Any] = {
        "form": form,
        "ids": ids,
        "back": back_to(request),
        "draft": draft,
        "found": found,
        "macro": macro,
        "steps": steps(macro, Names.of([macro], by)) if macro else [],
        "example": _example(draft, found, by),
        "left_out": told_together(found.left_out),
    }
    return render(request, "desk/bulk_reply_check.html", context)


def _example(draft: BulkReply, found: Check, by: User) -> str:
    """The words as the first of them will read."""
    if not draft.body or not found.tickets:
        return ""
    return Content.from_markdown(filled(draft.body, found.tickets[0], by)).html


def _held(ids: list[int], form: BulkReplyForm, by: User) -> Done:
    prepared = prepare_bulk_reply(ids, **form.letter(), version=form.cleaned_data["macro_version"], by=by)
    row = hold_bulk_reply(*prepared, by=by)
    return Done(row.get_absolute_url(), _("It goes out in a moment"))


@login_required
@require_safe
def sent(request: ActingRequest, pk: int) -> HttpResponse:
    """How far it is, and what did not get it. With `part` the part that a page asks for again."""
    row = _mine(request, pk)
    left = max(0, round((row.send_at - clock.now()).total_seconds()))
    context = {"row": row, "left": left, "left_out": told_together(row.refused)}
    return render(request, "desk/_bulk_sent.html" if "part" in request.GET else "desk/bulk_sent.html", context)


@login_required
@require_POST
def unsend(request: ActingRequest, pk: int) -> HttpResponse:
    """Take it back whole, and go on writing; where some of it is out, say so."""
    row = _mine(request, pk)
    try:
        take_back_bulk_reply(row, by=request.actor)
    except Refused as error:
        messages.error(request, str(error))
        return redirect(row)
    messages.success(request, _("Nothing went out. Your text is here."))
    return redirect(f"/tickets/reply?again={row.pk}")


def _mine(request: ActingRequest, pk: int) -> BulkReply:
    return get_object_or_404(BulkReply, pk=pk, user=request.actor.pk)
