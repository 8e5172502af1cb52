"""Browsers and programs that talk to the cluster: through nginx (`port` of nginx, TLS) or to one process past it."""

import http.client
import json
import re
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.growing.programs import Program

PATIENCE = 30.0


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    took: float

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Caller:
    """One caller with its cookies. A connection of its own for each request, as strangers come."""

    server: Program
    tls: bool = True
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def connect(self) -> http.client.HTTPConnection:
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        context = ssl.create_default_context(cafile=str(self.server.folder / "certificate.pem"))
        return http.client.HTTPSConnection("localhost", self.server.port, timeout=PATIENCE, context=context)

    def at(self, server: Program) -> "Caller":
        """The same caller at a process past nginx."""
        return Caller(server, tls=False, cookies=self.cookies, token=self.token)

    def headers(self, **more: str) -> dict[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.token:
            headers = {"Authorization": f"Bearer {self.token}"}
        return headers | more

    def ask(self, method: str, path: str, body: str | None = None, **more: str) -> Answer:
        began = time.monotonic()
        connection = self.connect()
        try:
            connection.request(method, path, body, self.headers(**more))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(answer.status, answer.headers, content, time.monotonic() - began)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def form(self, path: str, **fields: str) -> Answer:
        more = {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.cookies.get("csrftoken", "")}
        if self.tls:
            more["Origin"] = f"https://localhost:{self.server.port}"
        return self.ask("POST", path, urlencode(fields), **more)

    def post(self, path: str, **data: Any) -> Answer:
        return self.ask("POST", path, json.dumps(data), **{"Content-Type": "application/json"})

    def patch(self, path: str, **data: Any) -> Answer:
        return self.ask("PATCH", path, json.dumps(data), **{"Content-Type": "application/json"})

    def sign_in(self, email: str, password: str) -> "Caller":
        page = self.get("/login")
        assert page.status == 200, page.text[:500]
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token
        answer = self.form("/login", login=email, password=password, csrfmiddlewaretoken=token[1])
        assert answer.status == 302, (answer.status, answer.text[:2000])
        return self

    def stream(self, after: int | None = None) -> "Stream":
        connection = self.connect()
        connection.request("GET", "/live" if after is None else f"/live?after={after}", headers=self.headers())
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        assert answer.readline().startswith(b"retry: ")
        return Stream(connection, answer)


@dataclass
class Stream:
    connection: http.client.HTTPConnection
    answer: http.client.HTTPResponse

    def event(self) -> dict[str, Any]:
        """The next hint; the end of the stream is an error."""
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                told: dict[str, Any] = json.loads(line[6:])
                return told
        raise AssertionError("the stream ended")

    def close(self) -> None:
        self.answer.close()
        self.connection.close()
