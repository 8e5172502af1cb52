"""`/settings/operations`: how things stand, what failed or waits, and the buttons that do something about it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.browse.masking import without_secrets
from supportflow.core.filtering import Reader
from supportflow.core.paging import Page, bounded_count, page
from supportflow.desk.models import Ticket
from supportflow.jobs.models import FAILED, Job
from supportflow.jobs.queries import kinds_of
from supportflow.mail.models import InboundMail
from supportflow.mail.source import as_file, opening_of
from supportflow.pages import lists as pages
from supportflow.upkeep import words
from supportflow.upkeep.facts import facts
from supportflow.upkeep.lines import lines
from supportflow.upkeep.operations import ACTS, AT_ONCE, act_on, act_on_all, ask_for_account
from supportflow.upkeep.queries import REACT, STATES, failed_rows, owed, rows_in, sort_in, standing

SHOWN_OF_A_MAIL = 100_000  # bytes


@login_required
@require_safe
def overview(request: ActingRequest) -> HttpResponse:
    request.actor.must("upkeep.view")
    return render(
        request,
        "upkeep/overview.html",
        {"standing": standing(), "facts": facts(), "states": STATES, "words": words, "places": words.PLACES},
    )


@login_required
@require_safe
def rows(request: ActingRequest, where: str) -> HttpResponse:
    request.actor.must("upkeep.view")
    if where not in STATES:
        raise Http404
    by_task = where == "jobs"
    params = pages.given(request, {"state", "task"} if by_task else {"state"})
    read = Reader(params)
    state = (read.members("state", STATES[where]) or STATES[where])[0]
    kind = read.one("task") or ""
    read.done()
    found_rows = rows_in(where, state, kind)
    sort, column = sort_in(where, state)
    at = pages.place(params, sort)
    found: Page[Any] = page(found_rows, sort=at.sort, allowed={column: column}, limit=pages.PER_PAGE, cursor=at.cursor)
    can_act = bool(found.items) and state == STATES[where][0]
    context = {
        "short": words.short_name,
        "where": where,
        "state": state,
        "kind": kind,
        "page": found,
        "lines": lines(where, state, found.items),
        "count": bounded_count(found_rows),
        "places": words.PLACES,
        "states": [(value, words.STATES[value]) for value in STATES[where]],
        "kinds": kinds_of(rows_in(where, state)).most_common() if by_task else [],
        "acts": list(ACTS.get(where, {})) if can_act else [],
    }
    return render(request, "upkeep/rows.html", context)


@login_required
@require_POST
def acts(request: ActingRequest, where: str, act: str) -> HttpResponse:
    """Retry or discard the rows named by `row`, or all of a kind with `all`. Twice does it once."""
    request.actor.must("upkeep.view")
    if act not in ACTS.get(where, {}):
        raise Http404
    read = Reader(dict(request.POST.lists()))
    keys, kind = read.ids("row"), read.one("task") or ""
    read.done()
    if request.POST.get("all"):
        more = len(failed_rows(where, kind).values_list("pk")[: AT_ONCE + 1]) > AT_ONCE
        done = act_on_all(where, act, kind, by=request.actor)
        text = words.said(act, done)
        messages.success(request, _("%(done)s; the rest follows in the background") % {"done": text} if more else text)
    elif keys:
        messages.success(request, words.said(act, act_on(where, act, map(int, keys), by=request.actor)))
    else:
        messages.error(request, _("Nothing is selected. Tick the rows first."))
    return redirect(_list(where, kind))


@login_required
@require_POST
def account(request: ActingRequest) -> HttpResponse:
    """Count the mails now instead of tomorrow."""
    ask_for_account(by=request.actor)
    messages.success(request, _("The mails are being counted"))
    return redirect("upkeep")


@login_required
@require_safe
def mail(request: ActingRequest, pk: int) -> HttpResponse:
    """A received mail: what became of it, and its source as plain text."""
    row = _mail(request, pk)
    text, is_whole = opening_of(row, SHOWN_OF_A_MAIL)
    context = {
        "mail": row,
        "state": words.MAIL_STATES.get(row.state, row.state),
        "source": text,
        "is_whole": is_whole,
        "number": Ticket(pk=row.ticket_id).number if row.ticket_id else "",
        "acts": list(ACTS.get("mails", {})) if row.state == "QUARANTINED" else [],
    }
    return render(request, "upkeep/mail.html", context)


@login_required
@require_safe
def raw_mail(request: ActingRequest, pk: int) -> HttpResponse:
    return as_file(bytes(_mail(request, pk).raw.content), f"mail-{pk}.eml")


@login_required
@require_safe
def job(request: ActingRequest, pk: int) -> HttpResponse:
    request.actor.must("upkeep.view")
    row = get_object_or_404(Job, pk=pk)
    where = "reactions" if row.task == REACT else "jobs"
    context = {
        "job": row,
        "short": words.short_name,
        "state": words.state_of(row),
        "reason": words.last_line(row.error),
        "places": words.PLACES,
        "where": where,
        "arguments": words.arguments(row),
        "report": without_secrets(row.error),
        "owed": owed([row]).get(row.pk) if where == "reactions" else None,
        "acts": list(ACTS[where]) if row.status == FAILED else [],
    }
    return render(request, "upkeep/job.html", context)


def _mail(request: ActingRequest, pk: int) -> InboundMail:
    request.actor.must("upkeep.view")
    return get_object_or_404(InboundMail, pk=pk)


def _list(where: str, kind: str) -> str:
    query = QueryDict(mutable=True)
    if kind:
        query["task"] = kind
    return f"{reverse('upkeep_rows', args=[where])}{'?' if query else ''}{query.urlencode()}"
