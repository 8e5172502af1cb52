"""Errors that happen before a route of the API is found, or around it: problem+json under /api/, a page elsewhere."""

import functools
from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from supportflow.core.api.problems import Problem, malformed, problem_answer

Page = Callable[..., HttpResponse]


def told_to_programs(page: Page) -> Page:
    """Django's handler400 or handler500 that knows the API."""

    @functools.wraps(page)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return page(request, *args, **kwargs)
        error = next((found for found in (*args, *kwargs.values()) if isinstance(found, Exception)), None)
        if isinstance(error, DisallowedHost):
            return problem_answer(request, malformed(_("This server does not go by the name in the Host header.")))
        # Django logged the cause of a 500 already and does not pass it on.
        ours = Problem(500, "failed", _("Something broke on our side. It has been noted; try again in a moment."))
        return problem_answer(request, error or ours)

    return answer
