"""One open stream: what waits to be sent to one browser tab."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

WAITING_AT_MOST = 200  # events; a client that is slower than that connects again and resumes
PING_EVERY = 15.0  # seconds; proxies close what is silent for longer


class Client:
    def __init__(self, user_id: int, session_key: str, after: int) -> None:
        """after -- the last activity that the page knows of"""
        self.user_id, self.session_key, self.after = user_id, session_key, after
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_AT_MOST + 1)
        self._loop: asyncio.AbstractEventLoop | None = None

    def tell(self, events: Iterable[bytes]) -> None:
        """From the hub's thread."""
        self._put_soon(list(events))

    def end(self) -> None:
        """From the hub's thread: close the stream after what was told already."""
        self._put_soon([None])

    def _put_soon(self, events: list[bytes | None]) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, events)

    def _put(self, events: list[bytes | None]) -> None:
        if self._events.qsize() + len(events) > WAITING_AT_MOST:
            while not self._events.empty():
                self._events.get_nowait()
            events = [None]
        for event in events:
            self._events.put_nowait(event)

    async def stream(self, hub: "Joinable") -> AsyncIterator[bytes]:
        """The body of the answer, until the client is slow, signed out or gone."""
        self._loop = asyncio.get_running_loop()
        hub.join(self)
        try:
            # After a restart of the server not all come back in the same moment.
            yield f"retry: {random.randint(1000, 3000)}\n\n".encode()  # noqa: S311  no secret
            while (event := await self._next()) is not None:
                yield event
        finally:
            hub.leave(self)

    async def _next(self) -> bytes | None:
        try:
            async with asyncio.timeout(PING_EVERY):
                return await self._events.get()
        except TimeoutError:
            return b": ping\n\n"


class Joinable(Protocol):
    def join(self, client: Client) -> None: ...
    def leave(self, client: Client) -> None: ...
