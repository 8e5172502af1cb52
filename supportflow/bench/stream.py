"""A browser's stream of hints, read on a thread of its own."""

import http.client
import json
import threading
import time
from contextlib import suppress

from supportflow.bench.browser import PATIENCE, Caller, Failed


class Stream:
    """`heard` tells of each ticket when its hints came. A silent minute, or an end of the stream, ends it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._news = {"list", "counts"}
        self._connection = http.client.HTTPConnection("127.0.0.1", caller.port, timeout=PATIENCE)
        self.heard: dict[int, list[float]] = {}

    def listen(self) -> None:
        self._connection.request("GET", "/live", headers=self._caller.headers | {"Accept-Encoding": "identity"})
        answer = self._connection.getresponse()
        if answer.status != 200:
            raise Failed(f"GET /live answered {answer.status}")
        threading.Thread(target=self._read, args=(answer,), daemon=True).start()

    def heard_after(self, ticket: int, moment: float) -> float | None:
        return next((heard for heard in self.heard.get(ticket, []) if heard >= moment), None)

    def has_news(self, reader: str) -> bool:
        """Whether something came since this reader asked last."""
        with suppress(KeyError):
            self._news.remove(reader)
            return True
        return False

    def _read(self, answer: http.client.HTTPResponse) -> None:
        with suppress(OSError, http.client.HTTPException, ValueError):
            while line := answer.readline():
                if line.startswith(b"data: {"):
                    self._hear(json.loads(line[6:]))

    def _hear(self, hint: dict[str, int]) -> None:
        self._news |= {"list", "counts"}
        if ticket := hint.get("ticket"):
            self.heard.setdefault(ticket, []).append(time.monotonic())
