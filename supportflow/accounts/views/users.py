"""Who works here: list, invite, role. Leaving is desk's page, which knows of the tickets."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from supportflow.accounts.forms import InvitationForm, UserForm
from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Invitation, User
from supportflow.accounts.operations import (
    invite_user,
    reactivate_user,
    resend_invitation,
    update_user,
    withdraw_invitation,
)
from supportflow.core.filtering import Reader, holds_words
from supportflow.core.paging import page
from supportflow.pages import lists

SORTS = {"name": "name", "role": "role", "created_at": "created_at"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def users(request: ActingRequest) -> HttpResponse:
    request.actor.must("user.update")
    if request.method != "POST":
        return _page(request, InvitationForm())
    form = InvitationForm(request.POST)
    if form.is_valid():
        with form.told():
            invited = invite_user(**form.cleaned_data, by=request.actor)
            messages.success(request, _("Invitation sent to %(email)s") % {"email": invited.email})
    return _page(request, form, 422) if form.errors else redirect("users")


def _page(request: ActingRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    params = lists.given(request, {"q", "is_active"})
    read, at = Reader(params), lists.place(params, "name")
    q, active = read.q(), read.flag("is_active")
    read.done()
    rows = User.objects.people().filter(**({} if active is None else {"is_active": active}))
    rows = rows.filter(holds_words(q, "name", "email")) if q else rows
    waiting = Invitation.objects.open().order_by("-sent_at")
    context: dict[str, Any] = {
        "page": page(
            rows.prefetch_related("teams"), sort=at.sort, allowed=SORTS, limit=lists.PER_PAGE, cursor=at.cursor
        ),
        "invitations": list(waiting[: lists.PER_PAGE]),
        "form": form,
        "q": q,
        "active": params.get("is_active", []),
        "sort": at.sort,
        "chips": lists.chips(
            request, {name: params[name] for name in ("is_active",) if name in params}, {"is_active": _("Active")}, {}
        ),
    }
    return render(request, "accounts/users.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: ActingRequest, pk: int) -> HttpResponse:
    request.actor.must("user.update")
    row = get_object_or_404(User.objects.people(), pk=pk)
    if request.method != "POST":
        return render(request, "accounts/user.html", {"person": row, "form": UserForm.of(row)})
    form = UserForm(request.POST)
    if form.is_valid():
        values = dict(form.cleaned_data)
        with form.told():
            update_user(row, version=values.pop("seen"), by=request.actor, **values)
    if form.errors:
        return render(request, "accounts/user.html", {"person": row, "form": form}, status=422)
    messages.success(request, _("%(name)s saved") % {"name": form.cleaned_data["name"]})
    return redirect("users")


@login_required
@require_POST
def back(request: ActingRequest, pk: int) -> HttpResponse:
    """At work again, with the password of before."""
    request.actor.must("user.update")
    row = get_object_or_404(User.objects.people(), pk=pk)
    reactivate_user(row, by=request.actor)
    messages.success(request, _("%(name)s may sign in again") % {"name": row.name})
    return redirect("user", pk)


@login_required
@require_POST
def invitation(request: ActingRequest, pk: int) -> HttpResponse:
    """Send it again, or with `withdraw` make its link worthless."""
    request.actor.must("user.create")
    row = get_object_or_404(Invitation, pk=pk)
    if "withdraw" in request.POST:
        withdraw_invitation(row, by=request.actor)
        messages.success(request, _("Invitation of %(email)s withdrawn") % {"email": row.email})
    else:
        resend_invitation(row, by=request.actor)
        messages.success(request, _("Invitation sent to %(email)s") % {"email": row.email})
    return redirect("users")
