"""What a stranger names is fetched from the internet alone, in small and in short."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from supportflow.core import outward
from supportflow.core.outward import NotFetched, fetch, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:0:1::", "nonsense", ""),
    ],
)
def test_no_address_of_a_network_of_ours_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_those_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "x", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example/", "http://", "https:///x"),
        *("http://user:pass@a.example/", "http://a.example:22/", "http://a.example:8080/", "http://a.example:x/"),
        *("http://[::1/", "http://a.example/ x", "http://a.example/\r\nHost: b", "http://ä.example/"),
        *("http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://0x7f000001/", "http://2130706433/"),
        f"http://a.example/{'x' * 3000}",
    ],
)
def test_what_is_no_address_of_the_web_is_not_asked_for(address: str) -> None:
    with pytest.raises(NotFetched):
        fetch(address, most=1000, seconds=2)


def test_one_private_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [(socket.AF_INET, 1, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: there)
    with pytest.raises(NotFetched, match="public"):
        fetch("http://both.example/", most=1000, seconds=2)


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/head":
            with contextlib.suppress(OSError):
                for _turn in range(200):
                    self.wfile.write(b"H")
                    self.wfile.flush()
                    time.sleep(0.05)
            return
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[3:] if self.path != "/to/private" else "http://10.0.0.1/")
            self.end_headers()
            return
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Type", "Image/PNG; charset=x")
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked has heard enough
            for _turn in range(100 if self.path == "/slow" else 1):
                self.wfile.write(b"x" * (5000 if self.path == "/large" else 10))
                self.wfile.flush()
                time.sleep(0.05 if self.path == "/slow" else 0)

    def log_message(self, *_given: object) -> None:
        pass


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Addresses of a server on this machine, which for once counts as public; `evil.example` is not."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    monkeypatch.setitem(outward.PORTS, "http", port)
    monkeypatch.setattr(outward, "is_public", lambda address: address == "127.0.0.1")
    yield lambda path: f"http://127.0.0.1:{port}{path}"
    server.shutdown()
    server.server_close()


def test_what_is_there_comes_with_its_kind(served: Callable[[str], str]) -> None:
    found = fetch(served("/a"), most=1000, seconds=5)
    assert (found.content, found.content_type) == (b"x" * 10, "image/png")
    assert fetch(served("/to/to/a"), most=1000, seconds=5) == found


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/gone", "404"),
        ("/large", "large"),
        ("/slow", "slow"),
        ("/head", "slow"),
        ("/to/to/to/to/a", "redirects"),
        ("/to/private", "public|port"),
    ],
)
def test_too_much_too_slow_and_elsewhere_are_given_up(served: Callable[[str], str], path: str, why: str) -> None:
    began = time.monotonic()
    with pytest.raises(NotFetched, match=why):
        fetch(served(path), most=1000, seconds=1)
    assert time.monotonic() - began < 3


def test_a_server_that_drips_its_tls_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def drip() -> None:
        line, _peer = listening.accept()
        with line, contextlib.suppress(OSError):
            line.sendall(b"\x16\x03\x03\x40\x00")  # the beginning of a record of 16 kB
            while not ended.wait(0.05):
                line.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setitem(outward.PORTS, "https", listening.getsockname()[1])
        monkeypatch.setattr(outward, "is_public", lambda address: address == "127.0.0.1")
        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        began = time.monotonic()
        with pytest.raises(NotFetched, match="slow"):
            fetch(f"https://127.0.0.1:{listening.getsockname()[1]}/", most=1000, seconds=1)
        assert time.monotonic() - began < 3
        ended.set()
        dripping.join(5)
