from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.desk.collision import replied_since
from supportflow.desk.views.tickets import find
from supportflow.live.clients import Client
from supportflow.live.hub import hub
from supportflow.live.operations import look_at, look_away
from supportflow.live.queries import colleagues_at
from supportflow.live.trail import known_before, last_number

STREAMS_OF_ONE_USER = 20
OLDEST_PAGE = 24 * 3600 * 1000  # milliseconds
LONGEST_COMMIT = timedelta(seconds=0.5)  # an activity is stamped a little before others can see it


@require_safe
def live(request: HttpRequest) -> HttpResponseBase:
    """Hints as server-sent events. 401 without a session, 429 with too many streams: browsers take both as final."""
    user, key = request.user, request.session.session_key
    if not user.is_authenticated or key is None:
        return HttpResponse(status=401)
    if hub.streams_of(user.pk) >= STREAMS_OF_ONE_USER:
        return HttpResponse(status=429)
    client = Client(user.pk, key, _after(request))
    response = StreamingHttpResponse(client.stream(hub), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx must pass each event on at once
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def here(request: ActingRequest, number: str) -> HttpResponse:
    """Who else has the ticket open. A POST says that this tab has it, or with `gone` that it has not any more.

    What it answers with is the same; nothing where it only says again what is known. 429 when it comes too fast.
    """
    row = find(request, number)
    if request.method == "POST":
        tab = request.POST.get("tab", "")
        if "gone" in request.POST:
            look_away(row, tab, by=request.actor)
            return HttpResponse(status=204)
        news = look_at(row, tab, is_writing=request.POST.get("writing") == "true", by=request.actor)
        if not news:
            return HttpResponse(status=204 if news is False else 429)
    me = request.actor.pk
    read = _number((request.POST or request.GET).get("read", ""))
    context = {"ticket": row, "others": colleagues_at(row, me), "reply": replied_since(row, read, me)}
    return render(request, "live/_here.html", context)


def _after(request: HttpRequest) -> int:
    """The last activity that the page knows of: told by the browser on a reconnect, else by the age of the page."""
    last = _number(request.headers.get("Last-Event-ID") or request.GET.get("after", ""))
    if last is not None:
        return last
    age = _number(request.GET.get("age", ""))
    if age is None:
        return last_number()
    return known_before(timezone.now() - timedelta(milliseconds=min(age, OLDEST_PAGE)) - LONGEST_COMMIT)


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
