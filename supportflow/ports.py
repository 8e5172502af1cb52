"""The addresses that we listen at: whether they can be had, whether somebody answers there. Imports no Django."""

import errno
import http.client
import os
import socket
import sys
from dataclasses import dataclass


class CannotStart(Exception):
    """Nothing was started; the text is one line that says what to do, or empty when a child said it already."""


@dataclass
class Address:
    host: str
    port: int

    def answers(self) -> bool:
        """Whether the web server is there and healthy."""
        connection = http.client.HTTPConnection(reachable(self.host), self.port, timeout=2)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def __str__(self) -> str:
        return f"http://{url_host(self.host)}:{self.port}"


@dataclass
class MailAddress:
    """Where the worker takes mail; the worker itself says what is wrong with it."""

    host: str
    port: int

    @classmethod
    def from_environment(cls) -> "MailAddress | None":
        """None where mail is off or the value wrong (the settings say so), or the port is another's, which is said."""
        host, _, port = os.environ.get("SMTP_LISTEN", "127.0.0.1:2525").strip().rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port[:6]) <= 65535:
            return None
        try:
            claim(host.strip("[]"), int(port))
        except CannotStart:
            advice = "No mail is taken until it is free; or set SMTP_LISTEN to another."
            say(f"Mail: port {port} at {host} cannot be had. {advice}", to_stderr=True)
            return None
        return cls(host.strip("[]"), int(port))

    def answers(self) -> bool:
        try:
            with socket.create_connection((reachable(self.host), self.port), timeout=2) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False


def claim(host: str, port: int) -> int:
    """The port, after making sure that it can be had; for 0 any free one."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except socket.gaierror:
        raise CannotStart(f"--host {host} is not a known address. Use one such as 127.0.0.1 or 0.0.0.0.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"is in use. Stop what uses it, or choose another, such as --port {port % 65535 + 1}"
        elif error.errno == errno.EACCES:
            advice = "may only be used by root. Choose one above 1023 with --port"
        else:
            advice = f"cannot be used: {error.strerror}. Choose others with --host and --port"
        raise CannotStart(f"Port {port} at {host} {advice}.") from None


def reachable(host: str) -> str:
    """An address to reach a server that listens on all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound


def url_host(host: str) -> str:
    host = reachable(host)
    return f"[{host}]" if ":" in host else host


def say(text: str, *, to_stderr: bool = False) -> None:
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)
