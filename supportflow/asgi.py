"""The ASGI application: Django's WSGI handler behind the bridge, and the server's lifespan."""

import os
from collections.abc import Callable

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from supportflow.bodies import Receive
from supportflow.bridge import REFUSED, Bridge, Scope, Send

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportflow.settings")
django.setup(set_prefix=False)


class Handler(WSGIHandler):
    """Django, which also words the answer to a body that the server did not take."""

    def _get_response(self, request: HttpRequest) -> HttpResponseBase:
        # Instead of the view, so that the middleware adds its log line and security headers as everywhere.
        if status := request.META.get(REFUSED):
            return refused(request, status)
        response: HttpResponseBase = super()._get_response(request)  # type: ignore[misc]  # the stubs leave it out
        return response


def refused(request: HttpRequest, status: int) -> HttpResponseBase:
    from supportflow.core.api.problems import Problem, problem_answer
    from supportflow.pages.errors import error_page

    words = {
        408: _("The rest of what you sent never came. Check your connection and send it again."),
        413: _("That is too large. A file may have up to 25 MB. Send a smaller one, or a link to it."),
        503: _("Too many uploads at once. Try again in a moment."),
        507: _("The server's disk is full, so nothing was kept. Tell an admin."),
    }[status]
    if request.path.startswith("/api/"):
        code = {408: "timeout", 413: "too_large", 503: "busy", 507: "disk_full"}[status]
        return problem_answer(request, Problem(status, code, words))
    return error_page(request, status, words)


class Application:
    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self.started: Callable[[], None] = lambda: None  # called when requests are about to be served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self.bridge(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            event = (await receive())["type"]
            if event == "lifespan.startup":
                self.started()
            await send({"type": f"{event}.complete"})
            if event == "lifespan.shutdown":
                return


application = Application(Bridge(Handler(), limit=settings.MAX_REQUEST_BYTES))
