"""Behind the link of an invitation: a name, a password, and in."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from supportflow.accounts.forms import JoiningForm
from supportflow.accounts.models import Invitation
from supportflow.accounts.operations import accept_invitation
from supportflow.accounts.operations.invitations import BY_LINK, invitation_of
from supportflow.core.errors import NotFound, Refused

BACKEND = "supportflow.accounts.backend.Backend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    try:
        return _page(request, invitation_of(key))
    except (NotFound, Refused):
        return render(request, "account/invitation.html", {"invitation": None}, status=404)


def _page(request: HttpRequest, row: Invitation) -> HttpResponse:
    form = JoiningForm(request.POST) if request.method == "POST" else JoiningForm(initial={"name": row.name})
    if form.is_valid():
        with form.told():
            user = accept_invitation(row, form.cleaned_data["name"], form.cleaned_data["password"], by=BY_LINK)
            login(request, user, backend=BACKEND)
    if form.is_bound and not form.errors:
        return redirect("profile")
    status = 422 if form.errors else 200
    return render(request, "account/invitation.html", {"invitation": row, "form": form}, status=status)
