"""Django's WSGI handler behind an ASGI server: pages and API run in a few threads, at WSGI's speed.

A view that returns a StreamingHttpResponse over an async iterator leaves its thread at once; the event loop streams it.
"""

import asyncio
import http
import io
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import structlog

from supportflow import traffic
from supportflow.bodies import BodyReader, BodyRefused, ClientGone, Receive

Environ = dict[str, Any]
Scope = MutableMapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
WSGIApplication = Callable[..., Any]

log = structlog.get_logger("supportflow.server")

FILE_PART = 256 * 1024  # bytes read from a file at once
GATHERED = 32 * 1024  # bytes of small parts of a stream that are sent together
HELD_BACK = 0.2  # seconds that a part may wait for the next
SEND_PATIENCE = 60.0  # seconds that a client may take for one part of an answer
BUSY_FOR = 5.0  # seconds after a request
WAITING_AT_MOST = 200  # requests that wait for a thread; more are told to come back
STREAM_THREADS = 4
REFUSED = "supportflow.refused"  # in the environ: the HTTP status with which the body was refused


class FileWrapper:
    """WSGI's `wsgi.file_wrapper`: tells the bridge that an answer is a file, to be read in large parts."""

    def __init__(self, file: Any, block_size: int = FILE_PART) -> None:
        self._file = file
        self.read: Callable[[int], bytes] = file.read

    def __iter__(self) -> Any:
        return iter(partial(self.read, FILE_PART), b"")

    def close(self) -> None:
        if hasattr(self._file, "close"):
            self._file.close()


@dataclass
class Answer:
    """What the handler gave. `rest` is what still has to be streamed after `body`, and closed."""

    status: int
    headers: Headers
    body: bytes = b""
    rest: Any = None


class Bridge:
    """An ASGI application for HTTP alone.

    handler  -- a WSGI application; REFUSED in its environ asks for the answer to a body that was not taken in
    limit    -- bytes of a request's body
    threads  -- two keep a core busy: more only fight for the interpreter
    patience -- seconds to wait for the next byte of a body
    """

    def __init__(self, handler: WSGIApplication, limit: int, threads: int = 2, patience: float = 30.0) -> None:
        self._handler = handler
        self._bodies = BodyReader(limit, patience)
        self._threads = ThreadPoolExecutor(threads, "request")
        self._stream_threads = ThreadPoolExecutor(STREAM_THREADS, "stream")
        self._waiting = 0
        self._streams: set[asyncio.Future[None]] = set()
        self._draining = False
        self._answered = float("-inf")
        self.running = 0  # requests

    def drain(self) -> None:
        """The server is about to stop: end what would go on for ever, and let each client connect anew."""
        self._draining = True
        for stream in list(self._streams):
            stream.cancel()

    @property
    def is_busy(self) -> bool:
        """Whether clients were here lately, so that their connections are likely to carry another request soon."""
        return self.running > 0 or time.monotonic() - self._answered < BUSY_FOR

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.running += 1
        try:
            await self._serve(environ_of(scope), receive, send)
        finally:
            self.running -= 1
            self._answered = time.monotonic()

    async def _serve(self, environ: Environ, receive: Receive, send: Send) -> None:
        try:
            environ["wsgi.input"] = body = await self._bodies.read(environ, receive)
            # The body is here, whatever was said about its length; chunked ones said nothing.
            environ["CONTENT_LENGTH"] = str(size(body))
        except ClientGone:
            return
        except BodyRefused as refused:
            environ |= {REFUSED: refused.status, "wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
        if self._waiting >= WAITING_AT_MOST:
            traffic.turned_away()
            await deliver(send, plain(503))
            return
        answer = await self._in_thread(environ)
        if REFUSED in environ or self._draining:
            answer.headers.append((b"connection", b"close"))
        if answer.rest is None:
            await deliver(send, answer)
        else:
            await self._stream(answer, receive, send)

    async def _in_thread(self, environ: Environ) -> Answer:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, environ)
        finally:
            self._waiting -= 1

    def _answer(self, environ: Environ) -> Answer:
        try:
            return respond(self._handler, environ)
        except Exception:
            # Django answers its own errors; this is one before or behind it.
            log.exception("request.broken", method=environ["REQUEST_METHOD"])
            return plain(500)
        finally:
            environ["wsgi.input"].close()

    async def _stream(self, answer: Answer, receive: Receive, send: Send) -> None:
        """Stream until the end, or until the client is gone. An error on the way cuts the connection."""
        loop = asyncio.get_running_loop()
        response = answer.rest
        sender = Sender(send, asyncio.ensure_future(until_gone(receive)))
        try:
            await send(start_of(answer))
            if isinstance(response, FileWrapper):
                await self._stream_file(answer.body, response, sender)
            elif response.is_async:
                await self._stream_async(response, sender)
            else:
                # One thread from the first row to the last: a database connection belongs to its thread.
                await loop.run_in_executor(self._stream_threads, pump, response, sender, loop)
                response = None
            await send({"type": "http.response.body", "body": b""})
        except (ClientGone, TimeoutError):
            log.info("stream.abandoned")
        finally:
            sender.gone.cancel()
            if response is not None:
                await loop.run_in_executor(self._threads, response.close)

    async def _stream_file(self, part: bytes, file: FileWrapper, sender: "Sender") -> None:
        loop = asyncio.get_running_loop()
        while part:
            await sender.send(part)
            part = await loop.run_in_executor(self._threads, file.read, FILE_PART)

    async def _stream_async(self, response: Any, sender: "Sender") -> None:
        stream = asyncio.ensure_future(pump_async(response, sender))
        self._streams.add(stream)
        if self._draining:  # the browser comes again in some seconds, as it was told by an earlier stream or by itself
            stream.cancel()
        try:
            await asyncio.wait({stream, sender.gone}, return_when=asyncio.FIRST_COMPLETED)
            stream.cancel()  # the client is gone; nothing happens to one that ended by itself
            await asyncio.wait({stream})
        finally:
            self._streams.discard(stream)
        if not stream.cancelled() and (error := stream.exception()):
            raise error


