"""The pages on which macros are kept."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.core.filtering import Reader, holds_words
from supportflow.core.paging import page
from supportflow.core.richtext import from_markdown
from supportflow.desk.macro_forms import MacroForm
from supportflow.desk.macro_models import Macro
from supportflow.desk.macros import Names, draft, filled, sample, steps
from supportflow.desk.operations import create_macro, restore_macro, trash_macro, update_macro
from supportflow.desk.placeholders import problem
from supportflow.desk.views.tickets import undo_tag
from supportflow.pages import lists
from supportflow.pages.once import Done, done_before, once, tell

SORTS = {"name": "name", "use_count": "use_count"}


@login_required
@require_safe
def macros(request: ActingRequest) -> HttpResponse:
    """The shared ones and one's own."""
    params = lists.given(request, {"q", "trash"})
    read, at = Reader(params), lists.place(params, "name")
    q, trash = read.q(), read.flag("trash") or False
    read.done()
    rows = Macro.objects.visible_to(request.actor).filter(deleted_at__isnull=not trash).select_related("owner", "team")
    rows = rows.filter(holds_words(q, "name", "body")) if q else rows
    found = page(rows, sort=at.sort, allowed=SORTS, limit=lists.PER_PAGE, cursor=at.cursor)
    names = Names.of(found.items, request.actor)
    context = {
        "page": found,
        "rows": [(macro, steps(macro, names)) for macro in found.items],
        "q": q,
        "trash": trash,
        "sort": at.sort,
        "chips": lists.chips(request, {"trash": ["true"]} if trash else {}, {"trash": _("In the trash")}, {}),
    }
    return render(request, "desk/macros.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def macro_form(request: ActingRequest, pk: int | None = None) -> HttpResponse:
    """A new macro, or one that is there. With `preview` the form comes back with what it would say and change."""
    row = get_object_or_404(Macro.objects.visible_to(request.actor).alive(), pk=pk) if pk else None
    if request.method != "POST":
        return _form_page(request, row, MacroForm.of(row, request.actor) if row else MacroForm(actor=request.actor))
    form = MacroForm(request.POST, actor=request.actor)
    if "preview" in request.POST:
        return _form_page(request, row, form)
    done = done_before(request)
    if done is None and form.is_valid():
        with form.told():
            done = once(request, lambda: _saved(row, form, request.actor))
    return _form_page(request, row, form, 422) if done is None else tell(request, done)


def _saved(row: Macro | None, form: MacroForm, by: User) -> Done:
    if row is None:
        row = create_macro(**form.values(), by=by)
    else:
        row = update_macro(row, version=form.cleaned_data["seen"], by=by, **form.values())
    return Done("/settings/macros", _("%(name)s saved") % {"name": row.name})


def _form_page(request: ActingRequest, row: Macro | None, form: MacroForm, status: int = 200) -> HttpResponse:
    may_change = row is None or request.actor.may(row.keeper)
    context = {"macro": row, "form": form, "may_change": may_change, "preview": _preview(row, form, request.actor)}
    return render(request, "desk/macro_form.html", context, status=status)


def _preview(row: Macro | None, form: MacroForm, by: User) -> dict[str, Any]:
    """What the form as it stands would say and change: HTML, sentences, and on which ticket."""
    macro, names, ticket = row or Macro(), None, None
    if form.is_bound:
        form.is_valid()
        with form.told():
            macro, names = draft(form.values(), by)
            ticket = form.previewed(by)
    text = filled(macro.body, ticket, by) if ticket else sample(macro.body, by)
    return {
        "html": from_markdown(text).html,
        "steps": steps(macro, names or Names.of([macro], by)),
        "wrong": problem(macro.body),
        "ticket": ticket,
        "is_note": macro.is_note,
    }


@login_required
@require_POST
def macro_trash(request: ActingRequest, pk: int) -> HttpResponse:
    """Into the trash, or with `restore` out of it."""
    row = get_object_or_404(Macro.objects.visible_to(request.actor), pk=pk)
    if "restore" in request.POST:
        row = restore_macro(row, by=request.actor)
        messages.success(request, _("%(name)s restored") % {"name": row.name})
        return redirect("macros")
    row = trash_macro(row, by=request.actor)
    text = _("%(name)s moved to the trash") % {"name": row.name}
    messages.success(request, text, extra_tags=f"{undo_tag(row, request.actor)} page")
    return redirect("macros")
