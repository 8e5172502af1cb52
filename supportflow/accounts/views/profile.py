"""A person's own settings."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.forms import KEEP, ProfileForm, ThemeForm
from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Picture, User
from supportflow.accounts.operations import set_picture, update_user
from supportflow.pages.context import DENSITIES
from supportflow.pages.errors import bad_request

YEAR = 365 * 24 * 3600  # seconds


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: ActingRequest) -> HttpResponse:
    user = _myself(request)
    if request.method != "POST":
        return render(request, "accounts/profile.html", {"form": ProfileForm.of(user), "user": user})
    form = ProfileForm(request.POST, request.FILES)
    if form.is_valid():
        with form.told():
            user = _saved(user, form)
    if form.errors:
        return render(request, "accounts/profile.html", {"form": form, "user": user}, status=422)
    with translation.override(user.language or translation.get_language_from_request(request)):
        messages.success(request, _("Profile saved"))
    response = redirect("profile")
    for name in ("theme", "density"):  # what this browser was told before counts no more
        _keep(response, request, name, getattr(user, name))
    return response


@transaction.atomic
def _saved(user: User, form: ProfileForm) -> User:
    user = update_user(user, by=user, **form.values())
    picture = form.picture()
    return user if picture is KEEP else set_picture(user, picture, by=user)


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
    _keep(response, request, "theme", chosen)
    return response


@login_required
@require_safe
def keyboard(request: ActingRequest) -> HttpResponse:
    """What each key does: a page, or for its dialog what stands in it."""
    return render(request, "_keyboard_help.html" if "HX-Request" in request.headers else "keyboard.html")


@login_required
@require_POST
def density(request: ActingRequest) -> HttpResponse:
    """How high the rows of lists are in this browser."""
    chosen = request.POST.get("density", "")
    if chosen not in DENSITIES:
        return bad_request(request)
    response = HttpResponseRedirect(_page_before(request))
    _keep(response, request, "density", chosen)
    return response


@login_required
@require_safe
def picture(request: ActingRequest, pk: int, name: str) -> HttpResponse:
    """How a user looks. The address changes with the picture, so that browsers keep it for good."""
    row = get_object_or_404(Picture, user=pk, user__picture=name)
    response = HttpResponse(bytes(row.content), content_type=row.content_type)
    response["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response


def _keep(response: HttpResponse, request: HttpRequest, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)


def _myself(request: ActingRequest) -> User:
    """The row itself; `request.actor` stands for it lazily, which is not enough to lock it."""
    user: User = User.objects.get(pk=request.actor.pk)
    return user


def _page_before(request: HttpRequest) -> str:
    """The page that the form stood on, if it is one of ours."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if ours else "/"
