"""A person's own settings."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from supportflow.accounts.forms import ProfileForm, ThemeForm
from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.accounts.operations import update_user
from supportflow.pages.context import DENSITIES
from supportflow.pages.errors import bad_request

YEAR = 365 * 24 * 3600  # seconds


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: ActingRequest) -> HttpResponse:
    user = _myself(request)
    if request.method != "POST":
        form = ProfileForm(initial={"name": user.name, "time_zone": user.time_zone})
        return render(request, "accounts/profile.html", {"form": form})
    form = ProfileForm(request.POST)
    if form.is_valid():
        with form.told():
            update_user(user, by=user, **form.cleaned_data)
    if form.errors:
        return render(request, "accounts/profile.html", {"form": form}, status=422)
    messages.success(request, _("Profile saved"))
    return redirect("profile")


@login_required
@require_POST
def theme(request: ActingRequest) -> HttpResponse:
    """Keep the choice with the person and, for pages without one, in a cookie of this browser."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return bad_request(request)
    chosen = form.cleaned_data["theme"]
    user = _myself(request)
    update_user(user, by=user, theme=chosen)
    response = HttpResponseRedirect(_page_before(request))
    response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


@login_required
@require_POST
def density(request: ActingRequest) -> HttpResponse:
    """How high the rows of lists are in this browser."""
    chosen = request.POST.get("density", "")
    if chosen not in DENSITIES:
        return bad_request(request)
    response = HttpResponseRedirect(_page_before(request))
    response.set_cookie("density", chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def _myself(request: ActingRequest) -> User:
    """The row itself; `request.actor` stands for it lazily, which is not enough to lock it."""
    user: User = User.objects.get(pk=request.actor.pk)
    return user


def _page_before(request: HttpRequest) -> str:
    """The page that the form stood on, if it is one of ours."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if ours else "/"