class Sender:
    """Sends parts of an answer to a client that may be slow or gone. The server does not tell on sending."""

    def __init__(self, send: Send, gone: "asyncio.Future[None]") -> None:
        self._send, self.gone = send, gone

    async def send(self, part: bytes) -> None:
        """Raises ClientGone, or TimeoutError when the client takes nothing any more."""
        if self.gone.done():
            raise ClientGone
        async with asyncio.timeout(SEND_PATIENCE):
            await self._send({"type": "http.response.body", "body": part, "more_body": True})


async def until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def pump_async(response: Any, sender: Sender) -> None:
    async for part in response:
        await sender.send(part)


def pump(response: Any, sender: Sender, loop: asyncio.AbstractEventLoop) -> None:
    """In a thread: the parts of a plain iterator, small ones put together, each after the one before was taken."""
    try:
        for part in gathered(response):
            asyncio.run_coroutine_threadsafe(sender.send(part), loop).result()
    finally:
        response.close()


def gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """A row at a time would cost a change of thread each. What takes its time to come is not held back for long."""
    waiting, since = bytearray(), 0.0
    for part in parts:
        waiting += part
        if len(waiting) >= GATHERED or time.monotonic() - since > HELD_BACK:
            yield bytes(waiting)
            waiting.clear()
            since = time.monotonic()
    yield bytes(waiting)


def respond(handler: WSGIApplication, environ: Environ) -> Answer:
    """Call the WSGI handler. What is short or complete is read to its end here, in the same thread."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        pairs = [(name.lower().encode("latin-1"), value.strip().encode("latin-1")) for name, value in headers]
        started[:] = int(status[:3]), pairs

    response = handler(environ, start_response)
    rest = None
    try:
        answer = Answer(*started)
        if environ["REQUEST_METHOD"] == "HEAD" or answer.status in {204, 304}:
            return answer
        if isinstance(response, FileWrapper):
            answer.body = response.read(FILE_PART)
            rest = response if len(answer.body) == FILE_PART else None
        elif getattr(response, "streaming", False):
            rest = response
        else:
            answer.body = b"".join(response)
        answer.rest = rest
        return answer
    finally:
        if rest is None and hasattr(response, "close"):
            response.close()


def environ_of(scope: Scope) -> Environ:
    """WSGI's environ (PEP 3333) of an ASGI scope, but for the body."""
    server, client = scope.get("server") or ("localhost", None), scope.get("client") or ("", None)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", "").encode().decode("latin-1"),
        "PATH_INFO": path_of(scope),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    add_headers(environ, scope["headers"])
    return environ


def path_of(scope: Scope) -> str:
    """PATH_INFO is the path's bytes, read as Latin-1. The raw path keeps bytes that are no UTF-8 as they are."""
    raw = scope.get("raw_path")
    path = unquote_to_bytes(raw.partition(b"?")[0]) if raw else scope["path"].encode()
    return path.decode("latin-1")


def add_headers(environ: Environ, headers: Iterable[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        if b"_" in name:
            continue  # X_Forwarded_For would become X-Forwarded-For: only a forger sends it
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        if key in environ:
            text = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + text
        environ[key] = text


async def deliver(send: Send, answer: Answer) -> None:
    await send(start_of(answer))
    await send({"type": "http.response.body", "body": answer.body})


def start_of(answer: Answer) -> dict[str, Any]:
    return {"type": "http.response.start", "status": answer.status, "headers": answer.headers}


def plain(status: int) -> Answer:
    """An answer of the server itself, where Django cannot speak."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"5")]
    return Answer(status, headers[: 2 if status == 503 else 1], f"{http.HTTPStatus(status).phrase}\n".encode())


def size(body: IO[bytes]) -> int:
    length = body.seek(0, 2)
    body.seek(0)
    return length
