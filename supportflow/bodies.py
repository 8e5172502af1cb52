"""Takes a request's body in before any thread works on it, so that a slow client holds nobody up."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import IO, Any

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

IN_MEMORY = 1024 * 1024  # bytes; more goes to a temporary file
SMALL = 16 * 1024  # bytes: as many connections as there may be hold 64 MB
DISCARDED_AT_MOST = (
    256 * 1024 * 1024
)  # bytes of a body that is too large: a browser shows no answer before it has sent all
PATIENCE = 30.0  # seconds without a byte
SLOWEST = 1024.0  # bytes a second, over the whole body
AT_ONCE = 64  # bodies in parts that are taken in at the same time: at most 64 MB of memory


class ClientGone(Exception):
    """Nobody is left to answer to."""


class BodyRefused(Exception):
    """The body is not taken; `status` is the HTTP status that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BodyReader:
    def __init__(self, limit: int, patience: float = PATIENCE) -> None:
        """limit -- bytes of a body, more is refused with 413; patience -- seconds to wait for the next byte (408)."""
        self._limit, self._patience = limit, patience
        self._places = asyncio.Semaphore(AT_ONCE)

    async def read(self, headers: Mapping[str, str], receive: Receive) -> IO[bytes]:
        """The whole body as a file at its beginning. Raises BodyRefused and ClientGone."""
        declared = headers.get("CONTENT_LENGTH", "")
        if not declared and "HTTP_TRANSFER_ENCODING" not in headers:
            return io.BytesIO()
        parts = _Parts(receive, self._patience)
        if declared.isascii() and declared.isdigit() and int(declared) > self._limit:
            await self._refuse(parts, waiting="100-continue" in headers.get("HTTP_EXPECT", "").lower())
        start = await parts.next()
        # A form needs no place: slow clients have them all, and would keep everybody else waiting.
        while not parts.ended and len(start) <= SMALL:
            start += await parts.next()
        if parts.ended and len(start) <= min(IN_MEMORY, self._limit):
            return io.BytesIO(start)
        async with self._place():
            return await self._collect(start, parts)

    async def _collect(self, part: bytes, parts: "_Parts") -> IO[bytes]:
        body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the caller closes it
        try:
            while True:
                body.write(part)
                if parts.received > self._limit:
                    await self._refuse(parts, waiting=False)
                if parts.ended:
                    body.seek(0)
                    return body
                part = await parts.next()
        except BaseException as error:
            body.close()
            if isinstance(error, OSError):  # the disk is full
                raise BodyRefused(507) from error
            raise

    async def _refuse(self, parts: "_Parts", *, waiting: bool) -> None:
        """Raises 413, after the rest was taken in and forgotten, unless the client waits for our word to send it."""
        while not (waiting or parts.ended or parts.received > DISCARDED_AT_MOST):
            await parts.next()
        raise BodyRefused(413)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise BodyRefused(503) from None
        try:
            yield
        finally:
            self._places.release()


class _Parts:
    """The parts of one body, as they come."""

    def __init__(self, receive: Receive, patience: float) -> None:
        self._receive, self._patience = receive, patience
        self._began = asyncio.get_running_loop().time()
        self.received = 0
        self.ended = False

    async def next(self) -> bytes:
        overdue = self._began + self._patience + self.received / SLOWEST - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(self._patience, max(0.0, overdue))):
                message = await self._receive()
        except TimeoutError:
            raise BodyRefused(408) from None
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        self.received += len(part)
        self.ended = not message.get("more_body", False)
        return part
