"""GET from a server that a stranger named: never from a network of ours, never much, never for long.

The name is looked up once, every address of it must be a public one, and the connection goes to an address that was
looked at: a name that points elsewhere a moment later changes nothing. So with each redirect.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

LONGEST_ADDRESS = 2000
REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
_MOVED = {301, 302, 303, 307, 308}
# Other ways to write an IPv4 address, which may be one of ours.
_TRANSLATED = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class NotFetched(Exception):
    """Why there is nothing, for the log: whoever wrote the address learns nothing of it."""


@dataclass(frozen=True)
class Fetched:
    content: bytes
    content_type: str  # without its parameters, lower case; as the server claims


def fetch(address: str, *, most: int, seconds: float, accept: str = "*/*") -> Fetched:
    """At most `most` bytes within `seconds` in all. Raises NotFetched."""
    until = time.monotonic() + seconds
    for _turn in range(REDIRECTS + 1):
        found = _get(address, until, most, accept)
        if isinstance(found, Fetched):
            return found
        address = urljoin(address, found)
    raise NotFetched("too many redirects")


def _get(address: str, until: float, most: int, accept: str) -> Fetched | str:
    """What is there, or where it says that it is."""
    parts = _parts(address)
    try:
        connected = socket.create_connection((_public_address(parts), PORTS[parts.scheme]), timeout=_left(until))
    except OSError as error:
        raise NotFetched(type(error).__name__) from error
    # A server that sends a byte a second, also of its head, would otherwise hold us for ever. TLS takes the socket
    # over, so a second one to the same connection is cut.
    line = connected.dup()
    end = threading.Timer(_left(until), _cut, [line])
    end.start()
    try:
        return _asked(parts, connected, until, most, accept)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotFetched("too slow" if time.monotonic() > until else type(error).__name__) from error
    finally:
        end.cancel()
        line.close()
        connected.close()


def _cut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _asked(parts: SplitResult, connected: socket.socket, until: float, most: int, accept: str) -> Fetched | str:
    """Over this connection, whatever the name says by now; a certificate must be the name's."""
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, PORTS[parts.scheme])
    connection.sock = connected
    if parts.scheme == "https":
        connection.sock = ssl.create_default_context().wrap_socket(connected, server_hostname=host)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with contextlib.closing(connection):
        connection.request("GET", target, headers={"User-Agent": "SupportFlow", "Accept": accept})
        answer = connection.getresponse()
        if answer.status in _MOVED and (there := answer.getheader("Location")):
            return there
        if answer.status != 200:
            raise NotFetched(f"status {answer.status}")
        content = answer.read(most + 1)
        if len(content) > most:
            raise NotFetched("too large")
        if answer.length or time.monotonic() > until:  # it was cut off
            raise NotFetched("too slow")
        kind = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        return Fetched(content, kind)


def _parts(address: str) -> SplitResult:
    if len(address) > LONGEST_ADDRESS or any(character <= " " for character in address) or not address.isascii():
        raise NotFetched("no address")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise NotFetched("no address") from error
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc:
        raise NotFetched("no address of the web")
    if port not in (None, PORTS[parts.scheme]):
        raise NotFetched("another port")
    return parts


def _public_address(parts: SplitResult) -> str:
    try:
        found = socket.getaddrinfo(parts.hostname, PORTS[parts.scheme], type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched("no such host") from error
    addresses = [str(there[0]) for *_kinds, there in found]
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotFetched("not a public address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether it is out in the internet, and no other way to write one that is not."""
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv6Address):
        if one.ipv4_mapped is not None:
            return is_public(str(one.ipv4_mapped))
        if any(one in net for net in _TRANSLATED) or one.is_site_local:
            return False
    odd = one.is_private or one.is_loopback or one.is_link_local or one.is_multicast or one.is_reserved
    return one.is_global and not odd and not one.is_unspecified


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NotFetched("too slow")
    return left
