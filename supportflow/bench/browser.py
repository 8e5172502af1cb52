"""Who asks: a browser with its cookies, a program with its token. One connection each, kept open."""

import gzip
import http.client
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

PATIENCE = 60.0  # seconds
IDLE = 3.0  # seconds after which a server may close a connection
_HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|once|seen)" value="([^"]*)"')


class Failed(Exception):
    """An answer that is no success: figures of it would mean nothing."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    took: float  # seconds, from the first byte sent to the last one received

    @property
    def size(self) -> int:
        """Bytes of the body on the wire."""
        return len(self.body)

    @property
    def text(self) -> str:
        body = gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body
        return body.decode()


@dataclass
class Caller:
    port: int
    headers: dict[str, str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None
    _asked_at: float = 0

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        began = time.perf_counter()
        if began - self._asked_at > IDLE:
            self._connection.close()  # the next request opens it again
        self._connection.request(method, path, body, self.headers | headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self._asked_at = time.perf_counter()
        took = self._asked_at - began
        if answer.status >= 400:
            raise Failed(f"{method} {path} answered {answer.status}: {content[:200]!r}")
        return Answer(answer.status, answer.headers, content, took)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def getting(self, path: str) -> Callable[[], float]:
        return lambda: self.get(path).took

    def again(self) -> Self:
        """The same one, over a connection of its own."""
        return type(self)(self.port, dict(self.headers))


@dataclass
class Browser(Caller):
    hidden: dict[str, str] = field(default_factory=dict)  # fields of the forms of the page that was opened last

    def sign_in(self, email: str, password: str) -> None:
        self.headers = {"Accept-Encoding": "gzip", "Accept": "text/html"}
        self.open("/login")
        done = self.post("/login", {"login": email, "password": password})
        if done.status != 302:
            raise Failed("The sign-in form did not take the password.")

    def open(self, page: str) -> Answer:
        answer = self._keep_cookies(self.get(page))
        self.hidden = dict(_HIDDEN.findall(answer.text))
        return answer

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """Send a form of the page that was opened last."""
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
        return self._keep_cookies(self.ask("POST", path, urlencode(self.hidden | fields).encode(), **form, **headers))

    def send(self, page: str, action: str, fields: dict[str, str]) -> float:
        """Open a page with a form, fill it in and send it; the time of the sending alone."""
        self.open(page)
        return self.post(action, fields).took

    def _keep_cookies(self, answer: Answer) -> Answer:
        kept = dict(pair.split("=", 1) for pair in self.headers.get("Cookie", "").split("; ") if pair)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            kept[name] = value
        self.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        return answer


@dataclass
class Program(Caller):
    def __init__(self, port: int, token: str | dict[str, str]) -> None:
        super().__init__(port, token if isinstance(token, dict) else {"Authorization": f"Bearer {token}"})

    def post(self, path: str, data: dict[str, Any]) -> float:
        return self.ask("POST", path, json.dumps(data).encode(), **{"Content-Type": "application/json"}).took
