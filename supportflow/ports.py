"""The addresses that we listen at: whether they can be had, whether somebody answers there. Imports no Django."""

import errno
import http.client
import json
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

BACKLOG = 1024  # connections that wait to be accepted


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
    with bound(host, port) as probe:
        return int(probe.getsockname()[1])


def listen(host: str, port: int) -> socket.socket:
    """A socket whose connections wait until somebody accepts them. Raises CannotStart."""
    listening = bound(host, port)
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


def bound(host: str, port: int) -> socket.socket:
    listening = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, _, _, address = found[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        if listening is not None:
            listening.close()
        raise CannotStart(_problem(host, port, error)) from None
    return listening


def _problem(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"--host {host} is not a known address. Use one such as 127.0.0.1 or 0.0.0.0."
    if error.errno == errno.EADDRINUSE:
        advice = f"is in use. Stop what uses it, or choose another, such as --port {port % 65535 + 1}"
    elif error.errno == errno.EACCES:
        advice = "may only be used by root. Choose one above 1023 with --port"
    else:
        advice = f"cannot be used: {error.strerror}. Choose others with --host and --port"
    return f"Port {port} at {host} {advice}."


def notify_systemd(state: str) -> None:
    """sd_notify(3), where systemd asked for it: a service of `Type=notify`."""
    if name := os.environ.get("NOTIFY_SOCKET"):
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.sendto(state.encode(), "\0" + name[1:] if name.startswith("@") else name)


def reachable(host: str) -> str:
    """An address to reach a server that listens on all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound


def url_host(host: str) -> str:
    host = reachable(host)
    return f"[{host}]" if ":" in host else host


def say(text: str, *, to_stderr: bool = False, level: str = "warning", **more: str) -> None:
    """A line for whoever looks on. On stderr it is a log line, in the log's format; stdout is the command's answer."""
    if to_stderr and os.environ.get("LOG_FORMAT") == "json":
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        told = {"event": text, **more, "level": level, "logger": "supportflow.serve", "timestamp": now}
        text = json.dumps(told, ensure_ascii=False)
    else:
        text = "\n".join([text, *more.values()])
    print(text, file=sys.stderr if to_stderr else sys.stdout, flush=True)
