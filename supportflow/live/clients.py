"""One open stream: what waits to be sent to one browser tab."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

WAITING_AT_MOST = 200  # parts; a client that is slower than that connects again and resumes
PING = b": ping\n\n"


class Client:
    def __init__(self, user_id: int, session_key: str, after: int) -> None:
        """after -- the last activity that the page knows of"""
        self.user_id, self.session_key, self.after = user_id, session_key, after
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING_AT_MOST + 1)
        self.loop: asyncio.AbstractEventLoop | None = None

    def put(self, part: bytes | None) -> None:
        """In the loop's thread. None ends the stream, after what was put before."""
        if self._parts.qsize() >= WAITING_AT_MOST:
            while not self._parts.empty():
                self._parts.get_nowait()
            part = None
        self._parts.put_nowait(part)

    async def stream(self, hub: "Joinable") -> AsyncIterator[bytes]:
        """The body of the answer, until the client is slow, signed out or gone."""
        self.loop = asyncio.get_running_loop()
        hub.join(self)
        try:
            # After a restart of the server not all come back in the same moment.
            yield f"retry: {random.randint(1000, 3000)}\n\n".encode()  # noqa: S311  no secret
            while (part := await self._parts.get()) is not None:
                yield part
        finally:
            hub.leave(self)


def tell_all(clients: Iterable[Client], part: bytes | None) -> None:
    """From the hub's thread: the same part for all of them, or None to end their streams."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Client]] = defaultdict(list)
    for client in clients:
        assert client.loop is not None
        by_loop[client.loop].append(client)
    for loop, there in by_loop.items():
        # Waking the loop is a system call: once for all.
        if not loop.is_closed():
            loop.call_soon_threadsafe(_put_all, there, part)


def _put_all(clients: list[Client], part: bytes | None) -> None:
    for client in clients:
        client.put(part)


class Joinable(Protocol):
    def join(self, client: Client) -> None: ...
    def leave(self, client: Client) -> None: ...
