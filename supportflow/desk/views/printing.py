"""A ticket on paper: all that was said, with everything expanded and nothing to press."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.core import clock
from supportflow.desk.models import Comment, Visibility
from supportflow.desk.queries import files_of, further_contacts_of, readable_comments, tags_of
from supportflow.desk.relations import beside
from supportflow.desk.views.tickets import find

MOST = 1000  # messages on paper, the newest


@login_required
@require_safe
def printed(request: ActingRequest, number: str) -> HttpResponse:
    """Internal notes only with `notes`: paper is handed on."""
    row = find(request, number, whole=True)
    notes = request.GET.get("notes") == "true"
    rows = readable_comments(request.actor).filter(ticket=row).select_related("author_user", "author_contact")
    if not notes:
        rows = rows.exclude(visibility=Visibility.INTERNAL)
    newest = list(rows.order_by("-pk")[: MOST + 1])
    comments: list[Comment] = sorted(newest, key=lambda one: (one.created_at, one.pk))
    context = {
        "ticket": row,
        "comments": comments[-MOST:],
        "more": len(comments) > MOST,
        "files": files_of(comments[-MOST:]),
        "tags": tags_of([row.pk]).get(row.pk, []),
        "further": further_contacts_of([row.pk]).get(row.pk, []),
        "beside": beside(row, request.actor) if notes else None,
        "notes": notes,
        "now": clock.now(),
    }
    return render(request, "desk/print.html", context)
