"""Buckets for tests: a real S3 server (moto) on loopback, and servers that refuse, hang or break off."""

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moto.server import ThreadedMotoServer

DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
BROKEN = b"<Error><Code>InternalError</Code><Message>We broke.</Message></Error>"


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of the server, such as 127.0.0.1:40123."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"{host}:{port}"
    finally:
        server.stop()
        if server._server:
            server._server.server_close()


def make_bucket(server: str, name: str) -> str:
    """An empty bucket; its STORAGE_URL."""
    place = (
        b"<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
    )
    request = urllib.request.Request(f"http://{server}/{name}", place, method="PUT")
    urllib.request.urlopen(request).close()
    return f"s3://key:sec%2Fret@{server}/{name}?region=eu-central-1"


class Answers(BaseHTTPRequestHandler):
    """Takes every request in and answers as its server was told."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        server = self.server
        assert isinstance(server, BadServer)
        server.asked += 1
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if server.status is None:
            server.let_go.wait(30)
            self.close_connection = True
            return
        self.send_response(server.status)
        promised = server.promised or len(server.body)
        self.send_header("Content-Length", str(promised))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(server.body)
        self.close_connection = promised != len(server.body)

    do_GET = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815  the names that http.server calls

    def log_message(self, *args: object) -> None: ...


class BadServer(ThreadingHTTPServer):
    """`status` None: never answers. `promised`: a longer body than comes."""

    daemon_threads = True

    def __init__(self, status: int | None, body: bytes = b"", promised: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.status, self.body, self.promised = status, body, promised
        self.asked = 0
        self.let_go = threading.Event()

    @property
    def url(self) -> str:
        return f"s3://key:secret@127.0.0.1:{self.server_address[1]}/bucket?region=eu-central-1"


@contextmanager
def bad_server(status: int | None, body: bytes = b"", promised: int = 0) -> Iterator[BadServer]:
    with BadServer(status, body, promised) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.let_go.set()
            server.shutdown()
            thread.join()
