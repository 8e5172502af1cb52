"""What I was told, and how I want to be told."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.core.filtering import Reader, is_id
from supportflow.core.paging import page
from supportflow.notifications.models import Kind, Mail, Notification
from supportflow.notifications.operations import mark_all_read, mark_notification, set_wishes
from supportflow.notifications.queries import shown_to, unread_of, wishes_of, with_ticket
from supportflow.notifications.words import sentence
from supportflow.pages import lists

KIND_WORDS = {
    Kind.ASSIGNED: gettext_lazy("A ticket is assigned to me"),
    Kind.MENTIONED: gettext_lazy("Somebody mentions me"),
    Kind.ANSWERED: gettext_lazy("A new message on a ticket that I follow or that is mine"),
    Kind.DUE: gettext_lazy("Such a ticket is due within a day"),
}
MAIL_WORDS = {
    Mail.OFF: gettext_lazy("No mail"),
    Mail.NOW: gettext_lazy("At once"),
    Mail.DAILY: gettext_lazy("Once a day, at eight"),
}
ICONS = {Kind.ASSIGNED: "user-plus", Kind.MENTIONED: "message-square", Kind.ANSWERED: "reply", Kind.DUE: "alarm-clock"}


@login_required
@require_safe
def notifications(request: ActingRequest) -> HttpResponse:
    params = lists.given(request, {"unread"})
    read, at = Reader(params), lists.place(params, "-id")
    unread = read.flag("unread") or False
    read.done()
    rows = unread_of(request.actor) if unread else shown_to(request.actor)
    found = page(with_ticket(rows), sort=at.sort, allowed={"id": "id"}, limit=lists.PER_PAGE, cursor=at.cursor)
    context = {
        "page": found,
        "rows": [(row, sentence(row), _is_unread(row), ICONS[Kind(row.kind)]) for row in found.items],
        "unread": unread,
        "newest": max((row.pk for row in found.items), default=0),
    }
    return render(request, "notifications/notifications.html", context)


def _is_unread(row: Any) -> bool:
    return row.read_at is None and not row.is_seen


@login_required
@require_POST
def notification(request: ActingRequest, pk: int) -> HttpResponse:
    """Read, or with `unread` not read yet; `open` leads on to the ticket."""
    row: Notification = get_object_or_404(with_ticket(shown_to(request.actor)), pk=pk)
    mark_notification(row, "unread" not in request.POST, by=_myself(request))
    return redirect(row.ticket if "open" in request.POST else "notifications")


@login_required
@require_POST
def reading(request: ActingRequest) -> HttpResponse:
    """All are read, but for those that came after the page."""
    newest = request.POST.get("up_to", "")
    mark_all_read(up_to=int(newest) if is_id(newest) else None, by=_myself(request))
    return redirect("notifications")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: ActingRequest) -> HttpResponse:
    if request.method == "POST":
        sent = request.POST
        wanted = {
            kind.value: {"in_app": f"{kind}.in_app" in sent, "mail": sent.get(f"{kind}.mail", "")} for kind in Kind
        }
        user = _myself(request)
        set_wishes(user, wanted, by=user)
        messages.success(request, _("Saved"))
        return redirect("notification_settings")
    rows = [(kind, KIND_WORDS[kind], wish) for kind, wish in wishes_of(request.actor).items()]
    return render(request, "notifications/wishes.html", {"rows": rows, "mails": list(MAIL_WORDS.items())})


def _myself(request: ActingRequest) -> User:
    user: User = User.objects.get(pk=request.actor.pk)
    return user
