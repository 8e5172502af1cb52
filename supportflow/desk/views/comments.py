"""One comment: where it stands by now, what can be done with it, splitting it off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.desk.comment_menu import offers_for
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import split_comment
from supportflow.desk.queries import readable_comments
from supportflow.desk.timeline import SHOWN
from supportflow.pages.jinja import href


def comment_of(request: ActingRequest, pk: int) -> Comment:
    rows = readable_comments(request.actor).select_related("ticket", "author_user", "author_contact")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def comment(request: ActingRequest, pk: int) -> HttpResponse:
    """The permalink: to the ticket that it is in now, on the page of the conversation that shows it."""
    row = comment_of(request, pk)
    newer = list(row.ticket.comments.filter(pk__gt=pk).order_by("pk").values_list("pk", flat=True)[:SHOWN])
    # Where a whole page is newer it stands in the middle of an older one.
    before = newer[SHOWN // 2] if len(newer) == SHOWN else None
    return redirect(f"{href(row.ticket.get_absolute_url(), before=before)}#comment-{pk}")


@login_required
@require_safe
def menu(request: ActingRequest, pk: int) -> HttpResponse:
    row = comment_of(request, pk)
    ticket: Ticket = row.ticket
    context = {
        "comment": row,
        "ticket": ticket,
        "offers": offers_for(row),
        "can_split": not (row.is_opening or ticket.is_fixed),
    }
    part = "HX-Request" in request.headers
    return render(request, "desk/_comment_menu.html" if part else "desk/comment_menu.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: ActingRequest, pk: int) -> HttpResponse:
    """Its subject is asked for; POST makes the ticket."""
    row = comment_of(request, pk)
    if request.method != "POST":
        return render(request, "desk/split.html", {"comment": row, "ticket": row.ticket})
    new = split_comment(row, request.POST.get("subject", "").strip() or None, by=request.actor)
    messages.success(request, _("%(number)s made of the message") % {"number": new.number})
    return redirect(new)
