"""Macros beside a ticket: what fits, what it would say and change, and doing it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.filtering import Reader, holds_words
from supportflow.desk.content import Content
from supportflow.desk.forms import CommentForm
from supportflow.desk.macro_models import Macro
from supportflow.desk.macros import Names, filled, fits, steps
from supportflow.desk.models import Ticket
from supportflow.desk.operations import apply_macro
from supportflow.desk.views.replying import say_with_macro
from supportflow.desk.views.tickets import find, undo_tag
from supportflow.pages import lists
from supportflow.pages.once import Done, done_before, once, tell

OFFERED = 200


@login_required
@require_safe
def macros(request: ActingRequest, number: str) -> HttpResponse:
    """Those that fit, most used first: a page of its own, or with `menu` the list for the composer's menu."""
    row = find(request, number)
    read = Reader(lists.given(request, {"q", "menu"}))
    q, menu = read.q(), read.flag("menu") or False
    read.done()
    rows = Macro.objects.offered_to(request.actor, row.team_id).order_by("-use_count", "name", "pk")
    found = [macro for macro in (rows.filter(holds_words(q, "name")) if q else rows)[:OFFERED] if fits(macro, row)]
    names = Names.of(found, request.actor)
    context = {"ticket": row, "macros": [(macro, steps(macro, names)) for macro in found], "q": q, "menu": menu}
    return render(request, "desk/_macro_menu.html" if menu else "desk/ticket_macros.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def macro(request: ActingRequest, number: str, pk: int) -> HttpResponse:
    """What it would say and change; POST does it. With `menu` the part that the composer takes over."""
    row = find(request, number, whole=True)
    chosen = get_object_or_404(Macro.objects.visible_to(request.actor).alive(), pk=pk)
    if request.method != "POST":
        return _preview(request, row, chosen, filled(chosen.body, row, request.actor))
    sent = request.POST.copy()
    sent["kind"], sent["macro"] = "note" if chosen.is_note else "reply", str(pk)
    form = CommentForm(sent)
    done = done_before(request)
    if done is None and form.is_valid():
        with form.told():
            done = once(request, lambda: _applied(request, row, chosen, form))
    if done is None:
        return _preview(request, row, chosen, request.POST.get("body", ""), 422, form)
    return tell(request, done)


def _preview(
    request: ActingRequest, row: Ticket, chosen: Macro, text: str, status: int = 200, form: CommentForm | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "ticket": row,
        "macro": chosen,
        "text": text,
        "steps": steps(chosen, Names.of([chosen], request.actor)),
        "form": form or CommentForm(),
        "again": request.GET.getlist("change") if "again" in request.GET else None,
    }
    part = "menu" in request.GET
    return render(request, "desk/_macro_fields.html" if part else "desk/ticket_macro.html", context, status=status)


def _applied(request: ActingRequest, row: Ticket, chosen: Macro, form: CommentForm) -> Done:
    by = request.actor
    if "body" in request.POST:
        comment = say_with_macro(row, form, Content.from_markdown(request.POST["body"]), [], by)
        return Done(f"{row.get_absolute_url()}#comment-{comment.pk}", _applied_text(row, chosen))
    kept = form.steps() if "macro" in request.POST else None
    applied = apply_macro(row, chosen, steps=kept, version=form.cleaned_data["macro_version"], by=by)
    changed = applied.ticket.version != row.version
    undo = undo_tag(applied.ticket, by) if changed and applied.comment is None else ""
    return Done(row.get_absolute_url(), _applied_text(row, chosen), undo)


def _applied_text(row: Ticket, chosen: Macro) -> str:
    return _("“%(macro)s” applied to %(number)s") % {"macro": chosen.name, "number": row.number}
