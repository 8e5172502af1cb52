"""Views that show what reaches Django through the bridge, and what does not reach the client."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from supportflow.pages.errors import bad_request, not_found, permission_denied, server_error

handler400, handler403, handler404, handler500 = bad_request, permission_denied, not_found, server_error
events: list[str] = []


@csrf_exempt
def hello(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("hello")
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return response


def meta(request: HttpRequest, rest: str) -> HttpResponse:
    told = {name: value for name, value in request.META.items() if isinstance(value, str)}
    return JsonResponse({"path": request.path, "query": dict(request.GET.lists()), "cookies": request.COOKIES, **told})


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    files = {name: hashlib.sha1(file.read()).hexdigest() for name, (file,) in request.FILES.lists()}
    return JsonResponse({"files": files, "body": hashlib.sha1(b"" if files else request.body).hexdigest()})


def download(request: HttpRequest) -> HttpResponseBase:
    return FileResponse((Path(settings.DATA) / "download").open("rb"), as_attachment=True, filename="é.bin")


def unchanged(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=304, headers={"ETag": '"v1"'})


def stream(request: HttpRequest, end: str) -> HttpResponseBase:
    def rows() -> Iterator[bytes]:
        try:
            for number in range(200_000):
                yield b"%07d\n" % number
                if end == "broken" and number == 10_000:
                    raise ValueError("in the middle")
        finally:
            events.append(f"closed {end} {threading.current_thread().name.split('_')[0]}")

    return StreamingHttpResponse(rows(), content_type="text/csv")


def live(request: HttpRequest) -> HttpResponseBase:
    async def hints() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b": ping\n\n"
                await asyncio.sleep(0.05)
        finally:
            events.append("closed live")

    return StreamingHttpResponse(hints(), content_type="text/event-stream")


def happened(request: HttpRequest) -> HttpResponse:
    return JsonResponse(events, safe=False)


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError("a view broke")


urlpatterns = [
    path("hello", hello),
    re_path(r"^meta/(?P<rest>.*)$", meta),
    path("upload", upload),
    path("api/upload", upload),
    path("download", download),
    path("unchanged", unchanged),
    path("stream/<end>", stream),
    path("forever", live),
    path("happened", happened),
    path("broken", broken),
]
