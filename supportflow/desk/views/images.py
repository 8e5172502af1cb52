"""Pictures that a mail left on other servers, for who asked: fetched by us, so that nobody learns who reads."""

from threading import BoundedSemaphore

import structlog
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.outward import NotFetched, fetch
from supportflow.desk.views.comments import comment_of
from supportflow.desk.views.files import PICTURES, POLICY
from supportflow.pages.pictures import sleeping

LARGEST = 5 * 1024 * 1024
SECONDS = 8.0
REMEMBERED = 100  # messages of one session
WAITS = 10.0  # seconds for one of the few that fetch
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
# A slow server elsewhere must not hold all of our threads.
_few = BoundedSemaphore(4)
log = structlog.get_logger("supportflow.images")


@login_required
@require_POST
def images(request: ActingRequest, pk: int) -> HttpResponse:
    """From now on this message shows them, in this session."""
    comment = comment_of(request, pk)
    known = [one for one in shown_in(request) if one != pk]
    request.session["images"] = [*known, pk][-REMEMBERED:]
    return redirect(f"{comment.ticket.get_absolute_url()}#comment-{pk}")


def shown_in(request: HttpRequest) -> list[int]:
    """The messages whose pictures somebody asked for in this session."""
    known: list[int] = request.session.get("images", [])
    return known


@login_required
@require_safe
def image(request: ActingRequest, pk: int, part: str, place: int) -> HttpResponse:
    """One of them, by its place in the message (`new`) or in the whole mail (`whole`): nothing else is fetched."""
    comment = comment_of(request, pk)
    addresses = sleeping(comment.full_html if part == "whole" else comment.body_html)
    if pk not in shown_in(request) or part not in {"new", "whole"} or place >= len(addresses) or not addresses[place]:
        raise Http404
    content, kind = _fetched(addresses[place])
    response = HttpResponse(content, content_type=kind)
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _fetched(address: str) -> tuple[bytes, str]:
    if not _few.acquire(timeout=WAITS):
        raise Http404
    try:
        found = fetch(address, most=LARGEST, seconds=SECONDS, accept=", ".join(sorted(PICTURES)))
    except NotFetched as error:
        log.info("image.not_fetched", reason=str(error))
        raise Http404 from error
    finally:
        _few.release()
    if found.content_type not in PICTURES or not is_picture(found.content):
        log.info("image.not_fetched", reason="no picture")
        raise Http404
    return found.content, found.content_type


def is_picture(content: bytes) -> bool:
    """By its first bytes, whatever its server says."""
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return is_webp or content.startswith(_BEGINNINGS)
